"""Places: saints and streets, house numbers, states, directions, postal codes, highways."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import after, before, ends_sentence
from worker.normalise.english.words import cardinal, digits, grouped, ordinal

_WAYS = {
    "St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Ct": "Court", "Pl": "Place",
    "Hwy": "Highway", "Expy": "Expressway", "Pkwy": "Parkway", "Sq": "Square", "Ter": "Terrace", "Cir": "Circle",
    "Dr": "Drive", "Tpke": "Turnpike", "Pk": "Park",
}  # fmt: skip
_DIRECTIONS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest", "SE": "Southeast",
    "SW": "Southwest",
}  # fmt: skip
_STATES = {
    "Ala.": "Alabama", "Ariz.": "Arizona", "Ark.": "Arkansas", "Calif.": "California", "Colo.": "Colorado",
    "Conn.": "Connecticut", "Del.": "Delaware", "Fla.": "Florida", "Ga.": "Georgia", "Ill.": "Illinois",
    "Ind.": "Indiana", "Kan.": "Kansas", "Ky.": "Kentucky", "La.": "Louisiana", "Md.": "Maryland",
    "Mass.": "Massachusetts", "Mich.": "Michigan", "Minn.": "Minnesota", "Miss.": "Mississippi", "Mo.": "Missouri",
    "Mont.": "Montana", "Neb.": "Nebraska", "Nev.": "Nevada", "N.H.": "New Hampshire", "N.J.": "New Jersey",
    "N.M.": "New Mexico", "N.Y.": "New York", "N.C.": "North Carolina", "N.D.": "North Dakota", "Okla.": "Oklahoma",
    "Ore.": "Oregon", "Pa.": "Pennsylvania", "R.I.": "Rhode Island", "S.C.": "South Carolina",
    "S.D.": "South Dakota", "Tenn.": "Tennessee", "Tex.": "Texas", "Vt.": "Vermont", "Va.": "Virginia",
    "Wash.": "Washington", "W.Va.": "West Virginia", "W. Va.": "West Virginia", "Wis.": "Wisconsin",
    "Wyo.": "Wyoming", "Ont.": "Ontario", "Que.": "Quebec", "B.C.": "B C",
}  # fmt: skip
_POSTAL = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
    "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri",
    "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee",
    "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming", "DC": "D C",
}  # fmt: skip
#: Letters that are words as well; they are a state before its postal code only.
_ALSO_WORDS = frozenset({"OK", "HI", "OH", "ME", "IN", "OR", "LA", "MA", "PA", "AL", "ID"})
_PARTIES = {"D": "Democrat", "R": "Republican", "I": "Independent"}

_WAY = alternation(_WAYS)
_DIRECTION = "N|S|E|W|NE|NW|SE|SW"
_ADDRESS = re.compile(
    rf"(?<![\w.,/:$€£-])(?P<house>\d{{1,5}})(?P<half>[A-Z])?\s(?:(?P<direction>{_DIRECTION})\.?\s)?"
    rf"(?P<name>(?:(?:\d{{1,3}}(?:st|nd|rd|th)|[A-Z][\w’']*)\s){{1,3}})(?P<way>(?i:{_WAY}))\b(?P<point>\.?)(?!['’\w])"
)
_NUMBERED_WAY = re.compile(
    rf"(?<![\w.])(?:(?P<direction>{_DIRECTION})\.?\s)?(?P<number>\d{{1,3}})(?P<nth>st|nd|rd|th)\s(?P<way>{_WAY}|st|ave)\b(?P<point>\.?)(?!\w)"
)
_NAMED_WAY = re.compile(rf"(?<=\s)(?P<name>[A-Z][a-z’']+)\s(?P<way>{_WAY})\.(?!\w)")
#: A street without its point: "High St, Leeds". Before a capital it may be a saint.
_NAMED_STREET = re.compile(r"\b(?P<name>[A-Z][a-z’']{1,20})\sSt(?!\w|\.|-\w|['’](?!s\b)|\s[A-Z\d])")
_NO_NAME = frozenset("the a at in of to from near and for with by on is".split())
_DIRECTION_BEFORE = re.compile(
    r"(?<![\w.])(?P<direction>N|S|E|W|NE|NW|SE|SW)\.\s(?=\d{1,3}(?:st|nd|rd|th)\b|(?:[A-Z][a-z]+\s){1,2}(?:Street|Avenue|Road|Boulevard|St\.|Ave\.|Drive))"
)
_BEARING = re.compile(rf"(?<=[a-z]\s)(?P<direction>{_DIRECTION})(?=\sof\b)")
_DRIVE = re.compile(r"(?<=[\w.]\s)Dr\.(?=\s[a-z]|[,;)]|$)|(?<=Jr\.\s)Dr\.")
_SAINT = re.compile(r"\bSt\.?(?=\s[A-Z][a-z]|-[A-Z])|\bSte\.(?=\s[A-Z][a-z])")
_STATE = re.compile(rf"(?<=,\s)(?P<state>{alternation(_STATES)})(?!\w)")
_POSTAL_STATE = re.compile(
    rf"(?<=[a-z],\s)(?P<state>{'|'.join(_POSTAL)})(?:,?\s(?P<zip>\d{{5}})(?P<more>-\d{{4}})?)?(?![\w-])"
)
_ZIP = re.compile(r"\b(?P<word>(?:ZIP|zip)(?:\s[Cc]ode)?)\s(?P<zip>\d{5})\b")
_PARTY = re.compile(
    rf"(?<=[\s(])(?P<party>[DRI])[-–](?P<place>{alternation({*_STATES, *_POSTAL, *_POSTAL.values()})})(?=[\s,.;)]|$)"
)
#: "Wall St Journal", "Main St Bank": streets before whatever name, and what is called after any street and no saint.
_STREETS = frozenset("Main High Wall Bond Fleet Downing Elm Oak Maple Walnut Chestnut Bourbon Carnaby Harley".split())
_NO_SAINT = re.compile(
    r"\s(?:Bank|Station|Tube|Market|Journal|Theat(?:re|er)|Garage|Mall|Bakery|Diner|Grill|Deli|Caf[eé]|Stores?|Shops?|"
    r"Library|Clinic|Precinct|Jail|Bridge|Tunnel|Subway|Partners)\b"
)
_WORD_BEFORE = re.compile(r"(?P<word>[\w’']+)\s$")

#: A saint follows these, a street follows any other capitalised word.
_BEFORE_SAINT = frozenset(
    (
        "in of at to from near and the for with by on outside around across between Mount Fort Port Lake Bay East "
        "West North South Old New Upper Lower Greater Cathedral Church Saint Basilica Archbishop Bishop Sister Mother "
        "Father St"
    ).split()
)


def _sentence_point(match: re.Match[str]) -> str:
    return "." if match["point"] and ends_sentence(match.string, match.end()) else ""


def _house(number: str) -> str:
    if len(number) == 3:  # noqa: PLR2004
        return grouped(number) if not number.endswith("00") else cardinal(int(number))
    if len(number) == 4 and number[1:] != "000":  # noqa: PLR2004
        return grouped(number)
    return digits(number) if len(number) > 4 else cardinal(int(number))  # noqa: PLR2004


def _named(words: str) -> str:
    return " ".join(
        ordinal(int(re.sub(r"\D", "", word))).capitalize() if word[0].isdecimal() else word for word in words.split()
    )


def _address(match: re.Match[str]) -> str:
    way = _WAYS[match["way"].capitalize()]
    direction = f"{_DIRECTIONS[match['direction']]} " if match["direction"] else ""
    half = f" {match['half']}" if match["half"] else ""
    return f"{_house(match['house'])}{half} {direction}{_named(match['name'])} {way}{_sentence_point(match)}"


def _numbered_way(match: re.Match[str]) -> str:
    direction = f"{_DIRECTIONS[match['direction']]} " if match["direction"] else ""
    way = _WAYS[match["way"].capitalize()]
    return f"{direction}{ordinal(int(match['number'])).capitalize()} {way}{_sentence_point(match)}"


def _named_way(match: re.Match[str]) -> str | None:
    if _before_saint(match["name"]) or (match["way"] in {"St", "Dr"} and _names_somebody(match)):
        return None
    point = "." if ends_sentence(match.string, match.end()) else ""
    return f"{match['name']} {_WAYS[match['way']]}{point}"


def _named_street(match: re.Match[str]) -> str | None:
    return None if match["name"].lower() in _NO_NAME else f"{match['name']} Street"


def _names_somebody(match: re.Match[str]) -> bool:
    """Tell whether "Fort St." or "Then Dr." is followed by its own name: "Then Dr. Lee said"."""
    following = after(match)
    earlier = before(match).rstrip()
    starts = not earlier or earlier[-1] in '.!?“"'
    return bool(re.match(r"\s[A-Z][a-z]", following)) and (starts or match["way"] == "Dr")


def _before_saint(word: str) -> bool:
    return word in _BEFORE_SAINT or word.lower() in _BEFORE_SAINT


def _drive(match: re.Match[str]) -> str | None:
    if not re.search(r"(?:[A-Z][\w’']+|Jr\.)\s$", before(match)):
        return None
    return "Drive" + ("." if ends_sentence(match.string, match.end()) else "")


def _is_street(word: str, match: re.Match[str]) -> bool:
    """Tell whether "St" after a word is no saint, whatever name follows."""
    is_called_so = bool(_NO_SAINT.match(match.string, match.end()))
    return word in _STREETS or (is_called_so and word[0].isupper() and word.lower() not in _NO_NAME)


def _saint(match: re.Match[str]) -> str | None:
    earlier = before(match)
    word = _WORD_BEFORE.search(earlier)
    if match.group() == "St" and word and _is_street(word["word"], match):
        return "Street"
    if word and word["word"][0].isupper() and not _before_saint(word["word"]) and match.group() != "St":
        starts = not earlier[: word.start()].rstrip('"“ ')
        if not starts:
            return "Street"
    return "Sainte" if match.group() == "Ste." else "Saint"


def _state(match: re.Match[str]) -> str | None:
    written = match["state"]
    if not re.search(r"[A-Z][\w’'.]*,\s$", before(match)):
        return None  # "a lake, Miss."
    return _STATES[written] + ("." if ends_sentence(match.string, match.end()) else "")


def _postal(match: re.Match[str]) -> str | None:
    named = re.search(r"[A-Z][\w’']*,\s$", before(match))
    if not match["zip"] and (match["state"] in _ALSO_WORDS or not named):
        return None
    tail = f" {digits(match['zip'])}" if match["zip"] else ""
    return _POSTAL[match["state"]] + tail + (f", {digits(match['more'])}" if match["more"] else "")


def _party(match: re.Match[str]) -> str:
    place = match["place"]
    return f"{_PARTIES[match['party']]} of {_STATES.get(place) or _POSTAL.get(place, place)}"


RULES: tuple[Rule, ...] = (
    by_pattern("address", _ADDRESS, _address),
    by_pattern("street", _NUMBERED_WAY, _numbered_way),
    by_pattern("street", _NAMED_WAY, _named_way),
    by_pattern("street", _NAMED_STREET, _named_street),
    by_pattern("direction", _DIRECTION_BEFORE, lambda match: f"{_DIRECTIONS[match['direction']]} "),
    by_pattern("direction", _BEARING, lambda match: _DIRECTIONS[match["direction"]].lower()),
    by_pattern("street", _DRIVE, _drive),
    by_pattern("saint", _SAINT, _saint),
    by_pattern("state", _STATE, _state),
    by_pattern("state", _POSTAL_STATE, _postal),
    by_pattern("postal-code", _ZIP, lambda match: f"{match['word']} {digits(match['zip'])}"),
    by_pattern("party", _PARTY, _party),
)
