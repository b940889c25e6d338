"""What follows or precedes a written form, where that decides how it is said. Pure."""

from __future__ import annotations

import re

#: Words that begin a sentence far more often than they follow an abbreviation within one.
_STARTERS = re.compile(
    r"""^["“'(]*(?:The|A|An|He|She|It|They|We|I|You|This|That|These|Those|There|Here|His|Her|Its|Their|Our|In|On|At|
    By|For|From|With|But|And|So|If|When|While|After|Before|As|Since|Although|However|Meanwhile|According|About|
    Some|Many|Most|All|No|Not|One|Two|What|Who|Why|How|Where)\b""",
    re.VERBOSE,
)

#: What may close a sentence after its full stop.
_CLOSED = re.compile(r"^[\"”’')\]]*(?:\s*$|\s+$)")


def ends_sentence(written: str, end: int) -> bool:
    """Tell whether an abbreviation's own point at written[end - 1] is the sentence's too."""
    rest = written[end:]
    if _CLOSED.match(rest):
        return True
    following = rest.lstrip("\"”’')]")
    return following[:1].isspace() and bool(_STARTERS.match(following.lstrip()))


def begins_sentence(written: str, start: int) -> bool:
    """Tell whether written[start] is where a sentence begins."""
    before = written[:start].rstrip().rstrip("\"“‘'(")
    return not before.strip() or before.rstrip()[-1] in ".!?"


_DETERMINER = re.compile(r"(?:\b(?:an?|the|its|his|her|their|our|this|that|new|first)|['’]s)\s$", re.IGNORECASE)
_NOUN = re.compile(
    r"[\s-](?!(?:in|to|for|from|on|of|and|or|by|at|was|is|are|were|will|would|has|had|have|a|an|the|per|more|less|worth|"
    r"that|which|who|as|with|over|under|this|last|after|since|each|but|if|than|he|she|it|they|away|long|wide|high|deep|"
    r"north|south|east|west|off|into|beyond|outside)\b)[a-z]"
)


def before_noun(match: re.Match[str]) -> bool:
    """Tell whether an amount stands between a determiner and a noun, where its unit stays singular:
    "a $5 million grant", "the 14 km detour".
    """
    return bool(_DETERMINER.search(match.string, 0, match.start()) and _NOUN.match(match.string, match.end()))
