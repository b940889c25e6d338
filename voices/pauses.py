"""Signs that espeak passes over -> signs at which it has a voice pause. Pure; for engines that are given its phonemes.

It reads "waited… Nobody" as one word, and hears nothing in "bridge—built", "--" and brackets.
"""

from __future__ import annotations

import re

_ELLIPSIS = re.compile(r"\s*(?:…|\.{3,}|\.(?:\s\.){2,})+(?P<stop>[.,;:!?])?")

#: Behind an ellipsis: closing quotation marks or brackets, and nothing more, or white space and a capital.
_ENDS = re.compile(r"[\"'”’»)\]]*(?:\s*$|\s+[\"'“‘„«(\[]*(?P<first>\w))")

#: Dashes that stand between two words without space on both sides.
_DASH = re.compile(r"(?<=[\w\"'”’)»!?.,])(?:\s?(?:—|--+)|(?:—|--+)\s?)(?=[\w\"'“‘(«”’»])")

#: A bracket of its own, unlike that of "letter(s)", and whether the sentence goes on behind it.
_BRACKET = re.compile(r"(?<=\w)\s(?P<inside>\(\w[^()]*\))(?P<on>(?=\s\w))?")


def paused(text: str) -> str:
    """Return `text` with a full stop, a comma or a spaced dash where it is to pause."""
    text = _ELLIPSIS.sub(_stopped, text)
    text = _DASH.sub(" — ", text)
    return _BRACKET.sub(lambda match: f", {match['inside']}{'' if match['on'] is None else ','}", text)


def _stopped(match: re.Match[str]) -> str:
    if match["stop"]:
        return match["stop"]
    text, end = match.string, match.end()
    if not match.start() or not any(mark.isalnum() for mark in text[: match.start()]):
        return ""
    ends = _ENDS.match(text, end)
    if ends and (ends["first"] is None or ends["first"].isupper()):
        return "."
    return "," if text[end : end + 1].isspace() or ends else ", "
