"""What the files that readers fetch are called, and with which headers they are served. Names are their addresses.

Audio lies at its hash and never changes; an article's alias moves; transcripts and chapters lie in a folder for each
revision, and once more where the live ones are looked for; JSON and feeds are replaced whole.
"""

from __future__ import annotations

import re

from briefing.articles.addresses import address_id
from briefing.storage import Serving
from briefing.transcript import CHAPTERS_NAME, CHAPTERS_TYPE, TRANSCRIPT_TYPES
from briefing.values import ArticleRef, is_name

#: A hashed address never changes its bytes, but a withdrawal must reach caches that nobody purges: one hour.
PINNED_CACHE = "public, max-age=3600"

#: The same where caches are purged: a year, and no browser asks again (RFC 8246).
PURGED_CACHE = "public, max-age=31536000, immutable"

#: Aliases, JSON and feeds follow a correction within a minute.
MOVING_CACHE = "public, max-age=60"

AUDIO = Serving("audio/mpeg", PINNED_CACHE)
ALIAS = Serving("audio/mpeg", MOVING_CACHE)
ARTICLE = Serving("application/json", MOVING_CACHE)
FEED = Serving("application/rss+xml", MOVING_CACHE)

#: Ending of a picture's name -> its media type.
PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}

#: A newer release brings another player; pages ask for it again after five minutes, and mostly get a 304.
PLAYER = Serving("text/javascript", "public, max-age=300")
PLAYER_NAME = "player.js"
HLS_PLAYER_NAME = "player-hls.js"
EMBED_SCRIPT_NAME = "embed.js"

#: Which article an address is of.
ADDRESS = Serving("application/json", MOVING_CACHE)

#: Name of a companion -> its media type.
COMPANION_TYPES = TRANSCRIPT_TYPES | {CHAPTERS_NAME: CHAPTERS_TYPE}

#: What became of a briefing: a page, and the same as JSON. Name -> media type.
HISTORY_NAME, HISTORY_JSON_NAME = "history", "history.json"
HISTORY_TYPES = {HISTORY_NAME: "text/html", HISTORY_JSON_NAME: "application/json"}

#: Where tombstones of what was withdrawn lie, each at the address that it is the tombstone of; nginx answers 410 by it.
GONE = "gone"

#: Where links lie of MP3s that another one took the place of, each at its own address; nginx redirects by it.
MOVED = "moved"

#: How other files are served, by their names; the rest is JSON of articles, addresses and briefings, all alike.
_SERVED = (
    (re.compile(r"articles/.+\.mp3"), ALIAS),
    (re.compile(r"shows/.+\.xml"), FEED),
    *((re.compile(rf"shows/.+\.{ending}"), Serving(kind, MOVING_CACHE)) for ending, kind in PICTURE_TYPES.items()),
    (re.compile(r"[a-z-]+\.js"), PLAYER),
)

_ARCHIVE_NAME = re.compile(r"shows/[^/]+/archive/([0-9]{4}-[0-9]{2})\.xml")
_PICTURE_NAME = re.compile(rf"[0-9a-f]{{64}}\.({'|'.join(PICTURE_TYPES)})")
_AUDIO_NAME = re.compile(r"audio/([0-9a-f]{64})\.mp3")


def audio_name(sha256: str) -> str:
    """Return the name of an MP3."""
    return f"audio/{sha256}.mp3"


def listen_name(slug: str, sha256: str) -> str:
    """Return the name at which a show's MP3 is counted and redirected; no file has it."""
    return f"listen/{slug}/{sha256}.mp3"


def audio_sha256(name: str) -> str | None:
    """Return the sha256 of the MP3 that a name is of, None for any other."""
    match = _AUDIO_NAME.fullmatch(name)
    return match.group(1) if match else None


def moved_name(sha256: str) -> str:
    """Return the name of the link that leads from an MP3 which was replaced to `current_name`."""
    return f"{MOVED}/{audio_name(sha256)}"


def current_name(briefing: str) -> str:
    """Return the name of the link to the MP3 that everybody hears of a briefing."""
    return f"{MOVED}/briefings/{briefing}.mp3"


def alias_name(ref: ArticleRef) -> str:
    """Return the stable name of an article's audio."""
    return f"articles/{ref.source}/{ref.id}.mp3"


def article_name(ref: ArticleRef) -> str:
    """Return the name of an article's audio JSON."""
    return f"v1/articles/{ref.source}/{ref.id}/audio"


def embed_name(ref: ArticleRef) -> str:
    """Return the name of the page with an article's player; no file has it."""
    return f"embed/{ref.source}/{ref.id}"


def embedded(name: str) -> ArticleRef | None:
    """Return the article whose page with a player a name is of, None for any other."""
    kind, _, rest = name.partition("/")
    source, _, article = rest.partition("/")
    named = kind == "embed" and is_name(source) and is_name(article)
    return ArticleRef(source=source, id=article) if named else None


def address_name(address: str) -> str:
    """Return the name of the file that tells which article an address is of.

    Raises AddressRefused for what is no address.
    """
    return hashed_address_name(address_id(address))


def hashed_address_name(hashed: str) -> str:
    """Return the same of an address that is known by its hash alone."""
    return f"v1/addresses/{hashed}"


