"""Byte ranges (RFC 9110, section 14): what a Range header asks of how many bytes, and the bodies that answer it.

Pure, but for the response that streams what the storage gives, a block at a time.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    Read = Callable[[int, int], AsyncIterator[bytes]]

#: Ranges of one request; one with more is answered whole. RFC 9110 14.2 lets a server do so.
_MOST_RANGES = 100

#: A Range of RFC 9110 14.1.2 in bytes; one that is not is to be ignored (14.2).
_RANGE = re.compile(r"\s*bytes\s*=\s*(?P<specs>(?:\d+-\d*|-\d+)(?:\s*,\s*(?:\d+-\d*|-\d+))*)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """Bytes from `start` up to `end`."""

    start: int
    end: int


def asked(header: str, size: int) -> list[Span] | None:
    """Return the spans that a Range header asks for of `size` bytes, in order and joined where they overlap; None for a
    header that is to be ignored, nothing when none of it can be given.
    """
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    pairs = [spec.strip().partition("-")[::2] for spec in match["specs"].split(",")]
    if len(pairs) > _MOST_RANGES or any(first and last and _number(first) > _number(last) for first, last in pairs):
        return None
    spans = sorted((_span(first, last, size) for first, last in pairs), key=lambda span: span.start)
    joined: list[Span] = []
    for span in spans:
        if span.start >= span.end:
            continue
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _number(digits: str) -> int:
    # Longer ones are beyond the end of anything, and Python refuses to read thousands of digits.
    told = digits.lstrip("0")
    return int(told or "0") if len(told) <= 18 else 10**18  # noqa: PLR2004


def _span(first: str, last: str, size: int) -> Span:
    if not first:
        return Span(max(0, size - _number(last)), size)
    return Span(_number(first), min(size, _number(last) + 1) if last else size)


class _Begun(StreamingResponse):
    """A stream that says 200 or 206 only once its first bytes are there: a file that has gone, since it was looked for,
    is a 404, and a bucket that does not answer a 503, not an answer cut off.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send."""
        blocks = aiter(self.body_iterator)
        try:
            first = [await anext(blocks)]
        except StopAsyncIteration:
            first = []
        except FileNotFoundError:
            raise Problem("not_found", "there is no such audio any more") from None

        async def whole() -> AsyncIterator[Any]:
            for block in first:
                yield block
            async for block in blocks:
                yield block

        self.body_iterator = whole()
        await super().__call__(scope, receive, send)


def streamed(
    read: Read, size: int, spans: Sequence[Span], headers: Mapping[str, str], media_type: str
) -> StreamingResponse:
    """Return the answer with the bytes that `read` gives: all of them, or the spans, several of them in parts."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    if not spans:
        headers["Content-Length"] = str(size)
        return _Begun(read(0, size), headers=headers, media_type=media_type)
    if len(spans) == 1:
        (span,) = spans
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
        headers["Content-Length"] = str(span.end - span.start)
        return _Begun(read(span.start, span.end), 206, headers, media_type)
    boundary = secrets.token_hex(13)
    heads = [_head(span, size, boundary, media_type) for span in spans]
    tail = f"--{boundary}--".encode()
    length = sum(len(head) + span.end - span.start + 2 for head, span in zip(heads, spans, strict=True)) + len(tail)
    headers["Content-Length"] = str(length)

    async def parts() -> AsyncIterator[bytes]:
        for head, span in zip(heads, spans, strict=True):
            # Together with the bytes it is the head of, so that nothing is sent before there are any.
            before = head
            async for block in read(span.start, span.end):
                yield before + block
                before = b""
            yield before + b"\r\n"
        yield tail

    return _Begun(parts(), 206, headers, f"multipart/byteranges; boundary={boundary}")


def _head(span: Span, size: int, boundary: str, media_type: str) -> bytes:
    lines = (
        f"--{boundary}",
        f"Content-Type: {media_type}",
        f"Content-Range: bytes {span.start}-{span.end - 1}/{size}",
        "",
        "",
    )
    return "\r\n".join(lines).encode()
