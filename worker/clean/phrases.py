"""Phrases that give away what is not the article: appeals, forms, credits, menus. Pure, each rule named.

Judges one block by its words alone; where it stands is for the callers. Asks for two signs wherever one would also
fit news ("Donate blood, the Red Cross urged residents"): a lost sentence costs more than a button read aloud.
"""

from __future__ import annotations

import re
from typing import Final

from worker.clean.wording import AFFILIATE, CONTRIBUTED, MENU, PAYWALL, READ_ALSO, SIGN_UP, STORY_IDEAS
from worker.words.text import one_line

_I = re.IGNORECASE

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]{12,}’")

#: Somebody is said to say it: then it is news, whatever it begins with.
_REPORTED = re.compile(
    r"\b(?:said|says?|told|urged|urges|testified|according to|asked|shouted|wrote|warned|warns|argued|announced|"
    r"claim(?:s|ed)|"
    r"added|replied|recalled|(?:court )?records show|study found|reads?,|read the (?:sign|banner|poster|leaflet|"
    r"letter)s?|"
    r"(?:police|officials|prosecutors) say|decided)\b",
    _I,
)

_MEMBERSHIP = re.compile(
    r"\b(members?|memberships?|supporters?|subscri\w+|donat\w+|contribut\w+|fund(?:ed|ing|s)?|fundrais\w+|crowdfund\w*|"
    r"patrons?|gift(?:ed|ing)?|chip in|support(?:ing)? (?:us|our))\b",
    _I,
)
#: Only the reader is asked; "we" and "our" alone tell of the newsroom, which may be news.
_READER = re.compile(
    r"\b(?:you|your)\b|\b(?:funded|supported|paid for|backed) by (?:our )?readers\b|\bsupport (?:us|our)\b", _I
)
_ADDRESS = re.compile(r"\b(you|your|our|we|us|we[’']\w+)\b", _I)
_NEWSROOM = re.compile(
    r"\b(readers?|reporting|journalis[mt]s?|newsrooms?|our mission|independent (?:media|news)|paywall|coverage)\b", _I
)
#: The thanks end there; "Thanks to 2,500 supporters, the club was saved" goes on, as news.
_SUPPORTERS = r"thanks to [\d,.]+ (?:supporters|members|readers)\b(?=\s*(?:[.!…]|$|like you|— |– ))"
_APPEAL_START = re.compile(
    r"^(?:support (?:us|our (?:work|journalis[mt]s?|reporting|newsroom|mission)|independent (?:media|journalism|news))|"
    r"become a (?:member|supporter|patron|subscriber)\b(?! of (?!our\b))|donate\b|(?:gift|give) (?:a )?membership|"
    r"join our (?:community|members)|help us (?:get|reach|keep|fund|raise|tell|cover|continue)|"
    rf"make a (?:donation|contribution)|(?:all )?{_SUPPORTERS})",
    _I,
)
_THANKS = re.compile(rf"\b(?:{_SUPPORTERS}|thanks to (?:our )?readers like you\b)", _I)

#: A call to act is no longer than this; a sentence that merely begins like one is.
_CALL_WORDS = 10

#: More words are no call, no label and no appeal, but a story, some of whose words sound so.
_MOST_WORDS = 90
_MOST_LETTERS = 1_500

#: A label such as "Related:" is followed by a headline, which has no full stop.
_LABEL = re.compile(
    r"^(?:read (?:more|on|our|the)|more (?:on|about|from) (?:this|the)|related(?: \w+)?|recommended(?: \w+)?|"
    r"watch(?: also| next)?|listen|don[’']t miss|you may (?:also )?like|in pictures|in photos|live updates?|video|"
    r"explainer)"
    r"\s*(?::|[-–—|>»])\s*\S",
    _I,
)
_CAPTION_LABEL = re.compile(
    r"^(?:photo|image|picture|illustration|graphic|credit|foto|bild|crédit|фото)s?(?: by| credit|"
    r" source)?\s*[:,/]\s*\S",
    _I,
)
_AGENCIES = r"\b(?:images|reuters|afp|ap|epa|anadolu|getty|handout|bloomberg|dpa|imago|ukrinform)\b"
_PLATFORM = (
    r"\b(?:facebook|twitter|x|instagram|telegram|whatsapp|youtube|tiktok|linkedin|mastodon|bluesky|threads|google news|"
    r"social media)\b|@\w"
)

