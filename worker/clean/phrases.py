"""Phrases that give away what is not the article: appeals, forms, credits, menus. Pure, each rule named.

Judges one block by its words alone; where it stands is for the callers. Deliberately asks for two signs where one
would also fit news: a story about a fundraiser must survive.
"""

from __future__ import annotations

import re
from typing import Final

from worker.text import one_line

_I = re.IGNORECASE

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]{12,}’")

_MEMBERSHIP = re.compile(
    r"\b(members?|memberships?|supporters?|subscri\w+|donat\w+|contribut\w+|fund(?:ed|ing|s)?|fundrais\w+|crowdfund\w*|"
    r"patrons?|gift(?:ed|ing)?|chip in|support(?:ing)? (?:us|our))\b",
    _I,
)
_ADDRESS = re.compile(r"\b(you|your|our|we|us|we[’']\w+)\b", _I)
_NEWSROOM = re.compile(
    r"\b(readers?|reporting|journalis[mt]s?|newsrooms?|our mission|independent (?:media|news)|paywall|coverage)\b", _I
)
_APPEAL_START = re.compile(
    r"^(?:support (?:us|our|independent)|become a (?:member|supporter|patron)(?! of (?!our))|donate\b(?! blood)|"
    r"gift (?:a )?membership|join our (?:community|members)|help us (?:get|reach|keep|fund|raise|tell|cover|continue)|"
    r"make a (?:donation|contribution)|(?:all )?thanks to [\d,.]+ (?:supporters|members|readers))",
    _I,
)
_THANKS = re.compile(r"\bthanks to (?:[\d,.]+ (?:supporters|members|readers)|(?:our )?readers like you)\b", _I)

#: Rule name -> pattern; the first that matches names the rule.
_RULES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "player-disclosure",
        re.compile(
            r"^(?:this (?:audio|narration|recording|article|story)\b.{0,60}\b(?:AI|artificial intelligence|automated|"
            r"automatically|synthetic|text[- ]to[- ]speech)\b.{0,60}|listen to (?:this|the) (?:article|story)\b.{0,40}|"
            r"your browser does not support.{0,60})$",
            _I,
        ),
    ),
    (
        "sign-up",
        re.compile(
            r"^\*?\s*indicates required|\benter (?:a )?(?:your|correct|valid) e-?mail|\bsuccess?full?y subscribed|"
            r"^thank you for (?:signing up|subscribing)|\bsent you a confirmation e-?mail|\bcheck your inbox\b|"
            r"^(?:subscribe|sign up|sign me up|join now|register)(?:\s(?:now|today|here))?[.!]?$|"
            r"^(?:sign up|subscribe|register)\b.{0,80}\b(?:newsletters?|inbox|alerts?|e-?mail|updates|briefing)\b|"
            r"^(?:get|receive)\b.{0,80}\b(?:newsletters?|(?:in|to|straight to) your inbox)\b|^e-?mail address$",
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
            r"\((?:file photo|(?:photo|image|picture|illustration|graphic|credit|video|map)s?(?=[\s:/])[^()]+)\)\W*$|"
            r"\([^()]*(?:\bvia\b|/)[^()]*(?:images|reuters|afp|ap|epa|anadolu|getty|handout|bloomberg)[^()]*\)\W*$|"
            r"\([^()]*(?:getty images|ap photo)[^()]*\)\W*$|"
            r"^(?:photo|image|picture|illustration|credit)s?(?: by| credit)?\s*:",
            _I,
        ),
    ),
    (
        "read-also",
        re.compile(
            r"^(?:read (?:also|more|next|on|our)|also read|see also|more (?:on|about|from) (?:this|the)|"
            r"related(?: \w+)?|recommended(?: \w+)?|watch(?: also| next)?|don[’']t miss|you may (?:also )?like|"
            r"in pictures|live updates?)"
            r"\s*(?::|[-–—|>»])|^(?:read also|also read|read next|see also)\b",
            _I,
        ),
    ),
    ("copyright", re.compile(r"^(?:©|\(c\)|copyright\b)|\ball rights reserved\b", _I)),
    ("follow", re.compile(r"^(?:follow|find|join) us (?:on|at)\b.{0,80}$|^share (?:on|this|via)\b.{0,40}$", _I)),
    ("reading-time", re.compile(r"^\d{1,3}[- ]min(?:ute)?s?(?: read)?$", _I)),
)

#: Whole lines of page furniture, in lower case with straight apostrophes.
_MENU: Final = frozenset(
    (
        "skip to content|skip to main content|edit post|share|share this|comments|comment|leave a comment|"
        "no comments|advertisement|advertisements|ad|sponsored|editors' picks|editor's picks|most read|"
        "most popular|trending|latest news|top stories|related|related stories|related articles|recommended|"
        "follow us|read more|load more|show more|see more|see all|view all|back to top|print|print this page|"
        "listen|play|pause|download|log in|login|sign in|sign out|my account|menu|search|home|close|next|previous|"
        "newsletter|newsletters|podcasts|videos|photos|gallery|tags|topics|copy link|link copied|save|bookmark|"
        "email|facebook|twitter|x|whatsapp|telegram|linkedin|reddit|cookie settings|accept|accept all|reject|"
        "reject all|manage cookies|privacy policy|terms of use|terms of service|contact us|about us|"
        "more from this author|about the author|continue reading|click here|report a mistake"
    ).split("|")
)


def noise_rule(text: str) -> str | None:
    """Return the name of the rule by which this block is not part of the article, or None."""
    line = one_line(text)
    plain = line.replace("’", "'").strip(" .:!>»|•·*").casefold()
    if not plain:
        return "blank"
    if plain in _MENU:
        return "menu"
    for name, pattern in _RULES:
        if pattern.search(line):
            return name
    return "appeal" if _is_appeal(line) else None


def _is_appeal(line: str) -> bool:
    """Tell whether a block asks readers for money or membership, outside any quotation."""
    own = _QUOTED.sub(" ", line)
    if _APPEAL_START.search(own) or _THANKS.search(own):
        return True
    asks = len(_MEMBERSHIP.findall(own))
    addressed = len(_ADDRESS.findall(own))
    return bool(asks and addressed and (_NEWSROOM.search(own) or (asks > 1 and addressed > 1)))


#: Rules whose blocks end an article when nothing of substance follows.
PROMOTION: Final = frozenset({"appeal", "sign-up", "payment", "menu", "follow", "copyright"})