def feed_name(slug: str) -> str:
    """Return the name of a show's feed."""
    return f"shows/{slug}/feed.xml"


def archive_name(slug: str, month: str) -> str:
    """Return the name of the page of a show's feed with the episodes of a month, such as 2026-11."""
    return f"shows/{slug}/archive/{month}.xml"


def archived_month(name: str) -> str | None:
    """Return the month that an archive page is of; None for any other name."""
    match = _ARCHIVE_NAME.fullmatch(name)
    return match.group(1) if match else None


def artwork_name(slug: str, ending: str = "jpg") -> str:
    """Return the name of a show's artwork: of the JPEG that there always is, or of the PNG that may be beside it."""
    return f"shows/{slug}/artwork.{ending}"


def artwork_names(slug: str) -> list[str]:
    """Return both."""
    return [artwork_name(slug, ending) for ending in PICTURE_TYPES]


def artwork_serving(ending: str) -> Serving:
    """Return how a show's artwork is served."""
    return Serving(PICTURE_TYPES[ending], MOVING_CACHE)


def briefing_folder(briefing: str, revision: int | None = None) -> str:
    """Return the folder of a briefing's companions: of all, or of one revision for good."""
    return f"briefings/{briefing}/{revision}" if revision else f"briefings/{briefing}"


def picture_name(sha256: str, ending: str) -> str:
    """Return what an episode's own picture is called in its revision's folder: its bytes never change."""
    return f"{sha256}.{ending}"


def picture_type(name: str) -> str | None:
    """Return the media type of an episode's own picture, by what it is called there; None for anything else."""
    match = _PICTURE_NAME.fullmatch(name)
    return PICTURE_TYPES[match.group(1)] if match else None


def history_names(briefing: str) -> list[str]:
    """Return the names of a briefing's history."""
    return [f"{briefing_folder(briefing)}/{name}" for name in HISTORY_TYPES]


def history_serving(name: str) -> Serving:
    """Return how a history's page or JSON is served."""
    return Serving(HISTORY_TYPES[name], MOVING_CACHE)


def audio_serving(*, purged: bool) -> Serving:
    """Return how MP3s are served; `purged`: whether caches are told when one is withdrawn."""
    return Serving(AUDIO.media_type, PURGED_CACHE) if purged else AUDIO


def companion_serving(name: str, *, pinned: bool, purged: bool = False) -> Serving:
    """Return how a transcript, chapters or a picture are served: those of one revision for good, or the live ones."""
    kept = PURGED_CACHE if purged else PINNED_CACHE
    return Serving(picture_type(name) or COMPANION_TYPES[name], kept if pinned else MOVING_CACHE)


#: The playlist of a story that is still being made; players ask for it every second or two.
PLAYLIST = Serving("application/vnd.apple.mpegurl", "public, max-age=1")
PLAYLIST_NAME = "audio.m3u8"

#: A segment never changes, and is gone an hour after its story is there.
SEGMENT = Serving("audio/mpeg", "public, max-age=600")


def stream_folder(briefing: str, revision: int) -> str:
    """Return the folder of what can be heard of a revision while it is being made."""
    return f"{briefing_folder(briefing, revision)}/stream"


def stream_serving(name: str) -> Serving:
    """Return how a file of that folder is served."""
    return PLAYLIST if name == PLAYLIST_NAME else SEGMENT


#: What a withdrawn file's address answers from then on, with 410.
TOMBSTONE = Serving("application/json", MOVING_CACHE)


#: What members' files name one another by: the API puts a token that opens them in the dash's place, for whoever may.
UNSIGNED = "members/-"

#: Of all that is for members.
MEMBERS_CACHE = "private, no-store"


def for_members(serving: Serving) -> Serving:
    """Return how something is served to members."""
    return Serving(serving.media_type, MEMBERS_CACHE)


def serving_of(name: str, *, purged: bool) -> Serving:
    """Return how the public file of a name is served, for what has nothing but its name; `purged`: whether caches are
    told when one is withdrawn. Members' files are served alike, but `for_members`.
    """
    folder, _, last = name.rpartition("/")
    if name.startswith(f"{GONE}/"):
        return TOMBSTONE
    if audio_sha256(name):
        return audio_serving(purged=purged)
    if folder.endswith("/stream"):
        return stream_serving(last)
    if last in COMPANION_TYPES or picture_type(last):
        # Those of one revision, or preview, lie in a folder of its own below the briefing's.
        return companion_serving(last, pinned=folder.count("/") > 1, purged=purged)
    if last in HISTORY_TYPES:
        return history_serving(last)
    return next((serving for pattern, serving in _SERVED if pattern.fullmatch(name)), ARTICLE)


def briefing_name(briefing: str) -> str:
    """Return the name of a members' briefing's audio JSON, whether it is an article's own or not."""
    return f"briefings/{briefing}/audio.json"


def preview_folder(briefing: str, revision: int, sha256: str) -> str:
    """Return the folder of what lies beside a preview, for good: another preview of the revision has another one."""
    return f"briefings/{briefing}/{revision}-{sha256[:16]}"


def gone_name(name: str) -> str:
    """Return the name of a withdrawn file's tombstone."""
    return f"{GONE}/{name}"
