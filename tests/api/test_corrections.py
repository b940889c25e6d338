"""Update, correction, withdrawal: what becomes of the old addresses, what is told of it in public, what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import html
from sqlalchemy import func, select, update

from briefing.models import BriefingRow, RevisionRow, StepRow, TakeRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.states import Queue
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.installation.newsroom import apply
from worker.running.perform import perform_next

STRANGER = {"Authorization": ""}
WRONG, RIGHT = "four days", "fourteen days"
NOTE = {"at": "2026-11-28", "note": "An earlier version had the days wrong."}


@pytest.fixture
def briefing(client, place):
    """A story that is live."""
    found = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    work_off(place)
    return found


def edit(tmp_path, text):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace(WRONG, text))


def again(client, place, briefing, **said):
    answer = client.post(f"/v1/briefings/{briefing}/regenerate", json=said)
    assert answer.status_code == 202, answer.text
    work_off(place)
    return client.get(f"/v1/briefings/{briefing}").json()


def audio(client):
    return client.get("/v1/articles/desk/ferry/audio", headers=STRANGER).json()


def quiet_is_over(place):
    """Have what waits for further edits begin, and all be done."""
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == "prepare").values(not_before=None))
    work_off(place)


def path(address):
    return urlsplit(address).path


def history(client, briefing):
    return client.get(f"/briefings/{briefing}/history.json", headers=STRANGER).json()["entries"]


def public_text(place):
    """All that lies in public, as text."""
    storage = place.files.storage
    return "\n".join(
        storage.read(file.name)[0].decode()
        for file in storage.files()
        if not file.name.endswith((".mp3", ".jpg", ".js"))
    )


def test_an_updates_old_audio_stays_and_a_corrections_leads_to_the_new_one_at_once(client, place, briefing, tmp_path):
    first = audio(client)
    # Given an update / Then what was heard before stays for its days
    edit(tmp_path, "five days")
    assert again(client, place, briefing)["revision"]["replaces"] == "update"
    second = audio(client)
    assert client.get(path(first["url"]), headers=STRANGER).status_code == 200
    # When the CMS tells of a correction / Then both lead to what is right, and what lay beside them has gone
    edit(tmp_path, RIGHT)
    client.put("/v1/articles/desk/ferry/audio", json={"correction": NOTE})
    quiet_is_over(place)
    shown = client.get(f"/v1/briefings/{briefing}").json()
    assert (shown["state"], shown["revision"]["replaces"]) == ("live", "correction")
    third = audio(client)
    for old in (first, second):
        for address in (old["url"], *(one["url"] for one in old["transcripts"])):
            answer = client.get(path(address), headers=STRANGER)
            expected = (302, path(third["url"])) if address == old["url"] else (404, "")
            assert (answer.status_code, path(answer.headers.get("location", ""))) == expected
    assert WRONG not in public_text(place).replace(RIGHT, "")
    # And what comes after it is an update again
    edit(tmp_path, "fifteen days")
    assert again(client, place, briefing)["revision"]["replaces"] == "update"
    assert client.get(path(third["url"]), headers=STRANGER).status_code == 200


def test_a_correction_that_waits_makes_all_that_goes_live_until_it_one(client, place, briefing, tmp_path):
    # Given a story that is held; a correction of it that gives way to an edit before anybody heard it
    old = audio(client)
    edit(tmp_path, RIGHT)
    client.post(f"/v1/briefings/{briefing}/regenerate", json={"replaces": "correction"})
    client.post(f"/v1/briefings/{briefing}/hold")
    work_off(place)
    edit(tmp_path, "forty days")
    again(client, place, briefing)
    # When that goes live / Then it corrects
    client.post(f"/v1/briefings/{briefing}/publish")
    work_off(place)
    assert client.get(path(old["url"]), headers=STRANGER).status_code == 302
    with place.database.reading() as session:
        assert session.get_one(BriefingRow, briefing).corrects_from is None


def test_a_correction_told_of_while_it_fetches_is_in_what_is_fetched_next(client, place, briefing, tmp_path):
    old = audio(client)
    # Given a revision that has fetched the story before it was corrected
    edit(tmp_path, "five days")
    client.post(f"/v1/briefings/{briefing}/regenerate")
    while client.get(f"/v1/briefings/{briefing}").json()["state"] == "preparing":
        assert perform_next(place, tuple(Queue))
    # When the correction is told of / Then neither what is being made nor what follows leaves the old one in place
    edit(tmp_path, RIGHT)
    client.put("/v1/articles/desk/ferry/audio", json={"correction": NOTE})
    with place.database.reading() as session:
        assert session.get_one(BriefingRow, briefing).corrects_from == 3
    work_off(place)
    between = audio(client)
    assert client.get(path(old["url"]), headers=STRANGER).status_code == 302
    quiet_is_over(place)
    assert audio(client)["revision"] == 3
    assert client.get(path(between["url"]), headers=STRANGER).status_code == 302


def test_what_turns_out_unchanged_corrects_nothing_and_the_next_edit_is_an_update(client, place, briefing, tmp_path):
    client.put("/v1/articles/desk/ferry/audio", json={"replaces": "correction"})
    quiet_is_over(place)
    edit(tmp_path, "five days")
    assert again(client, place, briefing)["revision"]["replaces"] == "update"
    both = {"replaces": "update", "correction": NOTE}
    assert client.post(f"/v1/briefings/{briefing}/regenerate", json=both).json()["code"] == "invalid_request"


# A day apart at any moment.
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_correction_is_made_on_the_shows_own_day(client, place, briefing, tmp_path, zone):
    (tmp_path / "briefcast.toml").write_text(f'zone = "{zone}"\n{PLAIN}')
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)

    def day():
        return datetime.now(ZoneInfo(zone)).date().isoformat()

    before = day()
    for ask in (
        lambda: client.post(f"/v1/briefings/{briefing}/regenerate", json={"correction": {}}),
        lambda: client.put("/v1/articles/desk/ferry/audio", json={"correction": {"note": "x"}}),
    ):
        assert ask().status_code in {200, 202}
        with place.database.reading() as session:
            assert session.get_one(BriefingRow, briefing).correction["at"] in {before, day()}
    # And a day that is named is that day, and nothing but a day
    client.post(f"/v1/briefings/{briefing}/regenerate", json={"correction": {"at": "2026-01-02"}})
    with place.database.reading() as session:
        assert session.get_one(BriefingRow, briefing).correction["at"] == "2026-01-02"
    for at in (1_800_000_000, "1800000000", "2026-11-28T00:00:00Z", "2026-02-30"):
        answer = client.post(f"/v1/briefings/{briefing}/regenerate", json={"correction": {"at": at}})
        assert answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize("said", ["shown", "spoken", "none"])
def test_the_note_is_told_where_the_show_wants_it_and_costs_a_take_at_most(client, place, briefing, tmp_path, said):
    (tmp_path / "briefcast.toml").write_text(
        PLAIN.replace('slug = "daily"\n', f'slug = "daily"\ncorrection_note = "{said}"\n', 1)
    )
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    with place.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(TakeRow))
    again(client, place, briefing, correction=NOTE)
    with place.database.reading() as session:
        spoken = session.scalar(select(func.count()).select_from(TakeRow)) - before
    assert spoken == (said == "spoken")
    line = "This story was corrected on November 28, 2026. An earlier version had the days wrong."
    told = {
        "json": audio(client).get("correction"),
        "description": feedparser.parse(client.get("/shows/daily/feed.xml").content).entries[0].summary,
        "page": html.fromstring(client.get(f"/briefings/{briefing}/transcript.html").content).text_content(),
    }
    assert [line in (text or "").replace("\n", " ") for text in told.values()] == [said != "none"] * 3
    segments = client.get(f"/v1/briefings/{briefing}/script").json()["segments"]
    assert [one["written"] for one in segments if one["role"] == "correction"] == ([line] if said == "spoken" else [])
    vtt = client.get(f"/briefings/{briefing}/transcript.vtt").text
    assert ("corrected on" in vtt) == (said == "spoken")


def test_history_tells_what_became_of_it_and_shows_no_word_that_was_taken_back(client, place, briefing, tmp_path):
    assert [entry["kind"] for entry in history(client, briefing)] == ["first"]
    assert (
        feedparser.parse(client.get("/shows/daily/feed.xml").content).entries[0].content[0].value.count("/history") == 0
    )
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE + "\nA mayor <b>was bribed</b>, they lied.\n")
    again(client, place, briefing)
    # When that is corrected
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace(WRONG, RIGHT) + "\nThe mayor denies it & sues.\n")
    again(client, place, briefing, correction=NOTE)
    last, middle, first = history(client, briefing)
    assert [last["kind"], middle["kind"], first["kind"]] == ["correction", "update", "first"]
    assert middle["segments"] == {"added": 1, "removed": 0, "changed": 0}
    assert last["segments"] == {"added": 0, "removed": 0, "changed": 2}
    assert last["note"].endswith("An earlier version had the days wrong.")
    assert last["now_reads"] == [
        "Crews had stopped work for fourteen days over unpaid overtime.", "The mayor denies it & sues.",
    ]  # fmt: skip
    assert middle["now_reads"] == []
    assert "lied" not in public_text(place)
    # And the page says the same, is whole in itself, and is linked from where people look
    answer = client.get(f"/briefings/{briefing}/history", headers=STRANGER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "public, max-age=60"
    page = html.fromstring(answer.content)
    assert [one.text_content().strip() for one in page.iter("h2")] == ["Corrected", "Updated", "First published"]
    assert [one.text_content() for one in page.iter("blockquote")] == last["now_reads"]
    assert not list(page.iter("script"))
    assert path(audio(client)["history_url"]) == f"/briefings/{briefing}/history"
    notes = feedparser.parse(client.get("/shows/daily/feed.xml").content).entries[0].content[0].value
    assert f"/briefings/{briefing}/history" in notes
    # And when what was corrected is gone too, nobody reads it any more
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    again(client, place, briefing)
    assert history(client, briefing)[1]["now_reads"] == []
    # And when it is withdrawn, nothing is told; brought back, that it was
    client.post(f"/v1/briefings/{briefing}/retract")
    work_off(place)
    for name in ("history", "history.json"):
        answer = client.get(f"/briefings/{briefing}/{name}", headers=STRANGER)
        assert (answer.status_code, answer.json()["code"]) == (410, "withdrawn")
        assert not {"Ferry", "mayor"} & set(answer.text.split())
    again(client, place, briefing)
    assert [entry["kind"] for entry in history(client, briefing)] == [
        "first",
        "withdrawal",
        "update",
        "correction",
        "update",
        "first",
    ]


def test_what_was_published_before_histories_has_one_from_the_next_settings_on(client, place, briefing, tmp_path):
    with place.database.writing() as session:
        session.execute(update(RevisionRow).values(live_at=None))
    for name in ("history", "history.json"):
        place.files.storage.remove(f"briefings/{briefing}/{name}")
    assert client.get(f"/briefings/{briefing}/history").status_code == 404
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    [first] = history(client, briefing)
    assert (first["kind"], first["revision"]) == ("first", None)
    assert datetime.fromisoformat(first["at"]) <= datetime.now(UTC) + timedelta(seconds=1)


def test_of_what_is_for_members_nothing_is_told_and_a_corrections_old_preview_goes(tmp_path):
    members = 'visibility = "members"\npreview = { paragraphs = 1 }\n'
    place = make_place(tmp_path, PLAIN.replace('slug = "daily"\n', f'slug = "daily"\n{members}', 1))
    text = "# Board\n\nThe board took bribes, it is said.\n\nIt met.\n\nIt will meet again on Monday, they said.\n"
    (tmp_path / "articles" / "ferry.md").write_text(text)
    with client_of(place) as client:
        briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
        work_off(place)
        assert "bribes" in public_text(place), "in its preview"
        assert client.get(f"/briefings/{briefing}/history").status_code == 404
        preview = audio(client)["url"]
        whole = [file.name for file in place.storages.members.files("audio")]
        (tmp_path / "articles" / "ferry.md").write_text(text.replace("took bribes", "denies all"))
        again(client, place, briefing, replaces="correction")
        assert "bribes" not in public_text(place)
        assert not place.files.storage.look(path(preview)[1:])
        [now] = [file.name for file in place.storages.members.files("audio")]
        assert now not in whole
        assert client.get(f"/briefings/{briefing}/history.json").status_code == 404
    place.database.dispose()
