"""What is wrong with a summary, beside its article: numbers, names, quotations, form. Pure.

Strict on purpose: what cannot be found in the article as it is written there is refused, since a digest has the
story's own beginning to fall back on. What these checks cannot see, such as a "not" that was dropped or who did
what to whom, is for the editor who approves it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from babel import Locale, UnknownLocaleError

from briefing.digesting.summary_words import CALENDAR, NUMBERS, SMALL, tongue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Characters of a summary: half a minute.
MOST_CHARACTERS = 500

#: Reasons that are told of one summary.
_MOST_REASONS = 12

#: Words after a number among which the one that follows it in the summary is looked for.
_NEAR = 3

_Kind = Literal["number", "word", "space", "mark"]

_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:/]\d+)*)|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*'?)|(?P<space>\s+)|(?P<mark>.)", re.DOTALL
)
_LIKE = str.maketrans(
    "’ʼ`´‘‛“”„‟«»‚‹›‐‑‒–—−\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}",
    "''''''" + '"""""""' + "''" + "------" + "   ",
)
_MONEY = frozenset("$€£¥₴₽₹")
_RATES = frozenset("%‰°")
_ENDS = frozenset(".!?…")

#: What no plain sentence holds: markup, lists, addresses, what cannot be seen.
_MARKUP = re.compile(r"[<>{}\[\]*_#|\\^~=`•]|&\w+;|^\s*(?:-|\d+[.)])\s", re.MULTILINE)
_ADDRESS = re.compile(r"\w@\w|://|\bwww\.|\b[\w-]+\.(?:com|org|net|info|io|ru|ua|example)\b", re.IGNORECASE)
_OPENING, _CLOSING = "“„«‹‘", {"“": "”", "„": "“”", "«": "»", "‹": "›", "‘": "’"}


class _Token(NamedTuple):
    kind: _Kind
    text: str


class _Figure(NamedTuple):
    """A number with what belongs to it, and the words that follow in its sentence."""

    text: str
    after: tuple[str, ...]


def faults(summary: str, article: str, language: str) -> tuple[str, ...]:
    """Return why a summary of `article` must not be read, in plain words; nothing where these checks find nothing.

    `language` is the article's, one of those that `is_checked`.
    """
    if not is_checked(language):
        return (f"summaries are not checked in the language {language!r}",)
    if unseen := tuple(_form(summary)):
        return unseen
    said, there = _tokens(summary), _tokens(article)
    found = [*_figures_missing(said, there, language), *_names_missing(said, there, language)]
    found += _dates_missing(said, there, language)
    found += _quotes_missing(summary, article)
    return tuple(dict.fromkeys(found))[:_MOST_REASONS]


def is_checked(language: str) -> bool:
    """Tell whether there are words to check summaries of that language by."""
    return tongue(language) in NUMBERS


def _form(summary: str) -> Iterator[str]:
    if not summary.strip():
        yield "it says nothing"
        return
    if len(summary) > MOST_CHARACTERS:
        yield f"it is longer than {MOST_CHARACTERS} characters"
    if len(summary.strip().splitlines()) > 1:
        yield "it has several lines, and is to be one paragraph"
    if any(unicodedata.category(sign)[0] == "C" for sign in summary.strip() if sign not in "\n\r"):
        yield "it holds characters that cannot be seen"
    if _MARKUP.search(summary):
        yield "it holds markup or a list, and is to be plain sentences"
    if _ADDRESS.search(summary):
        yield "it holds an address"
    if any(unicodedata.category(sign) == "Lo" for sign in summary):
        yield "it is in a script without capitals, in which names cannot be told"
    if summary.strip().rstrip("\"'”’»“)")[-1:] not in _ENDS:
        yield "its last sentence has no end"


def _tokens(text: str) -> list[_Token]:
    plain = unicodedata.normalize("NFC", text).translate(_LIKE)
    found: list[_Token] = []
    for match in _TOKEN.finditer(plain):
        kind, word = match.lastgroup, match[0]
        if kind == "word":
            found.append(_Token("word", word.removesuffix("'").removesuffix("'s").removesuffix("'S")))
        elif kind in {"number", "space"}:
            found.append(_Token("number" if kind == "number" else "space", word if kind == "number" else " "))
        else:
            found.append(_Token("mark", word))
    return found


def _is_number(token: _Token, language: str) -> bool:
    if token.kind == "number":
        return True
    # Digits of other scripts, fractions and numerals that are one sign: ½, Ⅳ, ².
    if any(unicodedata.category(sign) in {"No", "Nl"} for sign in token.text):
        return True
    return token.kind == "word" and token.text.lower() in NUMBERS[tongue(language)]


def _figures(tokens: Sequence[_Token], language: str) -> Iterator[_Figure]:
    """Yield the numbers: neighbours are one ("twenty-four", "3 million"), with sign, currency and what is fastened."""
    at = 0
    while at < len(tokens):
        if not _is_number(tokens[at], language):
            at += 1
            continue
        first = at
        at += 1
        while at < len(tokens):
            if _is_number(tokens[at], language):
                at += 1
            elif (
                at + 1 < len(tokens)
                and (tokens[at].kind == "space" or tokens[at].text == "-")
                and _is_number(tokens[at + 1], language)
            ):
                at += 2
            else:
                break
        text = "".join(token.text.lower() for token in tokens[first:at])
        before = first
        while before and (tokens[before - 1].text in _MONEY or tokens[before - 1].text in {"-", "+"}):
            before -= 1
            if tokens[before].text in {"-", "+"} and before and tokens[before - 1].kind != "space":
                # A hyphen, as in COVID-19.
                before += 1
                break
        text = "".join(token.text for token in tokens[before:first]) + text
        # What is fastened to it: 300K, 20th, 5%; a sign may stand apart.
        rest = at
        if rest < len(tokens) and tokens[rest].kind == "word":
            text, rest = text + tokens[rest].text.lower(), rest + 1
        apart = rest + 1 if rest < len(tokens) and tokens[rest].kind == "space" else rest
        if apart < len(tokens) and tokens[apart].text in _MONEY | _RATES:
            text, rest = text + tokens[apart].text, apart + 1
        at = max(at, rest)
        yield _Figure(text, tuple(_following(tokens, rest)))


def _following(tokens: Sequence[_Token], at: int) -> Iterator[str]:
    """Yield the words that follow, until a mark ends them."""
    words = 0
    for token in tokens[at:]:
        if token.kind == "word":
            yield token.text.lower()
            words += 1
        elif token.kind != "space" and token.text != "-":
            return
        if words == _NEAR:
            return


def _figures_missing(said: Sequence[_Token], there: Sequence[_Token], language: str) -> Iterator[str]:
    known: dict[str, list[tuple[str, ...]]] = {}
    for figure in _figures(there, language):
        known.setdefault(figure.text, []).append(figure.after)
    small = SMALL[tongue(language)]
    for figure in _figures(said, language):
        after = figure.after[0] if figure.after else ""
        if figure.text not in known:
            yield f"the number “{figure.text}” is not in the article"
        elif after and after not in small and not any(after in words for words in known[figure.text]):
            yield f"the article does not say “{figure.text} {after}”"


def _is_capital(word: str) -> bool:
    return any(sign.isupper() or sign.istitle() for sign in word)


def _names_missing(said: Sequence[_Token], there: Sequence[_Token], language: str) -> Iterator[str]:
    """Yield the runs of capitalised words that the article does not have as they are. At a sentence's start a word
    may be one of the article's, or a small one, with a capital for the place alone.
    """
    words = [token.text for token in there if token.kind == "word"]
    lower, joined = {word.lower() for word in words if not _is_capital(word)}, _joined(there)
    for run, starts in _runs(said):
        first = run[0].lower()
        plain = starts and (run[0][1:].islower() or len(run[0]) == 1)
        may_be_plain = plain and (first in lower or first in SMALL[tongue(language)])
        if f" {' '.join(run)} " in joined:
            continue
        if may_be_plain and (len(run) == 1 or f" {' '.join(run[1:])} " in joined):
            continue
        yield (
            f"the name “{' '.join(run)}” is not in the article"
            if not starts or len(run) > 1
            else (f"the word “{run[0]}” is not in the article, and may be a name")
        )


def _runs(tokens: Sequence[_Token]) -> Iterator[tuple[list[str], bool]]:
    """Yield the runs of neighbouring capitalised words, each with whether it begins a sentence."""
    run: list[str] = []
    starts = begins = True
    for token in [*tokens, _Token("mark", ".")]:
        if token.kind == "word" and _is_capital(token.text):
            if not run:
                starts = begins
            run.append(token.text)
        elif token.kind == "space" or token.text == "-":
            continue
        elif run:
            yield run, starts
            run = []
        begins = token.kind == "mark" and (token.text in _ENDS or (begins and token.text in {'"', "'", "("}))


def _joined(tokens: Sequence[_Token]) -> str:
    """Return the words with a space around each, marks between them kept: what stands beside what."""
    return f" {' '.join(token.text for token in tokens if token.kind != 'space' and token.text != '-')} "


def _dates_missing(said: Sequence[_Token], there: Sequence[_Token], language: str) -> Iterator[str]:
    """Yield the months and weekdays, which many languages write small, that the article does not name."""
    calendar, words = _calendar(language), {token.text.lower() for token in there}
    for token in said:
        if token.text.lower() in calendar and token.text.lower() not in words:
            yield f"the article does not name “{token.text}”"


def _calendar(language: str) -> frozenset[str]:
    try:
        locale = Locale.parse(tongue(language))
    except (UnknownLocaleError, ValueError):
        return frozenset()
    lists = [names[context]["wide"] for names in (locale.months, locale.days) for context in ("format", "stand-alone")]
    listed = {str(name).lower().translate(_LIKE) for names in lists for name in names.values()}
    return CALENDAR.get(tongue(language), frozenset()) | listed


def _quotes_missing(summary: str, article: str) -> Iterator[str]:
    there = _as_words(article)
    for quoted in _quoted(summary):
        if quoted is None:
            yield "a quotation mark has no other"
        elif not _as_words(quoted) or _as_words(quoted) not in there:
            yield f"the quotation “{quoted[:80]}” is not in the article word for word"


def _quoted(text: str) -> Iterator[str | None]:
    """Yield what stands in quotation marks; None for a mark that is alone."""
    at = 0
    while at < len(text):
        sign, before = text[at], text[at - 1 : at]
        closing = _CLOSING.get(sign, sign if sign == '"' else "")
        if sign == "'" and not before.isalnum() and text[at + 1 : at + 2].isalnum():
            closing = "'"
        if sign == "’" and not before.isalnum() and text[at + 1 : at + 2].isalnum():
            closing = "’"
        if not closing:
            if sign in "”»›":
                yield None
            at += 1
            continue
        end = _end_of(text, at + 1, closing)
        yield text[at + 1 : end] if end is not None else None
        at = len(text) if end is None else end + 1


def _end_of(text: str, at: int, closing: str) -> int | None:
    for place in range(at, len(text)):
        if text[place] in closing and not (
            text[place] in "'’" and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
        ):
            return place
    return None


def _as_words(text: str) -> str:
    """Return a text with its signs in one form; a comma or full stop at its end may be the sentence's own."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_LIKE).split()).strip(" .,")
