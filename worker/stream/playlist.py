"""The HLS playlist of a stream, and its segments as HLS wants them (RFC 8216). Bytes and text; writes nothing.

An EVENT playlist of packed audio (section 3.4): MP3 frames behind an ID3 tag that says when they are heard. The frames
go on from one segment to the next without a break, so that there is no discontinuity to announce.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from mutagen.id3 import ID3, PRIV

from worker.stream.pieces import TARGET_S, seconds, segments

if TYPE_CHECKING:
    from worker.stream.pieces import Stream

#: Whose word the time stamp is (RFC 8216 3.4), its clock in hertz, and where that begins again.
_OWNER = "com.apple.streaming.transportStreamTimestamp"
_CLOCK_HZ = 90_000
_AROUND = 1 << 33


def playlist(stream: Stream) -> bytes:
    """Return the playlist of all that can be heard by now; players begin at its beginning."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{TARGET_S}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES",
    ]
    for start, end in segments(stream):
        lines += [f"#EXTINF:{seconds(end - start):.6f},", segment_name(start, end)]
    if stream.ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""]).encode()


def segment_name(start: int, end: int) -> str:
    """Return the name of the segment of the frames [start, end): other bounds, other bytes, another name."""
    return f"{start:07d}-{end:07d}.mp3"


def packed(frames: bytes, start: int) -> bytes:
    """Return MP3 frames, the first of which is number `start` of the programme, as a segment."""
    stamp = round(seconds(start) * _CLOCK_HZ) % _AROUND
    tags, file = ID3(), io.BytesIO()
    tags.add(PRIV(owner=_OWNER, data=stamp.to_bytes(8, "big")))
    tags.save(file, padding=lambda _: 0)
    return file.getvalue() + frames
