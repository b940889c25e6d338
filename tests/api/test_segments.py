"""Editors' work on segments over HTTP: see, hear, change, settle, compare, go back."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import httpx
import pytest
import soundfile

from briefing.models import BriefingRow, RevisionRow
from briefing.script import Role, segment_id
from tests.support import ready_made
from tests.support.client import make_key
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.upkeep import retention

CREWS = "Crews had stopped work for four days over unpaid overtime."
REWRITTEN = "Crews had stopped work for five days over unpaid overtime and rosters."
JSON = {"Content-Type": "application/json"}
SEGMENT = segment_id("desk:ferry", Role.BODY, CREWS, 0)


@pytest.fixture
def place(tmp_path):
    ready_made.lay(tmp_path)
    place = make_place(tmp_path)
    yield place
    place.database.dispose()


@pytest.fixture
def path(place):
    """Path of a story that is live."""
    return f"/v1/briefings/{briefing_of(place, 'desk:ferry')}"


def briefing_of(place, article):
    with place.database.reading() as session:
        return next(row.id for row in session.query(BriefingRow) if row.articles == [article])


def segments(client, path, **query):
    answer = client.get(f"{path}/segments", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def one(client, path, segment=SEGMENT, **query):
    return next(part for part in segments(client, path, **query)["segments"] if part["id"] == segment)


def change(client, path, segment=SEGMENT, *, headers=None, **body):
    return client.put(f"{path}/segments/{segment}", content=json.dumps(body), headers=JSON | (headers or {}))


def seconds(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac"), answer.text
    return soundfile.info(io.BytesIO(answer.content)).duration


def test_a_segment_is_seen_heard_changed_and_restored(client, path, place):
    # Given a live story / Then each part of it can be heard alone
    seen = segments(client, path)
    assert (seen["revision"], seen["state"], seen["conflicts"]) == (1, "live", [])
    assert [part["role"] for part in seen["segments"]] == ["headline", "disclosure", "body", "body", "body"]
    before = one(client, path)
    assert (before["written"], before["spoken"], before["voice"], before["override"]) == (CREWS, CREWS, "silence", None)
    (address,) = before["takes"]
    assert seconds(client, address) == pytest.approx(before["end_s"] - before["start_s"], abs=0.01)
    # A browser's element asks for parts of it; a stranger gets none
    assert client.get(address, headers={"Range": "bytes=0-3"}).content == b"fLaC"
    assert client.head(address).headers["cache-control"] == "private, max-age=300"
    assert httpx.get(address, trust_env=False, timeout=60).status_code == 401
    # When its words are changed / Then a revision is made of that alone
    answer = change(client, path, spoken="The crews\r\n were out.", note="a long one")
    assert (answer.status_code, answer.json()["revision"]["number"]) == (202, 2)
    assert answer.headers["Location"].endswith(path)
    assert one(client, path)["override"]["spoken"] == "The crews were out.", "also before it is made"
    work_off(place)
    after = one(client, path)
    assert (after["spoken"], after["edited"], after["omitted"]) == ("The crews were out.", True, False)
    override = after["override"]
    assert (override["note"], override["changed_by"], override["voice"]) == ("a long one", "tests", None)
    assert datetime.fromisoformat(override["changed_at"]).tzinfo is not None
    assert seconds(client, after["takes"][0]) < seconds(client, before["takes"][0])
    assert client.get(path).json()["revision"]["takes_reused"] == 4
    # And the earlier revision is as it was
    assert one(client, path, revision=1)["takes"] == before["takes"]
    # When it is left out / Then it has nothing to hear, and its place is shown
    assert change(client, path, omitted=True, seen=override["stamp"]).status_code == 202
    work_off(place)
    left_out = one(client, path)
    assert (left_out["omitted"], left_out["takes"], left_out["start_s"]) == (True, [], None)
    # And taken back
    assert client.delete(f"{path}/segments/{SEGMENT}").status_code == 202
    work_off(place)
    assert one(client, path)["takes"] == [before["takes"][0].replace("revision=1", "revision=4")]
    told = client.get("/v1/audit", params={"action": "override"}).json()["entries"]
    assert [entry["detail"] for entry in told] == [
        f"{SEGMENT} taken back", f"{SEGMENT} omitted", f"{SEGMENT} spoken",
    ]  # fmt: skip
    assert [entry["revision"] for entry in told] == [4, 3, 2]


def test_a_change_is_recorded_once_and_what_is_wrong_with_it_is_said(client, path):
    keyed = {"Idempotency-Key": "edit-1"}
    numbers = [change(client, path, headers=keyed, omitted=True).json()["revision"]["number"] for _ in range(3)]
    assert numbers == [2, 2, 2]
    assert change(client, path, headers=keyed, spoken="No.").json()["code"] == "idempotency_key_reused"
    said = segments(client, path)["segments"][1]["id"]
    for segment, body, code, status in (
        (SEGMENT, {"spoken": "\u200b"}, "spoken_empty", 422),
        (SEGMENT, {"spoken": "x" * 20_001}, "invalid_request", 422),
        (SEGMENT, {"spoken": "\ud800"}, "invalid_request", 422),
        (SEGMENT, {"speken": "Typo."}, "invalid_request", 422),
        (SEGMENT, {}, "override_refused", 422),
        (SEGMENT, {"voice": "nobody"}, "unknown_voice", 422),
        (SEGMENT, {"spoken": "Mine.", "seen": ""}, "override_changed", 409),
        (said, {"omitted": True}, "disclosure_kept", 422),
        ("0" * 16, {"omitted": True}, "unknown_segment", 422),
    ):
        answer = change(client, path, segment, **body)
        assert (answer.json()["code"], answer.status_code) == (code, status), body
    assert client.delete(f"{path}/segments/{said}").json()["code"] == "no_override"
    assert client.get(f"{path}/segments", params={"revision": 9}).json()["code"] == "unknown_revision"
    assert client.get(f"{path}/takes/{'0' * 64}").json()["code"] == "no_take"
    nowhere = "/v1/briefings/0123456789abcdef"
    assert change(client, nowhere, omitted=True).json()["code"] == "unknown_briefing"
    assert client.get(f"{nowhere}/segments").json()["code"] == "unknown_briefing"
    assert client.get(path).json()["revision"]["number"] == 2


def test_who_may_what(client, path, place):
    for scope, allowed in (("read", 0), ("generate", 1), ("publish", 2)):
        headers = {"Authorization": f"Bearer {make_key(place, scope)}"}
        answers = [
            change(client, path, headers=headers, omitted=True),
            client.post(f"{path}/rollback", json={"revision": 1}, headers=headers),
        ]
        codes = [answer.status_code for answer in answers]
        assert codes == [[403, 403], [202, 403], [403, 409]][allowed], scope


def test_a_conflict_is_shown_and_settled(client, path, place, tmp_path):
    change(client, path, spoken="The crews were out.")
    work_off(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace(CREWS, REWRITTEN))
    client.post(f"{path}/regenerate")
    work_off(place)
    # Then the editor sees both, and listeners hear what they heard
    status = client.get(path).json()
    assert (status["state"], status["revision"]["error"]["code"], status["live"]["revision"]) == (
        "held", "override_conflict", 2,
    )  # fmt: skip
    (conflict,) = segments(client, path)["conflicts"]
    assert (conflict["segment"], conflict["written"], conflict["spoken"]) == (SEGMENT, CREWS, "The crews were out.")
    assert (conflict["new"]["written"], conflict["new"]["spoken"]) == (REWRITTEN, REWRITTEN)
    assert client.post(f"{path}/publish").json()["code"] == "override_conflict"
    # When it is kept / Then it goes on
    settle = f"{path}/conflicts/{SEGMENT}"
    assert client.post(settle, json={"resolution": "perhaps"}).json()["code"] == "invalid_request"
    assert client.post(settle, json={"resolution": "keep"}).status_code == 202
    assert client.post(settle, json={"resolution": "drop"}).json()["code"] == "no_conflict"
    work_off(place)
    assert client.get(path).json()["live"]["revision"] == 4
    assert one(client, path, conflict["new"]["segment"])["spoken"] == "The crews were out."
    told = client.get("/v1/audit", params={"action": "settle"}).json()["entries"]
    assert [entry["detail"] for entry in told] == [f"{SEGMENT} keep"]


def test_two_revisions_are_compared_in_text_and_sound(client, path, place, tmp_path):
    text = ARTICLE.replace(CREWS, REWRITTEN).replace("Both sides are to meet again on Nov. 20.\n", "It rained.\n")
    (tmp_path / "articles" / "ferry.md").write_text(text)
    ferry = segments(client, path)["segments"][2]["id"]
    client.post(f"{path}/regenerate", json={"segments": [ferry]})
    work_off(place)
    told = client.get(f"{path}/compare", params={"from": 1, "to": 2}).json()
    assert (told["before"], told["after"], told["let_go"]) == (1, 2, [])
    pairs = told["segments"]
    assert [pair["change"] for pair in pairs] == ["unchanged", "unchanged", "sound", "text", "removed", "added"]
    sound, rewritten, removed, added = pairs[2:]
    assert sound["before"]["takes"] != sound["after"]["takes"]
    assert all(seconds(client, side["takes"][0]) > 1 for side in (sound["before"], sound["after"]))
    assert (rewritten["before"]["written"], rewritten["after"]["written"]) == (CREWS, REWRITTEN)
    assert (removed["after"], added["before"], added["after"]["written"]) == (None, None, "It rained.")
    # And where the audio of one was let go, the text alone
    with place.database.writing() as session:
        retention.let_go(session, session.get_one(RevisionRow, 1), place.files, datetime.now(UTC))
    told = client.get(f"{path}/compare", params={"from": 1, "to": 2}).json()
    assert told["let_go"] == [1]
    assert [pair["change"] for pair in told["segments"]] == [
        "unchanged", "unchanged", "unchanged", "text", "removed", "added",
    ]  # fmt: skip
    assert client.get(f"{path}/compare", params={"from": 1, "to": 9}).json()["code"] == "unknown_revision"


def test_what_was_heard_before_is_heard_again(client, path, place):
    def enclosure():
        feed = client.get("/shows/daily/feed.xml").text
        return feed.split("<enclosure")[1].split(">")[0], feed.split("<guid")[1].split("</guid>")[0]

    first = enclosure()
    change(client, path, spoken="The crews were out.")
    work_off(place)
    assert enclosure()[0] != first[0]
    keyed = {"Idempotency-Key": "back"}
    answers = [client.post(f"{path}/rollback", json={"revision": 1}, headers=keyed) for _ in range(2)]
    assert [(answer.status_code, answer.json()["revision"]["number"]) for answer in answers] == [(202, 3)] * 2
    work_off(place)
    assert enclosure() == first
    status = client.get(path).json()
    assert (status["live"]["revision"], status["revision"]["takes_reused"]) == (3, 5)
    assert client.post(f"{path}/rollback", json={"revision": 3}).json()["code"] == "not_restorable"
    assert client.post(f"{path}/rollback", json={"revision": 8}).json()["code"] == "unknown_revision"
    assert client.get("/v1/audit", params={"action": "roll_back"}).json()["entries"][0]["detail"] == "to revision 1"
    # And what was withdrawn is neither heard nor shown
    takes = one(client, path)["takes"]
    client.post(f"{path}/retract")
    assert client.get(takes[0]).json()["code"] == "withdrawn"
    assert client.get(f"{path}/segments").status_code == 410
    assert client.post(f"{path}/rollback", json={"revision": 2}).json()["code"] == "not_restorable"
    assert change(client, path, omitted=True).status_code == 410


def test_another_briefings_takes_are_not_given(client, path, place, tmp_path):
    (tmp_path / "articles" / "tram.md").write_text("# Tram\n\nThe tram runs on and on until Sunday evening.\n")
    client.post("/v1/briefings", json={"article_ids": ["desk:tram"]})
    work_off(place)
    other = briefing_of(place, "desk:tram")
    theirs = segments(client, f"/v1/briefings/{other}")["segments"][2]["takes"][0].split("/takes/")[1]
    assert client.get(f"{path}/takes/{theirs}").json()["code"] == "no_take"
