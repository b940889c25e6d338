"""Initialisms: those said letter by letter; those said as words, and words in capitals, stay as they are."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from worker.normalise.edits import Edit, Rule, by_pattern
from worker.normalise.english.context import ends_sentence
from worker.normalise.english.words import letters

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Said as words although their letters alone would not tell.
_WORDS = frozenset(
    (
        "NATO UNESCO UNICEF NASA OPEC FIFA UEFA HIMARS NASAMS ATACMS AIDS SARS COVID BRICS ASEAN AWACS MERS SWAT "
        "RADAR SONAR LASER SCUBA JAXA INTERPOL EUROPOL FRONTEX EURATOM NAFTA CERN PIN SIM RAM ROM GIF JPEG NAVO "
        "MAGA POTUS SCOTUS FLOTUS ICANN IKEA LEGO ZIP DAESH HAMAS FEMA OSHA MEDEVAC SALT START DARPA TASS MAGATE "
        "AUKUS NORAD COP UNIFIL UNRWA ICE DACA HIPAA PEPFAR OXFAM CITGO NASCAR NASDAQ UNHABITAT INSEAD SPAC SPACS "
        "BAFTA WADA NOAA FINRA SEPTA BART MARTA CASA AMBER DREAM PATRIOT CARES CHIPS STEM STEAM SNAP WIC MIRV SAM "
        "SAMS SCAF TIFF PETA MOMA SOHO NIMBY YIMBY FOMO YOLO CAPTCHA WHIP SHARK ANSA INTERFAX REN TIM DOGE MAX SAVE "
        "KAFKA TED MASH NIMBYS CIVICUS DAX CAC IBEX"
    ).split()
)

#: Said letter by letter although they could be said as words.
_SPELLED = frozenset(
    (
        "IAEA OSCE AFL CIO ACLU NAACP NCAA ESPN USAID UAE USA UK EU UN UNHCR IDF IRA IRS IMF WHO WTO ILO ICC ICJ "
        "ICRC IOC IPCC AFP AP CIA FBI DEA ATF NSA DHS HHS CDC FDA EPA FAA FCC FTC SEC NRA NRC NHS BBC ITV CEO CFO "
        "COO CTO CIO HR IT AI VR AR PR TV PC DVD CD USB GPS SUV ATV EV DUI DWI DNA RNA HIV IVF ADHD PTSD MRI CT ER "
        "ICU EMT EMS IPO GDP GNP CPI ETF SUVS LED LCD URL FAQ IQ UFO USSR GDR FSB SBU GUR KGB MI NGO NGOS POW POWS "
        "IED IEDS UAV UAVS LGBTQ LGBT BLM NBA NFL NHL MLB MLS ATP WTA PGA UFC WWE VAR EPL RFU ECB BOE OECD EBRD EIB "
        "AIIB ADB IFC EFTA EEA EFSF DPR LNR RPG AFU OVA AK ISS ESA EDF EON BMW VW AOL IOS IRGC ISIL IAF RAF USAF "
        "USMC USS HMS UCLA USC UMASS MIT NYU LSE EPP AFD ODIHR OFAC OAS AU AL IOM EMA EBU ESG DEI ERA ACA AAA AA "
        "ABC CBC CBS NBC PBS NPR MSNBC CNN CNBC ITN RAI ARD ZDF TSA ATM ATMS IDP IDPS ICBM ICBMS MP MPS MEP MEPS PM "
        "PMS VP DA DAS ID IDS OPCW OCHA UNDP UNODC HVAC GOP DNC RNC DOJ DOD DOE EPO INF ABM TPS ESTA EUR USD ASAP "
        "DIY RSVP ETA AKA FYI IOU UCL IUD OBE MBE CBE QC KC OAP OED"
    ).split()
)

#: Short words that stand in capitals for emphasis, in headlines or datelines.
_SHORT_WORDS = frozenset(
    (
        "THE AND FOR NOT YOU ALL ANY CAN HAD HER WAS ONE OUR OUT DAY GET HAS HIM HIS HOW MAN NEW NOW OLD SEE TWO "
        "WAY BOY DID ITS LET PUT SAY SHE TOO YES NO GO DO IF IN IS ME MY OF ON OR SO TO UP WE BE BY HE AM AN AS AT "
        "OH OK TOP BIG BAN WAR TAX LAW KEY END WIN WON RUN TEN SIX BAD BUY CUT HIT MAY WHY YET SET SIR TRY USE BUT "
        "OFF OWN FEW FAR ASK LOW SAN LOS LAS FORT SUN ACT AID AIR ARM BUS CAR DIE EAT FAN FIX FUN GAS GUN HOT ICE "
        "JOB JOY KID LIE MAP MEN MIX OIL PAY PER RED SEA SIT SKY SON SUE TEA TIE TIP TOY VAN VIA WET ZOO ART BAR "
        "BED BOX CAT DOG EGG EYE FAT FLY FOX HAT HOME LEG LOT MUD NET NUT PAN PET PIG POP RAT ROW SAD SAW TAP THY "
        "WEB"
    ).split()
)
_VOWELS = frozenset("AEIOUY")
_DOTTED = re.compile(
    r"(?<![\w.])(?P<letters>(?:[A-Z]\.){2,6}|(?:[A-Z]\.\s){1,3}[A-Z]\.(?=\s[A-Z][a-z]))(?P<tail>['’]s\b|s\b)?(?!\w)"
)
_PLAIN = re.compile(
    r"(?<![\w.@#])(?P<letters>[A-Z]{2,6})(?P<tail>['’]s|s)?(?![\w@]|[’'](?!s\b)[a-z]{1,2}\b|\.[A-Za-z])"
)
_SINGLE = re.compile(r"(?<![\w.@#-])(?P<first>[A-Z]{1,3})&(?P<second>[A-Z]{1,3})(?P<tail>['’]s|s)?(?!\w)")
_CAPITALS = re.compile(r"[A-Z]{2,}(?:['’]S)?")
_DATELINE = re.compile(
    r"^\W*(?P<place>[A-Z][A-Z’'.-]+(?:[\s-][A-Z][A-Z’'.-]+){0,3})(?:,\s[\w.\s]{2,24})?(?:\s\([\w/.\s]{2,24}\))?\s?(?:—|–|--|-\s)"
)
_LETTER = re.compile(r"[A-Za-z]")

#: Above this share of capitals a text is a banner, whose words are words.
_SHOUTED = 0.7
_SHORTEST_BANNER = 12
_MOST_SPELLED = 3


def said_as_word(text: str) -> bool:
    """Tell whether capitals are said as a word: known to be, or long enough and easy to say."""
    if text in _SPELLED:
        return False
    if text in _WORDS or text in _SHORT_WORDS:
        return True
    if len(text) <= _MOST_SPELLED:
        return False
    shape = "".join("v" if letter in _VOWELS else "c" for letter in text.replace("Y", "J", text.startswith("Y")))
    if len(text) > _MOST_SPELLED + 1:
        return "v" in shape and "cccc" not in shape
    # "NEED" and "FREE" are words in capitals; "IAEA" and "UEMO" are not.
    return "v" in shape and not shape.startswith("vv") and "vvv" not in shape and "ccc" not in shape


def _dotted(match: re.Match[str]) -> str:
    said = match["letters"].replace(".", " ").split()
    tail = match["tail"] or ""
    point = "." if not tail and ends_sentence(match.string, match.end()) else ""
    return " ".join(said) + tail + point


def _plain(written: str) -> Iterator[Edit]:
    if _shouted(written):
        return
    dateline = _DATELINE.match(written)
    loud = _loud_words(written)
    for match in _PLAIN.finditer(written):
        capitals = match["letters"]
        if dateline and match.end() <= dateline.end("place"):
            continue
        if capitals not in _SPELLED and (said_as_word(capitals) or _beside(loud, match)):
            continue
        yield Edit(match.start(), match.end(), letters(capitals) + (match["tail"] or ""), "initialism")


def _loud_words(written: str) -> list[tuple[int, int]]:
    """Return where words stand in capitals that are surely no initialisms: "NEW" and "ANGELES", not "UN"."""
    return [
        match.span()
        for match in _CAPITALS.finditer(written)
        if match.group() not in _SPELLED and match.group() not in _WORDS and said_as_word(match.group())
    ]


def _beside(loud: list[tuple[int, int]], match: re.Match[str]) -> bool:
    """Tell whether a word in capitals stands next to another, as in "NEW YORK" and "DO NOT TRY"."""
    at = bisect_right(loud, match.span())
    before, after = loud[at - 1 : at], loud[at : at + 1]
    return any(0 <= match.start() - end <= 1 for _, end in before) or any(
        0 <= start - match.end() <= 1 for start, _ in after
    )


def _shouted(text: str) -> bool:
    """Tell whether a text is a banner: most of it in capitals, known initialisms not counted."""
    known = {match.group() for match in _CAPITALS.finditer(text)} & (_SPELLED | _WORDS)
    for capitals in known:
        text = text.replace(capitals, "")
    found = _LETTER.findall(text)
    return len(found) > _SHORTEST_BANNER and sum(letter.isupper() for letter in found) > _SHOUTED * len(found)


def _pair(match: re.Match[str]) -> str:
    return f"{letters(match['first'])} and {letters(match['second'])}{match['tail'] or ''}"


RULES: tuple[Rule, ...] = (
    by_pattern("dotted-initialism", _DOTTED, _dotted),
    by_pattern("initialism", _SINGLE, _pair),
    _plain,
)
