"""What a message says: plain text, Slack's, and JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of a reason; what sites answer may be long.
_MOST = 400


@dataclass(frozen=True)
class Notice:
    """A briefing that failed or is held."""

    briefing: str
    revision: int
    state: str
    """failed or held."""
    title: str
    show: str
    code: str
    message: str
    hint: str
    heard: bool
    """Whether an earlier revision is live."""
    address: str
    """Of its page at the desk."""
    links: Mapping[str, str] = field(default_factory=dict)
    """What can be done about it without signing in: a link's address by its action."""
    links_end_at: str | None = None
    """Until when, as ISO 8601 has it; None without links."""


#: What a link does, on it.
_WORDS = {"listen": "Listen", "fix": "Fix a word", "respeak": "Speak a part anew", "withdraw": "Withdraw it"}


def subject(notices: tuple[Notice, ...], more: int) -> str:
    """Return a message's subject, in one line."""
    number = len(notices) + more
    if number == 1:
        return _line(f"{notices[0].title}: {notices[0].state}", 150)
    failed = sum(one.state == "failed" for one in notices)
    counted = [f"{failed} failed"] * bool(failed) + [f"{len(notices) - failed} held"] * (failed < len(notices))
    return f"{number} briefings want an editor: {', '.join(counted)}{f', {more} more' if more else ''}"


def text(notices: tuple[Notice, ...], more: int) -> str:
    """Return a message's text."""
    parts = [
        "\n".join(
            line
            for line in (
                f"{_line(one.title)} ({one.show})",
                f"  {_said(one)}",
                f"  {_line(one.hint)}" if one.hint else "",
                "  What was published before stays live." if one.heard and one.state == "failed" else "",
                f"  {one.address}",
                *_links(one),
            )
            if line
        )
        for one in notices
    ]
    return "\n\n".join([*parts, *([f"and {more} more: {_desk(notices)}"] if more else [])]) + "\n"


def slack(notices: tuple[Notice, ...], more: int) -> dict[str, object]:
    """Return a message as Slack's incoming webhooks take it. What others wrote is no markup there."""
    named = [_quoted(_line(one.title, 150)).replace("|", "¦") for one in notices]
    lines = [
        f"<{one.address}|{title}> ({_quoted(one.show)}): {_quoted(_said(one))}{_buttons(one)}"
        for one, title in zip(notices, named, strict=True)
    ]
    return {
        # No pictures of where links lead: they open something.
        "unfurl_links": False,
        "text": "\n".join(
            [_quoted(subject(notices, more)), *lines, *([f"and <{_desk(notices)}|{more} more>"] if more else [])]
        ),
    }


def data(notices: tuple[Notice, ...], more: int) -> dict[str, object]:
    """Return what the webhook carries."""
    return {"notices": [vars(one) for one in notices], "more": more}


def _links(one: Notice) -> list[str]:
    """Return the lines of a mail that say what can be done at once."""
    if not one.links:
        return []
    lines = [f"    {_WORDS.get(action, action)}: {address}" for action, address in one.links.items()]
    return [f"  For you alone, without signing in, until {one.links_end_at}:", *lines]


def _buttons(one: Notice) -> str:
    """Return the same for a chat."""
    parts = [f"<{address}|{_WORDS.get(action, action)}>" for action, address in one.links.items()]
    return f"\n    {' · '.join(parts)}" if parts else ""


def _desk(notices: tuple[Notice, ...]) -> str:
    """Return the address of the desk's first page, where all that wants an editor is listed."""
    return notices[0].address.rpartition("/briefings/")[0]


def _said(one: Notice) -> str:
    if one.state == "held" and not one.code:
        return "is finished and waits for an editor"
    return f"{'is held' if one.state == 'held' else one.state}: {_line(one.message)} [{one.code}]"


def _line(text_: str, most: int = _MOST) -> str:
    """Return a text in one line, without what steers a terminal or a mail's head."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text_).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _quoted(text_: str) -> str:
    return text_.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
