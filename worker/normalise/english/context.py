"""What follows or precedes a written form, where that decides how it is said. Pure."""

from __future__ import annotations

import re

#: How far from a written form its neighbours are looked at; a bound keeps long texts from costing their square.
_NEAR = 80

#: Words that begin a sentence far more often than they follow an abbreviation within one.
_STARTERS = re.compile(
    r"""^["“'‘(]*(?:The|A|An|He|She|It|They|We|I|You|This|That|These|Those|There|Here|His|Her|Its|Their|Our|My|Your|In|On|At|
    By|For|From|With|But|And|So|If|When|While|After|Before|As|Since|Although|However|Meanwhile|According|About|
    Some|Many|Most|All|No|Not|One|Two|What|Who|Why|How|Where|Then|Now|Still|Yet|Both|Each|Every|Earlier|Later|Last|
    Police|Officials|Authorities|Residents|Investigators|Prosecutors|Critics|Supporters|Nobody|Everyone|Asked|Despite|
    During|Until|Under|Because|Once|Also|More|Several|Only|Even|Just|To|Is|Are|Was|Were|Do|Does|Did|Will|Can|Let)\b""",
    re.VERBOSE,
)

#: What may close a sentence after its full stop.
_CLOSED = re.compile(r"^[\"”’')\]]*(?:\s*$|\s+$)")


def before(match: re.Match[str]) -> str:
    """Return what stands just before a match."""
    return match.string[max(0, match.start() - _NEAR) : match.start()]


def after(match: re.Match[str]) -> str:
    """Return what stands just after a match."""
    return match.string[match.end() : match.end() + _NEAR]


def ends_sentence(written: str, end: int) -> bool:
    """Tell whether an abbreviation's own point at written[end - 1] is the sentence's too."""
    rest = written[end : end + _NEAR]
    if _CLOSED.match(rest):
        return True
    following = rest.lstrip("\"”’')]")
    return following[:1].isspace() and bool(_STARTERS.match(following.lstrip()))


def begins_sentence(written: str, start: int) -> bool:
    """Tell whether written[start] is where a sentence begins."""
    earlier = written[max(0, start - _NEAR) : start].rstrip().rstrip("\"“‘'(").rstrip()
    return not earlier or earlier[-1] in ".!?•"


_ADJECTIVE = (
    r"(?:proposed|new|massive|record|total|whopping|initial|additional|further|fresh|estimated|nearly|about|roughly|almost|"
    r"annual|first|second|third|planned|reported|separate|single|giant|huge|modest|similar|combined|entire|full|extra)"
)
#: "A four-year, $60 million contract".
_LASTING = r"\w{1,12}-(?:year|month|week|day|game|match|part)(?:-old)?,?"
_DETERMINER = re.compile(
    rf"(?:\b(?:an?|the|its|his|her|their|our|my|this|that|every|each|another|one)|['’]s)\s(?:(?:{_ADJECTIVE}|{_LASTING})\s){{0,2}}$",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"[\s-](?!(?:in|to|for|from|on|of|and|or|by|at|was|is|are|were|will|would|has|had|have|a|an|the|per|more|less|worth|"
    r"that|which|who|as|with|over|under|this|last|after|since|each|but|if|than|he|she|it|they|we|you|away|long|wide|high|"
    r"deep|tall|north|south|east|west|off|into|beyond|outside|below|above|apart|ago|before|early|earlier|later|short|"
    r"northeast|northwest|southeast|southwest|through|up|down|out|every|went|came|could|may|might|can|between|during|I|He|She|"
    r"They|We|It|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Febr)uary|March|April|May|June|July|August|September|"
    r"October|November|December)\b)[A-Za-z]"
)


def before_noun(match: re.Match[str]) -> bool:
    """Tell whether an amount stands between a determiner and a noun, where its unit stays singular:
    "a $5 million grant", "the 14 km detour".
    """
    return bool(_DETERMINER.search(before(match)) and _NOUN.match(match.string, match.end()))
