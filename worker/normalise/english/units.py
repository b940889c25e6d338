"""Units as newsrooms write them, and their names. Data; no rules."""

from __future__ import annotations


def _many(one: str) -> tuple[str, str]:
    first, _, rest = one.partition(" ")
    if first == "degree":
        return one, f"degrees {rest}"
    if first in {"square", "cubic"}:
        return one, f"{first} {_many(rest)[1]}"
    if first == "foot":
        return one, f"feet{one[4:]}"
    if first == "inch":
        return one, f"inches{one[4:]}"
    return (one, f"{first}s {rest}") if rest.startswith("per ") else (one, f"{one}s")


_NAMES = {
    "km/h": "kilometer per hour", "kmh": "kilometer per hour", "kph": "kilometer per hour",
    "km/hr": "kilometer per hour", "m/s": "meter per second", "km/s": "kilometer per second", "mph": "mile per hour",
    "mpg": "mile per gallon", "mbps": "megabit per second", "gbps": "gigabit per second",
    "kbps": "kilobit per second", "sq km": "square kilometer", "sq. km": "square kilometer",
    "sq. km.": "square kilometer", "sqkm": "square kilometer", "sq m": "square meter", "sq. m": "square meter",
    "sqm": "square meter", "sq ft": "square foot", "sq. ft": "square foot", "sq. ft.": "square foot",
    "sq.-ft.": "square foot", "sq-ft": "square foot", "sqft": "square foot", "sq mi": "square mile",
    "sq. mi": "square mile", "sq. mi.": "square mile", "sq. miles": "square mile", "sq miles": "square mile",
    "sq. meters": "square meter", "sq. metres": "square meter", "sq. kilometers": "square kilometer",
    "sq. feet": "square foot", "sq feet": "square foot", "km²": "square kilometer", "km2": "square kilometer",
    "m²": "square meter", "m2": "square meter", "ft²": "square foot", "mi²": "square mile", "m³": "cubic meter",
    "m3": "cubic meter", "km³": "cubic kilometer", "cm³": "cubic centimeter", "cu m": "cubic meter",
    "cu. m": "cubic meter", "cu ft": "cubic foot", "cu. ft": "cubic foot", "km": "kilometer", "kms": "kilometer",
    "cm": "centimeter", "mm": "millimeter", "m": "meter", "nm": "nanometer", "µm": "micrometer", "μm": "micrometer",
    "kg": "kilogram", "kgs": "kilogram", "g": "gram", "mg": "milligram", "mcg": "microgram", "µg": "microgram",
    "μg": "microgram", "lb": "pound", "lbs": "pound", "oz": "ounce", "fl oz": "fluid ounce", "ft": "foot",
    "in": "inch", "in.": "inch", "yd": "yard", "yds": "yard", "mi": "mile", "ha": "hectare", "L": "liter",
    "l": "liter", "ml": "milliliter", "mL": "milliliter", "cl": "centiliter", "gal": "gallon", "kt": "kiloton",
    "Mt": "megaton", "kn": "knot", "kts": "knot", "W": "watt", "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt",
    "TW": "terawatt", "Wh": "watt hour", "kWh": "kilowatt hour", "MWh": "megawatt hour", "GWh": "gigawatt hour",
    "TWh": "terawatt hour", "V": "volt", "kV": "kilovolt", "mAh": "milliamp hour", "hp": "horsepower",
    "kPa": "kilopascal", "psi": "pound per square inch", "dB": "decibel", "KB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "sec": "second", "secs": "second", "min": "minute",
    "mins": "minute", "hr": "hour", "hrs": "hour", "ms": "millisecond", "yr": "year", "yrs": "year", "mo": "month",
    "pts": "point", "pt": "point", "mSv": "millisievert", "kcal": "kilocalorie", "bpm": "beat per minute",
    "rpm": "revolution per minute", "mg/dL": "milligram per deciliter", "ug/m3": "microgram per cubic meter",
    "µg/m³": "microgram per cubic meter", "μg/m³": "microgram per cubic meter", "bps": "basis point",
    "bp": "basis point",
    "tsp": "teaspoon", "tbsp": "tablespoon",
    "kbit/s": "kilobit per second", "Mbit/s": "megabit per second", "Gbit/s": "gigabit per second",
    "hPa": "hectopascal", "deg. C": "degree Celsius", "deg. F": "degree Fahrenheit", "degrees C": "degree Celsius",
    "degrees F": "degree Fahrenheit",
}  # fmt: skip

#: Unit -> (one, many).
UNITS: dict[str, tuple[str, str]] = {unit: _many(name) for unit, name in _NAMES.items()} | {
    "bcm": ("billion cubic meters", "billion cubic meters"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "hp": ("horsepower", "horsepower"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"),
}

#: Units whose case does not matter, by their lower case: "12KG", "5 Km", "10 KM".
LOWER = {
    unit.lower(): unit for unit in ("kg km cm mph kph lb lbs kmh km/h kWh MWh GWh mbps gbps kW GHz MHz oz").split()
}

#: What a measure is counted by, after a slash.
PER_UNITS = {
    "kg": "kilogram", "lb": "pound", "L": "liter", "l": "liter", "dL": "deciliter", "ml": "milliliter", "h": "hour",
    "hr": "hour", "hour": "hour", "s": "second", "sec": "second", "min": "minute", "day": "day", "d": "day",
    "week": "week", "month": "month", "year": "year", "yr": "year", "m3": "cubic meter", "m³": "cubic meter",
    "m2": "square meter", "m²": "square meter", "person": "person", "capita": "capita", "ha": "hectare",
    "km": "kilometer", "gal": "gallon",
}  # fmt: skip
