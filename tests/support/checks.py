"""What must be true of every published MP3, checked as a client would: bytes, sound, tags, headers, feed."""

from __future__ import annotations

import io
import json

import c2pa
import feedparser
import pytest
from mutagen.id3 import ID3

from tests.support.audio import joined
from worker.sound.files import decoded
from worker.sound.loudness import measure

DISCLOSURE = "This audio is created with AI assistance."


def check_mp3(path, *, title, duration_s):
    """Check an MP3 file's sound and tags; return its decoded length in seconds."""
    heard = joined(decoded(path, 44_100))
    measured = measure([heard], 44_100, true_peak=True)
    assert measured.integrated_lufs == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak_dbtp <= -1.0
    assert len(heard) / 44_100 == pytest.approx(duration_s, abs=0.05)
    tags = ID3(path)
    assert tags.version == (2, 4, 0)
    assert str(tags["TIT2"]) == title
    assert all(str(tags[name]) for name in ("TPE1", "TALB", "TDRC"))
    assert str(tags["TLAN"]) == "eng"
    assert [str(comment) for comment in tags.getall("COMM")] == [DISCLOSURE]
    assert tags.getall("APIC")[0].mime == "image/jpeg"
    check_credentials(path, title=title, samples=len(heard))
    return len(heard) / 44_100


def check_credentials(path, *, title, samples):
    """Check that an MP3 says itself, provably, that a machine speaks, from which text, and where."""
    with c2pa.Reader(str(path)) as reader:
        found = json.loads(reader.json())
    failures = found["validation_results"]["activeManifest"]["failure"]
    assert [failure["code"] for failure in failures] == ["signingCredential.untrusted"], "a development key is no more"
    manifest = found["manifests"][found["active_manifest"]]
    assert manifest["title"] == title
    said = {entry["label"]: entry["data"] for entry in manifest["assertions"]}
    (created,) = said["c2pa.actions.v2"]["actions"]
    assert created["digitalSourceType"].rpartition("/")[2] in {"compositeSynthetic", "trainedAlgorithmicMedia"}
    assert said["org.briefcast.narration"]["disclosure"] == DISCLOSURE
    assert said["org.briefcast.narration"]["articles"][0]["text_sha256"]
    spans = said["org.briefcast.timeline"]["spans"]
    assert {span["kind"] for span in spans} >= {"synthetic"}
    assert max(span["end"] for span in spans) <= samples == said["org.briefcast.timeline"]["samples"]


def check_published(client, briefing, tmp_path):
    """Check a live story of the sample newsroom through HTTP alone; return its audio JSON.

    `client` has a key; everything that readers fetch is fetched without.
    """
    source, article = briefing["articles"][0].split(":")
    live = briefing["live"]
    public = {"Authorization": ""}
    audio = client.get(f"/v1/articles/{source}/{article}/audio", headers=public).raise_for_status().json()
    assert audio["url"] == live["url"]
    assert audio["disclosure"] == DISCLOSURE

    whole = client.get(audio["url"], headers=public)
    assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "audio/mpeg", audio["bytes"])
    head = client.head(audio["url"], headers=public)
    assert (head.status_code, int(head.headers["content-length"]), head.content) == (200, audio["bytes"], b"")
    part = client.get(audio["url"], headers=public | {"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{audio['bytes']}"
    assert client.get(audio["url"], headers=public | {"If-None-Match": whole.headers["etag"]}).status_code == 304
    alias = client.get(f"/articles/{source}/{article}.mp3", headers=public)
    assert (alias.status_code, alias.headers["location"]) == (302, audio["url"])

    path = tmp_path / "heard.mp3"
    path.write_bytes(whole.content)
    heard_s = check_mp3(path, title=audio["title"], duration_s=audio["duration_s"])
    script = client.get(briefing["links"]["script"]).raise_for_status().json()
    assert script["duration_s"] == pytest.approx(heard_s, abs=0.05)
    times = [time for segment in script["segments"] for time in (segment["start_s"], segment["end_s"])]
    assert times == sorted(times)
    assert 0 < times[0] < 2.5, "the headline begins within 2.5 seconds, over the jingle"
    assert times[-1] < heard_s
    roles = [segment["role"] for segment in script["segments"]]
    assert roles[0] == "headline"
    assert roles.index("disclosure") < roles.index("body")

    feed = client.get(f"/shows/{briefing['show']}/feed.xml", headers=public)
    parsed = feedparser.parse(io.BytesIO(feed.content))
    assert not parsed.bozo
    (entry,) = [entry for entry in parsed.entries if entry.title == audio["title"]]
    assert (entry.enclosures[0].href, int(entry.enclosures[0].length)) == (audio["url"], audio["bytes"])
    assert int(entry.itunes_duration) == round(heard_s)
    assert DISCLOSURE in entry.summary
    assert (
        client.get(
            f"/shows/{briefing['show']}/feed.xml", headers=public | {"If-None-Match": feed.headers["etag"]}
        ).status_code
        == 304
    )
    return audio
