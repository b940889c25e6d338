"""What a message says: plain text, Slack's, and JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass

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
        f"<{one.address}|{title}> ({_quoted(one.show)}): {_quoted(_said(one))}"
        for one, title in zip(notices, named, strict=True)
    ]
    return {
        "text": "\n".join(
            [_quoted(subject(notices, more)), *lines, *([f"and <{_desk(notices)}|{more} more>"] if more else [])]
        )
    }


def data(notices: tuple[Notice, ...], more: int) -> dict[str, object]:
    """Return what the webhook carries."""
    return {"notices": [vars(one) for one in notices], "more": more}


def _desk(notices: tuple[Notice, ...]) -> str:
    """Return the address of the desk's first page, where all that wants an editor is listed."""
    return notices[0].address.rpartition("/briefings/")[0]


def _said(one: Notice) -> str:
    return (
        "is finished and waits for an editor" if one.state == "held" else f"failed: {_line(one.message)} [{one.code}]"
    )


def _line(text_: str, most: int = _MOST) -> str:
    """Return a text in one line, without what steers a terminal or a mail's head."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text_).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _quoted(text_: str) -> str:
    return text_.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
