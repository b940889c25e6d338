"""Percent, temperatures, and numbers with units."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import before_noun
from worker.normalise.english.money import SCALES
from worker.normalise.english.words import decimal

#: Unit -> (one, many).
_UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "km/hr": ("kilometer per hour", "kilometers per hour"),
    "m/s": ("meter per second", "meters per second"),
    "mph": ("mile per hour", "miles per hour"),
    "sq km": ("square kilometer", "square kilometers"),
    "sq. km": ("square kilometer", "square kilometers"),
    "sq m": ("square meter", "square meters"),
    "sq. m": ("square meter", "square meters"),
    "sq ft": ("square foot", "square feet"),
    "sq mi": ("square mile", "square miles"),
    "km²": ("square kilometer", "square kilometers"),
    "km2": ("square kilometer", "square kilometers"),
    "m²": ("square meter", "square meters"),
    "m2": ("square meter", "square meters"),
    "m³": ("cubic meter", "cubic meters"),
    "km": ("kilometer", "kilometers"),
    "kms": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"),
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"),
    "mi": ("mile", "miles"),
    "ha": ("hectare", "hectares"),
    "MW": ("megawatt", "megawatts"),
    "GW": ("gigawatt", "gigawatts"),
    "kW": ("kilowatt", "kilowatts"),
    "TW": ("terawatt", "terawatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "MWh": ("megawatt hour", "megawatt hours"),
    "GWh": ("gigawatt hour", "gigawatt hours"),
    "TWh": ("terawatt hour", "terawatt hours"),
    "bcm": ("billion cubic meters", "billion cubic meters"),
    "kV": ("kilovolt", "kilovolts"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
}

NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_SCALE = r"(?:\s(?P<scale>thousand|million|billion))?"
_MEASURE = re.compile(
    rf"(?<![\w.,/])(?P<minus>[-−–])?(?P<number>{NUMBER})(?:\s?(?:[-–—]|to)\s?(?P<until>{NUMBER}))?{_SCALE}"
    rf"(?P<join>\s|-|)(?P<unit>{_UNIT})(?![\w/²³])"
)
_PERCENT = re.compile(
    rf"(?<![\w.,/])(?P<sign>[-−+])?(?P<number>{NUMBER})(?:\s?%?\s?(?:[-–—]|to)\s?(?P<until>{NUMBER}))?\s?(?:%|pct\b|per\s?cent\b)"
)
_SCALED = re.compile(rf"(?<![\w.,/$€£])(?P<number>{NUMBER})(?P<scale>[kKMB]|bn|mn|tn|mln|bln)(?![\w])")
_HALF_SPAN = re.compile(
    r"\b(?P<number>\d{1,3})-(?P<word>year|month|week|day|hour|minute|storey|story|meter|metre|mile|foot)(?=-|\b)"
)


def _measure(match: re.Match[str]) -> str | None:
    unit = match["unit"]
    if unit in {"m", "g", "mi", "ha"} and match["join"] == "-":
        return None
    one, many = _UNITS[unit]
    number = decimal(match["number"])
    if match["until"]:
        number += f" to {decimal(match['until'])}"
    if match["scale"]:
        number += f" {match['scale']}"
    singular = match["join"] == "-" or (match["number"] == "1" and not match["until"] and not match["scale"])
    # "155mm shell" is a caliber, always before its noun.
    singular = singular or before_noun(match) or (unit == "mm" and not match["join"])
    minus = "minus " if match["minus"] else ""
    return f"{minus}{number} {one if singular else many}"


def _percent(match: re.Match[str]) -> str:
    sign = {"-": "minus ", "−": "minus ", "+": "plus "}.get(match["sign"] or "", "")
    until = f" to {decimal(match['until'])}" if match["until"] else ""
    return f"{sign}{decimal(match['number'])}{until} percent"


RULES: tuple[Rule, ...] = (
    by_pattern("percent", _PERCENT, _percent),
    by_pattern("measure", _MEASURE, _measure),
    by_pattern("scaled", _SCALED, lambda match: f"{decimal(match['number'])} {SCALES[match['scale'].lower()]}"),
    by_pattern("span", _HALF_SPAN, lambda match: f"{decimal(match['number'])}-{match['word']}"),
)
