"""Cities cut short in Ukrainian: "м. Київ". Only where the words before it tell the case; the library guesses."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern

_NAME = r"\.(?=\s?[А-ЯІЇЄҐ][а-яіїєґ’'])"
_IN = re.compile(rf"(?<=\b[УуВв]\s)м{_NAME}")
_OF = re.compile(
    rf"(?:(?<=\b[Зз]\s)|(?<=\b[ІіДд][зо]\s)|(?<=\b[Вв]ід\s)|(?<=\b[Бб]іля\s)|(?<=\b[Пп]облизу\s)|(?<=\b[Дд]ля\s))м{_NAME}"
)
_ALONE = re.compile(rf"(?:^|(?<=[.!?]\s)|(?<=[«(,;:]\s)|(?<=[«(]))(?P<first>[Мм]){_NAME}")


def _city(match: re.Match[str]) -> str:
    return "Місто" if match["first"] == "М" else "місто"


RULES: tuple[Rule, ...] = (
    by_pattern("ukrainian", _IN, lambda _: "місті"),
    by_pattern("ukrainian", _OF, lambda _: "міста"),
    by_pattern("ukrainian", _ALONE, _city),
)
