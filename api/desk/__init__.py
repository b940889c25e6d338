"""The desk at `/desk`: pages for editors, made on the server. One module per page or two; `people` says who may.

Every route demands a role by `people.RoleDemand` unless `people.OPEN` names it; an app with one that forgot does not
start. To add pages: a module with a router of `pages.desk_router()`, its line here, and one in `pages.NAVIGATION`.
"""

from api.desk import (
    at_provider,
    audience,
    audit,
    briefing,
    doing,
    editions,
    importing,
    jingles,
    lexicon,
    links,
    making,
    nowhere,
    segments,
    shows,
    signing_in,
    summaries,
    users,
)

#: What the app includes; `nowhere` takes what no other does.
ROUTERS = (
    making.router,
    briefing.router,
    doing.router,
    segments.router,
    editions.router,
    links.router,
    shows.router,
    summaries.router,
    jingles.router,
    audience.router,
    audit.router,
    users.router,
    importing.router,
    lexicon.router,
    signing_in.router,
    at_provider.router,
    nowhere.router,
)

__all__ = ["ROUTERS"]
