"""Live stories + Digest -> Script: what is read of each, in which order, for how long. Pure; the clock is an argument.

Nothing of a story is reworded or cut but between its own segments, which stay as they are: so what was spoken of it
is not spoken again. A summary that an editor approved takes their place whole, and says that it is one. Words what is
ours: greeting, transitions, sign-off. How long a script lasts it asks the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from briefing.digesting.digest import worded
from briefing.digesting.summary_words import tongue
from briefing.script import Role, Script, ScriptArticle, Segment, segment_id
from briefing.values import Card
from worker.digests.wording import NO_WORDS, SUMMARISED, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from briefing.digesting.digest import Digest, Parts
    from briefing.podcasts.show import Show

_KEY = frozenset({Role.LEAD_IN, Role.KEY_POINT})
_TEXT = frozenset({Role.BODY, Role.QUOTE})

#: Hours at which the morning begins, the afternoon, the evening.
_MORNING, _NOON, _EVENING = 4, 12, 18

#: What some locales write after a year.
_YEAR_MARK = re.compile(r"\s+[рг]\.?$")


@dataclass(frozen=True)
class Story:
    """A story as it is live."""

    article: ScriptArticle
    language: str
    segments: tuple[Segment, ...]
    summary: str | None = None
    """What an editor has approved to be read in place of its beginning."""


@dataclass(frozen=True)
class Told:
    """What may be read of a story."""

    article: ScriptArticle
    lead: tuple[Segment, ...]
    """Transition and headline: never without."""
    pieces: tuple[tuple[Segment, ...], ...]
    """Standfirst, key points, paragraphs: as many as there is time for, in order. The points are one piece."""


@dataclass(frozen=True)
class Draft:
    """All that a digest may say."""

    language: str
    title: str
    opening: tuple[Segment, ...]
    stories: tuple[Told, ...]
    closing: tuple[Segment, ...]


def draft(stories: Sequence[Story], digest: Digest, show: Show, moment: datetime) -> Draft:
    """Return what may be said of `stories`, of which there is at least one, in a digest of `moment`. Spoken text of our
    own words is still the written text.
    """
    language = stories[0].language
    hellos, greeting, sign_off, next_one = WORDS.get(language.split("-", maxsplit=1)[0].lower(), NO_WORDS)
    local = digest.local(moment)
    said = {
        "hello": hellos[0 if _MORNING <= local.hour < _NOON else 1 if _NOON <= local.hour < _EVENING else 2],
        "date": _date(local.date(), language),
        "show": show.title,
    }
    transitions = (next_one,) if digest.transitions is None else digest.transitions
    if digest.transitions is None and show.transition:
        # The jingle says it; who wants a word too names one.
        transitions = ()
    first = stories[0].article.ref
    opening = [
        _ours(first, Role.GREETING, worded(greeting if digest.greeting is None else digest.greeting, said)),
        _ours(first, Role.DISCLOSURE, show.disclosure),
    ]
    closing = [_ours(first, Role.OUTRO, worded(sign_off if digest.sign_off is None else digest.sign_off, said))]
    told = [_told(story, digest.parts) for story in stories]
    return Draft(
        language=language,
        title=worded(digest.title, said | {"date": _date(local.date(), language, "long")}),
        opening=_said(opening),
        stories=tuple(
            _led(story, transitions[(number - 1) % len(transitions)] if transitions and number else "")
            for number, story in enumerate(story for story in told if story.lead or story.pieces)
        ),
        closing=_said(closing),
    )


def fit(drafted: Draft, seconds: Callable[[Script], float], budget_s: float) -> Script:
    """Return the script that lasts `budget_s` at most by `seconds`: the beginnings of as many stories as there is time
    for, in order, then a piece more of each in turn. The first story's beginning is in it however long it is.
    """
    counts: dict[int, int] = {}
    for number, story in enumerate(drafted.stories):
        wanted = counts | {number: min(1, len(story.pieces))}
        if not counts or seconds(script(drafted, wanted)) <= budget_s:
            counts = wanted
    growing = list(counts)
    while growing:
        for number in tuple(growing):
            wanted = counts | {number: counts[number] + 1}
            if wanted[number] > len(drafted.stories[number].pieces) or seconds(script(drafted, wanted)) > budget_s:
                growing.remove(number)
            else:
                counts = wanted
    return script(drafted, counts)


def script(drafted: Draft, counts: Mapping[int, int] | None = None) -> Script:
    """Return the script with so many pieces of each story, by its number; None: all of all."""
    if counts is None:
        counts = {number: len(story.pieces) for number, story in enumerate(drafted.stories)}
    told = [(drafted.stories[number], counts[number]) for number in sorted(counts)]
    last = told[-1][0].article.ref
    segments = list(drafted.opening)
    for story, count in told:
        segments += [*story.lead, *(segment for piece in story.pieces[:count] for segment in piece)]
    segments += [_ours(last, part.role, part.written, part) for part in drafted.closing]
    return Script(
        language=drafted.language,
        title=drafted.title,
        articles=tuple(story.article for story, _ in told),
        segments=tuple(segments),
        dropped=(),
    )


def card(written: Script, show: Show) -> Card:
    """Return what lists show of a digest: its headlines."""
    return Card(
        title=written.title,
        summary=" · ".join(_titled(article, written) for article in written.articles),
        byline=None,
        link=show.link or None,
        language=written.language,
        disclosure=show.disclosure,
        words=written.words,
    )


def _titled(article: ScriptArticle, written: Script) -> str:
    """Return a story's headline, marked where a model's summary is read of it."""
    if not any(part.role is Role.SUMMARY and part.article == article.ref for part in written.heard):
        return article.title
    return f"{article.title} ({SUMMARISED.get(tongue(written.language), SUMMARISED['en']).rstrip('.')})"


def _told(story: Story, parts: Parts) -> Told:
    lead = tuple(part for part in story.segments if part.role is Role.HEADLINE)[:1] if parts.headline else ()
    if story.summary is not None:
        return Told(story.article, lead, (_summarised(story.article.ref, story.summary, story.language),))
    return Told(story.article, lead, tuple(_pieces(story.segments, parts)))


def _summarised(ref: str, summary: str, language: str) -> tuple[Segment, ...]:
    """Return a summary as one piece with what is said before it: neither is read without the other."""
    notice = SUMMARISED.get(tongue(language), SUMMARISED["en"])
    return _ours(ref, Role.DISCLOSURE, notice), _ours(ref, Role.SUMMARY, summary)


def _pieces(segments: Sequence[Segment], parts: Parts) -> list[tuple[Segment, ...]]:
    body = [part for part in segments if part.role in _KEY | _TEXT | {Role.HEADING, Role.LIST_ITEM, Role.TABLE}]
    above = list(takewhile(lambda part: part.role not in _KEY, body))
    points = tuple(takewhile(lambda part: part.role in _KEY, body[len(above) :]))
    below = body[len(above) + len(points) :] if points else body
    found: list[tuple[Segment, ...]] = []
    if points and parts.standfirst:
        found += [(part,) for part in above if part.role in _TEXT]
    if points and parts.key_points:
        found.append(points)
    return [*found, *((part,) for part in _first_paragraphs(below, parts.first_paragraphs))]


def _first_paragraphs(body: list[Segment], most: int) -> list[Segment]:
    """Return the paragraphs and quotations before anything else comes; a heading may stand above them all."""
    begun = body[1:] if body and body[0].role is Role.HEADING else body
    found = list(takewhile(lambda part: part.role in _TEXT, begun))[:most]
    while found and found[-1].written.rstrip().endswith(":"):
        # It leads to what is not read.
        found.pop()
    return found


def _led(story: Told, transition: str) -> Told:
    lead = _said([_ours(story.article.ref, Role.TRANSITION, transition)])
    return Told(story.article, (*lead, *story.lead), story.pieces)


def _ours(ref: str, role: Role, text: str, as_said: Segment | None = None) -> Segment:
    """Return our own words beside a story; spoken as they were elsewhere."""
    found = Segment(id=segment_id(ref, role, text, 0), article=ref, role=role, written=text, spoken=text)
    return found.model_copy(update={"spoken": as_said.spoken, "spans": as_said.spans}) if as_said else found


def _said(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    return tuple(segment for segment in segments if segment.written.strip())


def _date(day: date, language: str, form: str = "full") -> str:
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    # Some locales use spaces of odd widths.
    return _YEAR_MARK.sub("", " ".join(format_date(day, form, locale=locale).split())).rstrip(".")
