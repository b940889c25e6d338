"""Speech: voices as data, and one file per engine behind one protocol.

Imports none of our other packages, and no engine until one is asked for: `voices.catalogue` stays light
enough for the API.
"""