#: Rule, most words of it, pattern: calls to do something, which are short.
_CALLS: Final[tuple[tuple[str, int, re.Pattern[str]], ...]] = (
    ("follow", _CALL_WORDS, re.compile(rf"^(?:follow|find|join) us (?:on|at)\b.*(?:{_PLATFORM})", _I)),
    ("follow", _CALL_WORDS // 2, re.compile(r"^share (?:on|this|via)\b", _I)),
    ("app", _CALL_WORDS, re.compile(r"^(?:get|download|try|install) (?:our|the)\b.{0,30}\bapps?\b[.!]?$", _I)),
    ("link-line", _CALL_WORDS, re.compile(r"^click here (?:for|to)\b[^,;:]*$", _I)),
)

#: Rule -> pattern that is enough by itself: no news is worded so. The first that matches names the rule.
_SURE: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "sign-up",
        re.compile(
            r"^\*?\s*indicates required|^success?full?y subscribed\b|^thank you for (?:signing up|subscribing)\b|"
            r"^(?:subscribe|sign up|sign me up|join now|register)(?:\s(?:now|today|here))?[.!]?$|^e-?mail address$|"
            r"^no spam\. unsubscribe (?:any ?time|whenever)",
            _I,
        ),
    ),
    (
        "payment",
        re.compile(
            r"^(?:(?:visa|master ?card|american ?express|amex|pay ?pal|apple ?pay|google ?pay|stripe)[\s,|]*)+$", _I
        ),
    ),
    (
        "caption",
        re.compile(
            r"\((?:file photo|(?:photo|image|picture|illustration|graphic|credit|video|map)s?"
            r"(?:\s*[:/]|\s+(?:by (?-i:[^\W\d_a-zа-я])|(?:courtesy|credit|via)\b)|\s+[A-Z][^()]*/)[^()]+)\)\W*$|"
            rf"\([^()]*(?:\bvia\b|/)[^()]*(?:{_AGENCIES})[^()]*\)\W*$|"
            r"\([^()]*(?:\bgetty images\b|\bap photo\b)[^()]*\)\W*$|^image (?:source|caption),",
            _I,
        ),
    ),
    ("copyright", re.compile(r"^(?:©|\(c\)\s)|^copyright (?:©|\(c\)|\d{4})", _I)),
    (
        "reading-time",
        re.compile(r"^(?:\d{1,3}[- ]min(?:ute)?s?(?: read)?|(?:lesezeit|temps de lecture)\s*:.{0,20})$", _I),
    ),
    (
        "timestamp",
        re.compile(
            r"^(?:(?:updated|published|posted)\s*:?\s*)?(?:\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?\s?m\.?)?"
            r"(?:\s*(?:gmt|bst|utc|c?es?t|e[sd]?t|uhr))?|\d{1,2} ?(?:s|m|min|mins|minutes?|h|hours?|days?) ago)$",
            _I,
        ),
    ),
    ("navigation", re.compile(r"^[^\s>»›/|.!?]+(?: [^\s>»›/|.!?]+){0,2}(?:\s+[>»›]\s+[^>»›.!?]{2,40}){1,5}$")),
    (
        "navigation",
        re.compile(r"^[^\s/|.!?]+(?: [^\s/|.!?]+){0,2}(?:\s+[/|]\s+[^\s/|.!?]+(?: [^\s/|.!?]+){0,2}){2,6}$"),
    ),
    (
        "byline-line",
        re.compile(
            r"^(?:(?:our |the )?(?:staff|senior|chief|special|contributing|political|foreign|sports|business) )*"
            r"(?:writer|reporter|correspondent|editor|columnist|photographer)s?$|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$",
            _I,
        ),
    ),
    ("shortcode", re.compile(r"^\[/?[a-z][\w-]*(?:\s+\w+=.*|/|(?<=_)\w*|_\w+)?\]$", _I)),
    ("paywall", PAYWALL),
)

