"""Money, in the forms newsrooms write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import before_noun
from worker.normalise.english.units import PER_UNITS
from worker.normalise.english.words import CONTINENTAL, NUMBER, cardinal, decimal


@dataclass(frozen=True)
class _Currency:
    one: str
    many: str
    cent: str = ""
    cents: str = ""


def _of(name: str, plural: str = "", cent: str = "cent", cents: str = "") -> _Currency:
    return _Currency(name, plural or f"{name}s", cent, cents or f"{cent}s" if cent else "")


_CURRENCIES = {
    "$": _of("dollar"),
    "US$": _of("U S dollar"),
    "A$": _of("Australian dollar"),
    "AU$": _of("Australian dollar"),
    "C$": _of("Canadian dollar"),
    "CA$": _of("Canadian dollar"),
    "NZ$": _of("New Zealand dollar"),
    "HK$": _of("Hong Kong dollar"),
    "S$": _of("Singapore dollar"),
    "NT$": _of("Taiwan dollar"),
    "R$": _of("real", "reais", "centavo"),
    "€": _of("euro"),
    "£": _of("pound", cent="penny", cents="pence"),
    "¥": _of("yen", "yen", ""),
    "₩": _of("won", "won", ""),
    "₴": _of("hryvnia", cent="kopiyka"),
    "₽": _of("ruble", cent="kopek"),
    "₹": _of("rupee", cent="paisa", cents="paise"),
    "₺": _of("lira", "lira", ""),
    "₪": _of("shekel", cent="agora", cents="agorot"),
    "₦": _of("naira", "naira", "kobo", "kobo"),
    "₱": _of("peso", cent="centavo"),
    "₫": _of("dong", "dong", ""),
    "฿": _of("baht", "baht", ""),
    "₸": _of("tenge", "tenge", ""),
    "₾": _of("lari", "lari", "tetri", "tetri"),
    "₿": _of("bitcoin", cent=""),
    "zł": _of("zloty", cent="grosz", cents="groszy"),
}
_CODES = {
    "USD": _CURRENCIES["US$"],
    "AUD": _CURRENCIES["A$"],
    "CAD": _CURRENCIES["C$"],
    "NZD": _CURRENCIES["NZ$"],
    "EUR": _CURRENCIES["€"],
    "GBP": _CURRENCIES["£"],
    "UAH": _CURRENCIES["₴"],
    "Hr": _CURRENCIES["₴"],
    "PLN": _CURRENCIES["zł"],
    "JPY": _CURRENCIES["¥"],
    "RUB": _CURRENCIES["₽"],
    "INR": _CURRENCIES["₹"],
    "Rs.": _CURRENCIES["₹"],
    "Rs": _CURRENCIES["₹"],
    "ILS": _CURRENCIES["₪"],
    "NIS": _CURRENCIES["₪"],
    "CHF": _of("Swiss franc", cent="centime"),
    "CNY": _of("yuan", "yuan", ""),
    "RMB": _of("yuan", "yuan", ""),
    "SEK": _of("Swedish krona", "Swedish kronor", ""),
    "NOK": _of("Norwegian krone", "Norwegian kroner", ""),
    "DKK": _of("Danish krone", "Danish kroner", ""),
    "CZK": _of("Czech koruna", "Czech korunas", ""),
    "HUF": _of("forint", cent=""),
    "TRY": _CURRENCIES["₺"],
    "ZAR": _of("rand", "rand"),
    "MXN": _of("Mexican peso", cent="centavo"),
    "BRL": _CURRENCIES["R$"],
    "AED": _of("dirham", cent=""),
    "SAR": _of("riyal", cent=""),
    "KRW": _CURRENCIES["₩"],
    "kr": _of("krona", "kronor", ""),
    "BTC": _CURRENCIES["₿"],
}

#: Letters after an amount. A lone "m" or "M" is million in money, never meters.
SCALES = {
    "k": "thousand", "thousand": "thousand", "m": "million", "mn": "million", "mln": "million", "mil": "million",
    "million": "million", "mm": "million", "b": "billion", "bn": "billion", "bln": "billion", "billion": "billion",
    "t": "trillion", "tn": "trillion", "trn": "trillion", "tr": "trillion", "trillion": "trillion",
    "crore": "crore", "lakh": "lakh", "lakh crore": "lakh crore",
}  # fmt: skip

#: "a month" as it is written after a slash, and other things money is paid for.
_PER = PER_UNITS | {
    "mo": "month", "wk": "week", "night": "night", "oz": "ounce", "gallon": "gallon", "barrel": "barrel",
    "bbl": "barrel", "ton": "ton", "tonne": "tonne", "t": "tonne", "MWh": "megawatt hour", "kWh": "kilowatt hour",
    "mile": "mile", "share": "share", "ounce": "ounce", "pound": "pound", "liter": "liter", "litre": "litre",
    "sq ft": "square foot", "sqm": "square meter", "head": "head", "pp": "person",
}  # fmt: skip

_SYMBOL = alternation(_CURRENCIES)
_CODE = alternation(_CODES)
_SCALE_WORDS = "thousand|million|billion|trillion|lakh crore|crore|lakh|(?i:bln|mln|mil|trn|bn|mn|tn|tr|mm)|[kKmMbBtT]"
_SCALE = rf"(?:[\s-]?(?P<scale>{_SCALE_WORDS})(?![A-Za-z]))?"
_RATE = rf"(?:/(?P<per>{alternation(_PER)})(?![\w]))?"
_EACH = r"(?P<each>-(?:a|an|per)-[a-z]+)?"
_BEFORE = re.compile(
    rf"(?<![\w$])(?P<minus>[-−–])?(?P<symbol>{_SYMBOL}|(?:{_CODE})\s)\s?(?P<signed>[-−])?(?P<amount>{CONTINENTAL})(?:p\b)?"
    # "$5-10 million" is one range; "$1.50 to $2" and "$2m to $3m" are two amounts.
    rf"(?:\s?[-–—]\s?(?P<again>{_SYMBOL})?(?P<until>{NUMBER}))?{_SCALE}{_RATE}{_EACH}(?![\d]|,\d{{3}})"
)
_SCALED_BOTH = re.compile(
    rf"(?<![\w$])(?P<symbol>{_SYMBOL})(?P<amount>{NUMBER})\s?(?P<scale>{_SCALE_WORDS})\s?[-–—]\s?(?:{_SYMBOL})?"
    rf"(?P<until>{NUMBER})\s?(?P<last>{_SCALE_WORDS})(?![A-Za-z])"
)
_SHARED = re.compile(
    rf"(?<![\w$])(?P<symbol>{_SYMBOL})(?P<amount>{NUMBER})\sto\s(?P=symbol)(?P<until>{NUMBER})"
    r"\s(?P<scale>million|billion|trillion)\b"
)
_AFTER = re.compile(
    rf"(?<![\w.,$€£])(?P<amount>{CONTINENTAL})(?:\s?[-–—]\s?(?P<until>{NUMBER}))?{_SCALE}\s?"
    rf"(?P<symbol>€|£|₴|₽|₪|₺|zł\b|(?:{alternation(set(_CODES) - {'Rs', 'Rs.'})})\b)"
    rf"{_RATE}(?P<each>)(?P<again>)"
)
#: Hundredths that are said without their name.
_SAID_ALONE = 10

#: Longer sums are read as digits.
_LONGEST = 30

#: Things that are of an amount, whatever stands before it: "five $100 bills", "$5 million grants".
_OF_AN_AMOUNT = re.compile(
    r"\s(?:(?:stimulus|rebate|tax|winter|fuel|federal|state|cash|gift|monthly|annual|weekly|one-off|relief|student)\s){0,2}"
    r"(?:bills?|bank ?notes?|notes?|coins?|che(?:ck|que)s?|tickets?|grants?|fines?|prizes?|bonds?|loans?|contracts?|"
    r"payments?|payouts?|bonus(?:es)?|deals?|tariffs?|co-?pays?|settlements?|fees?|credits?|vouchers?|bets?|"
    r"gift cards?|donations?|scholarships?|bounty|bounties|lawsuits?)\b(?!['’])"
)
_CENTS = re.compile(rf"(?<![\w.,$€£])(?P<amount>{NUMBER})\s?¢")
_PENCE = re.compile(
    r"(?<![\w.,$€£])(?P<amount>\d{1,2}(?:\.\d)?|\d{3}(?:\.\d{1,2})?|\d{1,2},\d{3}(?:\.\d)?)p(?![\w-]|\.\w)"
)
#: Lines of a picture, unless a price is spoken of: "480p".
_PICTURE = frozenset("144 240 360 480 540 576 720".split())
_PICTURED = re.compile(r"\s(?:video|resolution|screen|stream|display|HD|footage|picture|webcam|at\s\d)", re.IGNORECASE)
_PRICED = re.compile(r"\s(?:an?|per|each|shares?)\b")


def _spoken(match: re.Match[str], currency: _Currency) -> str:
    amount, until, written_scale, each = match["amount"], match["until"], match["scale"], match["each"] or ""
    scale = f" {SCALES[written_scale.lower()]}" if written_scale else ""
    per = f" per {_PER[match['per']]}" if match["per"] else ""
    singular = bool(each) or before_noun(match) or bool(_OF_AN_AMOUNT.match(match.string, match.end()))
    tail = per + each.replace("-", " ")
    if until and match["again"] and not scale:
        return f"{_exact(amount, currency)} to {_exact(until, currency)}{tail}"
    odd = currency.cent and (_cents(amount) or (0, 0))[1]
    if not (scale or until) and (odd or not singular):
        return (_as_one(amount, currency) if singular and not tail else _exact(amount, currency)) + tail
    number = decimal(amount) + (f" to {decimal(until)}" if until else "")
    return f"{number}{scale} {currency.one if singular else currency.many}{tail}"


def _exact(amount: str, currency: _Currency) -> str:
    """Return one amount without a scale: in units and hundredths where it is written so."""
    cents = _cents(amount) if currency.cent else None
    if cents is not None:
        return _with_cents(*cents, currency)
    return f"{decimal(amount)} {currency.one if amount == '1' else currency.many}"


def _as_one(amount: str, currency: _Currency) -> str:
    """Return an amount with hundredths that stands before what it is the price of: "a five dollar fifty ticket"."""
    whole, cents = _cents(amount) or (0, 0)
    if not whole:
        return f"{cardinal(cents)} {currency.cent}"
    # Below ten they are not said alone: "a five dollar five ticket".
    last = cardinal(cents) if cents >= _SAID_ALONE else f"and {cardinal(cents)} {currency.cent}"
    return f"{cardinal(whole)} {currency.one} {last}"


def _cents(amount: str) -> tuple[int, int] | None:
    """Return the whole units and the hundredths of an amount written with a point and no more than those."""
    whole, point, fraction = amount.partition(".")
    fraction = fraction.rstrip("0")
    if not point or len(fraction) > 2 or len(whole) > _LONGEST:  # noqa: PLR2004
        return None
    return int(re.sub(r"\D", "", whole) or "0"), int(fraction.ljust(2, "0"))


def _with_cents(whole: int, cents: int, currency: _Currency) -> str:
    parts = []
    if whole or not cents:
        parts.append(f"{cardinal(whole)} {currency.one if whole == 1 else currency.many}")
    if cents:
        parts.append(f"{cardinal(cents)} {currency.cent if cents == 1 else currency.cents}")
    return " and ".join(parts)


def _before(match: re.Match[str]) -> str:
    symbol = match["symbol"].strip()
    spoken = _spoken(match, _CURRENCIES.get(symbol) or _CODES[symbol])
    return f"minus {spoken}" if match["minus"] or match["signed"] else spoken


def _scaled_both(match: re.Match[str]) -> str:
    currency = _CURRENCIES[match["symbol"]]
    first, last = SCALES[match["scale"].lower()], SCALES[match["last"].lower()]
    shared = "" if first == last else f" {first}"
    return f"{decimal(match['amount'])}{shared} to {decimal(match['until'])} {last} {currency.many}"


def _shared(match: re.Match[str]) -> str:
    currency = _CURRENCIES[match["symbol"]]
    return f"{decimal(match['amount'])} to {decimal(match['until'])} {match['scale']} {currency.many}"


def _after(match: re.Match[str]) -> str:
    return _spoken(match, _CURRENCIES.get(match["symbol"]) or _CODES[match["symbol"]])


def _small(match: re.Match[str], one: str, many: str) -> str:
    single = match["amount"] == "1" or before_noun(match)
    return f"{decimal(match['amount'])} {one if single else many}"


def _pence(match: re.Match[str]) -> str | None:
    following = match.string[match.end() : match.end() + 20]
    pictured = match["amount"] in _PICTURE and not _PRICED.match(following)
    if pictured or (len(match["amount"]) > 2 and _PICTURED.match(following)):  # noqa: PLR2004
        return None
    return _small(match, "penny" if match["amount"] == "1" else "pence", "pence")


RULES: tuple[Rule, ...] = (
    by_pattern("money", _SCALED_BOTH, _scaled_both),
    by_pattern("money", _SHARED, _shared),
    by_pattern("money", _BEFORE, _before),
    by_pattern("money", _AFTER, _after),
    by_pattern("cents", _CENTS, lambda match: _small(match, "cent", "cents")),
    by_pattern("pence", _PENCE, _pence),
)
