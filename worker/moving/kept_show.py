"""(Another host's podcast) -> the show that takes it over. Pure; what cannot be kept is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from briefing.podcasts.categories import MOST_CATEGORIES, MOST_LETTERS, known, parts
from briefing.podcasts.show import FREQUENCY_LETTERS, Show

if TYPE_CHECKING:
    from worker.moving.podcast import OldPodcast

#: Texts that are taken, and letters of one: each page of the feed has them all.
_MOST_TXT, _TXT_LETTERS = 20, 4000

#: Letters of an e-mail address (RFC 5321, 4.5.3.1.3).
_MAIL_LETTERS = 254


def kept_show(podcast: OldPodcast, slug: str, artwork: str | None, new_feed: str) -> tuple[Show, list[str]]:
    """Return the show `slug` as the podcast's feed has it, and what of that it cannot have, in words.

    `artwork` is a file, None for none; `new_feed` the address that apps are to go to.
    """
    warnings: list[str] = []
    show = Show(
        slug=slug,
        title=podcast.title or slug,
        description=podcast.description,
        author=podcast.author,
        link=podcast.link,
        language=podcast.language,
        categories=_categories(podcast, warnings),
        explicit=podcast.explicit,
        type=podcast.order,
        owner_email=_owner(podcast, warnings),
        frequency=podcast.frequency[:FREQUENCY_LETTERS],
        frequency_rule=_rule(podcast, warnings),
        txt=_txt(podcast, warnings),
        artwork=artwork,
        new_feed=new_feed,
    )
    return show, warnings


def _categories(podcast: OldPodcast, warnings: list[str]) -> tuple[str, ...]:
    """Return those that a show may have, of the first MOST_CATEGORIES; in place of an unknown one that above it, if
    that is known.
    """
    found: list[str] = []
    # Whatever the feed has: each may be told of.
    if len(podcast.categories) > MOST_CATEGORIES:
        warnings.append(f"of its {len(podcast.categories)} categories the first {MOST_CATEGORIES} are read")
    for written in podcast.categories[:MOST_CATEGORIES]:
        kept = known(written)
        if kept is None:
            kept = known(parts(written)[0])
            instead = f"{kept!r} is taken" if kept else "it is left out"
            warnings.append(f"the category {written[:MOST_LETTERS]!r} is none of Apple's: {instead}")
        if kept and kept not in found:
            found.append(kept)
    return tuple(found)


def _owner(podcast: OldPodcast, warnings: list[str]) -> str:
    """Return the owner's e-mail address if it is one, else nothing."""
    mail = podcast.owner_email
    try:
        if len(mail) <= _MAIL_LETTERS:
            return Show(slug="x", title="x", owner_email=mail).owner_email
    except ValidationError:
        pass
    warnings.append(f"the owner's e-mail address {mail[:_MAIL_LETTERS]!r} is none: nobody is named")
    return ""


def _rule(podcast: OldPodcast, warnings: list[str]) -> str:
    """Return how often there is something new as a rule, if that is one, else nothing."""
    rule = podcast.frequency_rule
    try:
        return Show(slug="x", title="x", frequency_rule=rule).frequency_rule
    except ValidationError:
        warnings.append(f"the frequency {rule[:FREQUENCY_LETTERS]!r} is no recurrence rule: it is left out")
        return ""


def _txt(podcast: OldPodcast, warnings: list[str]) -> dict[str, str]:
    """Return the feed's free texts by purpose, of each the first."""
    found: dict[str, str] = {}
    for purpose, text in podcast.txt:
        if not purpose or purpose in found or len(found) == _MOST_TXT or len(text) > _TXT_LETTERS:
            warnings.append(f"the podcast:txt {text[:60]!r} is left out: a show has one of each purpose")
        else:
            found[purpose] = text
    return found
