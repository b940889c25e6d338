"""Apple's categories of podcasts, and what a show is filed under. Pure.

Knows names alone: which of them a feed may have, and which belong below which. Says nothing of elements.
"""

from __future__ import annotations

from difflib import get_close_matches
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

#: Where the names come from: Apple's list since 2019. Compared on 29 November 2026 with its copy of January 2021 at
#: witandwire.com/apple-podcast-categories; Apple's own page could not be looked at then.
SOURCE = "podcasters.apple.com/support/1691-apple-podcasts-categories"

#: What stands between a category and the one below it, as a show writes them.
BELOW = ">"

#: Categories of one show: more than any directory reads, and a bound on what another host's feed may bring.
MOST_CATEGORIES = 20

#: Letters of one, with what stands below it.
MOST_LETTERS = 100

#: Each category, and those below it.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "Health & Fitness": ("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    "History": (),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        "Animation & Manga",
        "Automotive",
        "Aviation",
        "Crafts",
        "Games",
        "Hobbies",
        "Home & Garden",
        "Video Games",
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        "Business News",
        "Daily News",
        "Entertainment News",
        "News Commentary",
        "Politics",
        "Sports News",
        "Tech News",
    ),
    "Religion & Spirituality": (
        "Buddhism",
        "Christianity",
        "Hinduism",
        "Islam",
        "Judaism",
        "Religion",
        "Spirituality",
    ),
    "Science": (
        "Astronomy",
        "Chemistry",
        "Earth Sciences",
        "Life Sciences",
        "Mathematics",
        "Natural Sciences",
        "Nature",
        "Physics",
        "Social Sciences",
    ),
    "Society & Culture": ("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    "Sports": (
        "Baseball",
        "Basketball",
        "Cricket",
        "Fantasy Sports",
        "Football",
        "Golf",
        "Hockey",
        "Rugby",
        "Running",
        "Soccer",
        "Swimming",
        "Tennis",
        "Volleyball",
        "Wilderness",
        "Wrestling",
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}

#: Every one as a show writes it.
WRITTEN = tuple(
    written for name, below in CATEGORIES.items() for written in (name, *(f"{name} {BELOW} {one}" for one in below))
)

_FOLDED = {written.casefold(): written for written in WRITTEN}


def parts(written: str) -> tuple[str, str]:
    """Return a category as written, such as "News > Politics", as its name and that of the one below it, or ""."""
    name, _, below = written.partition(BELOW)
    return name.strip(), below.strip()


def known(written: str) -> str | None:
    """Return a category as a show is to write it, whatever its case and spaces and whether an ampersand was escaped;
    None for what Apple's list does not have.
    """
    name, below = parts(" ".join(unescape(written).split()))
    return _FOLDED.get((f"{name} {BELOW} {below}" if below else name).casefold())


def nested(written: Iterable[str]) -> dict[str, list[str]]:
    """Return each category once, in the order given, with those below it that are named."""
    found: dict[str, list[str]] = {}
    for name, below in map(parts, written):
        belows = found.setdefault(name, [])
        if below and below not in belows:
            belows.append(below)
    return found


def first_said(given: dict[str, Any]) -> dict[str, Any]:
    """Return a show's fields with `category` saying the first category alone, without what is below it, and
    `categories` all of them: it is all that a worker of before `categories` knows to write.
    """
    category, categories = given.get("category"), given.get("categories")
    if isinstance(category, str) and BELOW in category and not categories:
        return given | {"category": parts(category)[0], "categories": [category]}
    if category is None and isinstance(categories, list | tuple) and categories and isinstance(categories[0], str):
        return given | {"category": parts(categories[0])[0]}
    return given


def fault(written: str) -> str | None:
    """Return what is wrong with a category that Apple's list does not have, with the nearest; None for one it has."""
    if written in WRITTEN:
        return None
    near = known(written) or next(iter(_near(written)), None)
    hint = f"is it {near!r}?" if near else f"take one of: {', '.join(CATEGORIES)}"
    return f"{written[:MOST_LETTERS]!r} is none of Apple's categories; {hint}"


def _near(written: str) -> list[str]:
    """Return what may be meant: one whose last part is this, or one that reads alike."""
    last = (parts(written)[1] or written).casefold()
    below = [one for one in WRITTEN if parts(one)[1].casefold() == last]
    return below or get_close_matches(written, WRITTEN, n=1)