#: Rule -> pattern that is enough unless somebody is said to say it.
_UNREPORTED: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "player-disclosure",
        re.compile(
            r"^(?:this (?:audio|narration|recording|article|story)\b.{0,60}\b(?:AI|artificial intelligence|automated|"
            r"automatically|synthetic|text[- ]to[- ]speech)\b.{0,60}|listen to (?:this|the) (?:article|story)\b.{0,40}|"
            r"your browser does not support.{0,60})$",
            _I,
        ),
    ),
    ("sign-up", SIGN_UP),
    ("syndication", re.compile(r"^the post\b.{1,300}\b(?:appeared first|first appeared) on\b.{1,100}$", _I)),
    ("copyright", re.compile(r"(?<!: )\ball rights reserved\W*$", _I)),
    ("read-also", READ_ALSO),
    (
        "developing",
        re.compile(
            r"^this is a (?:developing|breaking)(?: news)? story\b.{0,60}$|"
            r"^(?:this (?:story|article|post) (?:will|is being) (?:be )?updated|check back (?:soon|here|later|"
            r"for))\b.{0,40}$",
            _I,
        ),
    ),
    (
        "credit",
        re.compile(
            r"^\(?(?i:additional )?(?i:reporting|writing|compiled|editing) by [A-Z].{0,160}\)?$|"
            r"^Our Standards: The .{0,60}$"
        ),
    ),
    ("credit", CONTRIBUTED),
    ("follow", STORY_IDEAS),
    ("affiliate", AFFILIATE),
    (
        "no-script",
        re.compile(
            r"^(?:please )?(?:enable|turn on|activate) java ?script\b.{0,80}$|^you need to enable javascript\b.{0,80}$|"
            r"^javascript (?:is|must be|has to be) (?:disabled|enabled|required)\b.{0,80}$",
            _I,
        ),
    ),
)

#: Rules whose blocks end an article when nothing of substance follows.
PROMOTION: Final = frozenset({"appeal", "sign-up", "payment", "menu", "follow", "copyright", "app"})


def noise_rule(text: str) -> str | None:
    """Return the name of the rule by which this block is not part of the article, or None."""
    line = one_line(text)
    if len(line) > _MOST_LETTERS:
        return None
    if not any(character.isalnum() for character in line):
        return "blank"
    if _is_menu(line):
        return "menu"
    own = _QUOTED.sub(" ", line)
    # A headline after "Related:" may well say who warned of what.
    if rule := _matching(_SURE, line) or _label(line):
        return rule
    if _REPORTED.search(own) or len(line.split()) > _MOST_WORDS:
        return None
    return _matching(_UNREPORTED, own) or _call(line) or ("appeal" if _is_appeal(own) else None)


def _matching(rules: tuple[tuple[str, re.Pattern[str]], ...], line: str) -> str | None:
    return next((name for name, pattern in rules if pattern.search(line)), None)


def _is_menu(line: str) -> bool:
    plain = line.replace("’", "'").strip(" :>»|•·*").casefold()
    if " " in plain:
        plain = plain.strip(".!")
    # "Listen." may be a sentence; a menu's "Listen" has no full stop.
    return plain in MENU


def _label(line: str) -> str | None:
    """Judge a line that begins with a label, and goes on as a headline or a credit does: without a full stop."""
    sentence = line.rstrip("\"'”’)]»")[-1:] in ".!?…"
    if _LABEL.search(line) and not sentence:
        return "read-also"
    if _CAPTION_LABEL.search(line) and (len(line.split()) < _CALL_WORDS or not sentence or "/" in line):
        return "caption"
    return None


def _call(line: str) -> str | None:
    words = len(line.split())
    return next((rule for rule, most, pattern in _CALLS if words <= most and pattern.search(line)), None)


def _is_appeal(own: str) -> bool:
    """Tell whether a block asks readers for money or membership. `own` is without quotations."""
    if _THANKS.search(own):
        return True
    asks, addressed = len(_MEMBERSHIP.findall(own)), len(_ADDRESS.findall(own))
    newsroom = bool(_NEWSROOM.search(own))
    if _APPEAL_START.search(own.strip()):
        return newsroom or len(own.split()) <= _CALL_WORDS or (asks > 1 and addressed > 0)
    return (asks > 0 and newsroom and bool(_READER.search(own))) or (asks > 2 and addressed > 2)  # noqa: PLR2004  a pile of both
