"""Money, in the forms newsrooms write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import before_noun
from worker.normalise.english.words import cardinal, decimal


@dataclass(frozen=True)
class _Currency:
    one: str
    many: str
    cent: str = ""
    cents: str = ""


_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_CURRENCIES = {
    "$": _DOLLAR,
    "US$": _Currency("U S dollar", "U S dollars", "cent", "cents"),
    "A$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "NZ$": _Currency("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "€": _Currency("euro", "euros", "cent", "cents"),
    "£": _Currency("pound", "pounds", "penny", "pence"),
    "¥": _Currency("yen", "yen"),
    "₴": _Currency("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₽": _Currency("ruble", "rubles", "kopek", "kopeks"),
    "₹": _Currency("rupee", "rupees", "paisa", "paise"),
    "₺": _Currency("lira", "lira"),
    "zł": _Currency("zloty", "zlotys", "grosz", "groszy"),
}
_CODES = {
    "USD": _CURRENCIES["US$"],
    "EUR": _CURRENCIES["€"],
    "GBP": _CURRENCIES["£"],
    "UAH": _CURRENCIES["₴"],
    "Hr": _CURRENCIES["₴"],
    "PLN": _CURRENCIES["zł"],
    "JPY": _CURRENCIES["¥"],
    "CHF": _Currency("Swiss franc", "Swiss francs"),
}

#: Letters after an amount. A lone "m" or "M" is million in money, never meters.
SCALES = {
    "k": "thousand", "thousand": "thousand", "m": "million", "mn": "million", "mln": "million", "million": "million",
    "b": "billion", "bn": "billion", "bln": "billion", "billion": "billion", "t": "trillion", "tn": "trillion",
    "trn": "trillion", "trillion": "trillion",
}  # fmt: skip

_AMOUNT = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|bln|mln|trn|bn|mn|tn|[kKmMbBtT])(?![A-Za-z]))?"
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(_CURRENCIES, key=len, reverse=True))
_BEFORE = re.compile(
    rf"(?<![\w$])(?P<minus>[-−–])?(?P<symbol>{_SYMBOL}|(?:{'|'.join(_CODES)})\s)\s?(?P<amount>{_AMOUNT})"
    # "$5-10 million" is one range; "$1.50 to $2" and "$2m to $3m" are two amounts.
    rf"(?:\s?[-–—]\s?(?:{_SYMBOL})?(?P<until>{_AMOUNT}))?{_SCALE}"
)
_AFTER = re.compile(rf"\b(?P<amount>{_AMOUNT}){_SCALE}\s?(?P<symbol>€|£|₴|zł|₽|(?:{'|'.join(set(_CODES) - {'Hr'})})\b)")


def _spoken(match: re.Match[str], currency: _Currency) -> str:
    amount = match["amount"]
    until = match.groupdict().get("until")
    scale = f" {SCALES[match['scale'].lower()]}" if match["scale"] else ""
    number = decimal(amount) + (f" to {decimal(until)}" if until else "")
    whole, _, fraction = amount.partition(".")
    if len(fraction) == 2 and not scale and not until and currency.cent:  # noqa: PLR2004  dollars and cents
        return _with_cents(int(whole.replace(",", "")), int(fraction), currency)
    alone = amount == "1" and not scale and not until
    return f"{number}{scale} {currency.one if alone or before_noun(match) else currency.many}"


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
    return f"minus {spoken}" if match["minus"] else spoken


def _after(match: re.Match[str]) -> str:
    return _spoken(match, _CURRENCIES.get(match["symbol"]) or _CODES[match["symbol"]])


RULES: tuple[Rule, ...] = (by_pattern("money", _BEFORE, _before), by_pattern("money-after", _AFTER, _after))
