"""The desk at `/desk`: pages for editors, made on the server. One module per page or two; `people` says who may.

Every route demands a role by `people.RoleDemand` unless `people.OPEN` names it; an app with one that forgot does not
start. To add pages: a module with a router of `pages.desk_router()`, its line here, and one in `pages.NAVIGATION`.
"""

from api.desk import briefing, doing, importing, lexicon, making, nowhere, signing_in

#: What the app includes; `nowhere` takes what no other does.
ROUTERS = (
    making.router,
    briefing.router,
    doing.router,
    importing.router,
    lexicon.router,
    signing_in.router,
    nowhere.router,
)

__all__ = ["ROUTERS"]
