"""Who listens to what for how long: what players report and what podcast apps fetch, counted without knowing anybody.

`events` and `clients` decide what counts (pure), `spans` add up what was heard (pure), `records` keep it for a day or
two, `figures` answer from what the sweep has made of it, a row a day. No address, no cookie, nothing on the listener's
device: a client is a hash under a salt that is destroyed after its day.

The rules for enclosures follow the IAB Tech Lab's Podcast Measurement Technical Guidelines 2.2, in the names it gives
them: a download is a client's first request, in 24 hours, for a minute's worth of an episode's bytes.
"""
