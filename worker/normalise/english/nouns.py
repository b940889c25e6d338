"""Nouns that are counted: what stands after a number that is a quantity and no year or length. Data; no rules."""

from __future__ import annotations

import re

_THINGS = (
    "people users viewers listeners readers subscribers followers children adults women men homes households houses "
    "jobs workers employees customers passengers visitors tourists refugees migrants voters votes tons tonnes "
    "barrels pounds euros dollars hryvnias hryvnia rubles roubles yen shares doses cars vehicles tickets copies "
    "views downloads hectares acres members residents citizens patients cases deaths students pupils animals birds "
    "trees units phones times years soldiers troops officers families seats calories pages words gallons liters "
    "litres items points flights megawatts prisoners missiles drones inhabitants bpd immigrants civilians others "
    "more hours days watts percent dead ballots buildings apartments villages schools"
).split()
_UNITS = "miles|km|kilomet\\w+|met(?:er|re)s?|feet|foot|kg|m|MW|mph|rpm|lbs?|ft|sq|square|tons?|per cent"

#: After "1.5m" or "20m" these are counted in millions, not measured in meters.
COUNTED = re.compile(rf"\s(?:{'|'.join(_THINGS)}|of the)\b", re.IGNORECASE)

#: After four digits these make a quantity of what might be a year.
COUNTED_OR_MEASURED = re.compile(rf"\s*-?(?:{'|'.join(_THINGS)}|{_UNITS})\b", re.IGNORECASE)
