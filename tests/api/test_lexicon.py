"""Pronunciations with what they change: looked at beforehand, spoken anew on one confirmation, undone."""

from __future__ import annotations

import io

import pytest
import soundfile
from sqlalchemy import select

from briefing.failpoints import Action, Failpoint, FailpointReached
from briefing.models import AuditRow, RevisionRow, StepRow, TakeRow
from briefing.pronunciations import respeaks
from briefing.states import Queue, StepKind
from tests.support.asking import ask
from tests.support.command import briefcast
from tests.support.desk import add_user, seat_at
from tests.support.dying import work_until_killed
from tests.support.failpoints import Failpoints
from tests.support.newsroom import work_off
from tests.support.standing import stand_still
from tests.support.stories import desk_of, heard, published_stories
from worker.running.perform import perform_next
from worker.running.shift import Wanted
from worker.upkeep import tallying, vocabulary

WORD = {"written": "Makiivka", "language": "en", "spoken": "Makee-yivka"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    with published_stories(tmp_path_factory) as published:
        yield published


@pytest.fixture
def desk(published, tmp_path):
    with desk_of(published, tmp_path) as desk:
        yield desk


def radius(desk, **fields):
    return desk.post("/v1/lexicon/radius", json=WORD | fields)


def live(desk, story):
    """The spoken text of what is live of a story."""
    with desk.place.database.reading() as session:
        briefing = desk.stories[story]
        row = session.scalars(
            select(RevisionRow).where(RevisionRow.briefing_id == briefing, RevisionRow.state == "live")
        ).one()
        return row.number, " ".join(part["spoken"] for part in row.script["segments"])


def takes(desk):
    with desk.place.database.reading() as session:
        return set(session.scalars(select(TakeRow.key)))


def test_the_radius_says_what_says_the_word_by_audience_and_what_that_costs(desk):
    # Given three stories, two with the word, the shorter one heard more / When its radius is asked for
    found = radius(desk).raise_for_status().json()
    # Then those two are named, the most heard first, with their takes and seconds, and nothing has changed
    assert [one["briefing"] for one in found["first"]] == [desk.stories["ferry"], desk.stories["bridge"]]
    assert [(one["plays"], one["count"], one["takes"]) for one in found["first"]] == [(7, 1, 1), (0, 2, 2)]
    assert (found["briefings"], found["segments"], found["takes"], found["changes"]) == (2, 3, 3, "adds")
    assert found["audio_s"] == pytest.approx(sum(one["audio_s"] for one in found["first"]), abs=0.1)
    assert 0 < found["audio_s"] < found["programme_s"]
    assert found["voices"] == [{"voice": "silence", "briefings": 2}]
    assert found["first"][0]["title"] == "News of the ferry"
    assert desk.get("/v1/lexicon/entries").json() == []


def test_a_price_is_told(desk):
    voice = desk.app.state.context.catalogue.get("silence")
    object.__setattr__(voice, "price_per_million_characters", 15.0)
    found = radius(desk).json()
    assert found["money"] == pytest.approx(found["characters"] * 15 / 1_000_000, abs=1e-4)
    assert found["money"] > 0


def test_a_show_s_own_word_is_its_own(desk):
    # A show's entry concerns that show alone; where it has one, the newsroom's does not count
    assert [one["show"] for one in radius(desk, show="held").json()["first"]] == ["held"]
    own = WORD | {"show": "held", "spoken": "Mak"}
    assert desk.put("/v1/lexicon/entries", json=own).json()["entry"]["value"] == "Mak"
    assert [one["show"] for one in radius(desk).json()["first"]] == ["daily"]
    # Nor does one for another language, nor one that is there already count for nothing more
    assert radius(desk, language="uk").json()["briefings"] == 0
    assert radius(desk, written="Odesa").json()["briefings"] == 0


def test_one_confirmation_speaks_anew_what_says_the_word_and_nothing_else(desk):
    # Given a radius / When it is confirmed by fewer briefings than it is / Then it is refused and nothing is recorded
    refused = desk.post("/v1/lexicon/respeaks", json=WORD | {"briefings": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "cost_not_confirmed")
    assert desk.get("/v1/lexicon/entries").json() == []
    before, park = takes(desk), live(desk, "park")
    # When it is confirmed / Then both stories are made again in order, with the word as it is said now
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"briefings": 2})
    assert begun.status_code == 202
    shown = begun.json()
    assert (shown["state"], shown["total"], shown["waiting"]) == ("recording", 2, 2)
    work_off(desk.place)
    shown = desk.get(begun.headers["Location"]).json()
    assert (shown["state"], shown["done"], shown["waiting"], shown["failed"]) == ("recorded", 2, 0, 0)
    assert [one["state"] for one in shown["first"]] == ["live", "live"]
    assert [one["briefing"] for one in shown["first"]] == [desk.stories["ferry"], desk.stories["bridge"]]
    for story in ("ferry", "bridge"):
        number, said = live(desk, story)
        assert number == 2
        assert "Makee-yivka" in said
        assert "Makiivka" not in said
    assert live(desk, "park") == park
    # Three takes, those of the three paragraphs, and no other
    assert len(takes(desk) - before) == 3
    with desk.place.database.reading() as session:
        assert "respeak" in session.scalars(select(AuditRow.action)).all()


def test_undone_it_is_as_it_was_and_nothing_is_spoken_for_it(desk):
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"confirm_cost": True}).json()
    work_off(desk.place)
    before = takes(desk)
    back = desk.post(f"/v1/lexicon/respeaks/{begun['id']}/undo").json()
    assert (back["undoes"], back["total"], back["after"]) == (begun["id"], 2, None)
    work_off(desk.place)
    assert desk.get("/v1/lexicon/entries").json() == []
    assert takes(desk) == before
    assert all("Makiivka" in live(desk, story)[1] and live(desk, story)[0] == 3 for story in ("ferry", "bridge"))
    assert desk.get(f"/v1/lexicon/respeaks/{begun['id']}").json()["state"] == "undone"
    # Once is enough
    again = desk.post(f"/v1/lexicon/respeaks/{begun['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "lexicon_changed")


#: Two words of the ferry, one of the bridge and the ferry, one that nobody says.
LIST = "written,spoken,language\nferry,fairy,en\nMakiivka,Makee-yivka,en\nboard,bored,en\nXylophonia,Xylo,en\n"


def test_a_list_is_seen_with_what_it_changes_and_spoken_anew_on_one_confirmation_and_taken_back(desk):
    # Given a list of words / When its radius is asked for / Then each briefing is named once, with all its words
    found = desk.post("/v1/lexicon/imports/radius", json={"content": LIST}).raise_for_status().json()
    assert (found["new"], found["replaced"], found["unchanged"], found["briefings"]) == (4, 0, 0, 2)
    assert [one["briefing"] for one in found["first"]] == [desk.stories["ferry"], desk.stories["bridge"]]
    assert [one["count"] for one in found["first"]] == [4, 3]
    assert found["takes"] == sum(one["takes"] for one in found["first"]) >= 4
    assert desk.get("/v1/lexicon/entries").json() == []
    # When it is confirmed by fewer / Then nothing is recorded; by as many / Then all is, and both are made again, once
    refused = desk.post("/v1/lexicon/imports/respeaks", json={"content": LIST, "briefings": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "cost_not_confirmed")
    assert desk.get("/v1/lexicon/entries").json() == []
    before, park = takes(desk), live(desk, "park")
    begun = desk.post("/v1/lexicon/imports/respeaks", json={"content": LIST, "briefings": 2})
    assert begun.status_code == 202
    assert (begun.json()["words"], begun.json()["written"], len(begun.json()["changes"])) == (4, "", 4)
    work_off(desk.place)
    shown = desk.get(begun.headers["Location"]).json()
    assert (shown["done"], shown["total"], shown["state"]) == (2, 2, "recorded")
    number, said = live(desk, "ferry")
    assert number == 2
    assert said.startswith("News of the fairy")
    assert said.endswith("The fairy to Makee-yivka runs again, the bored said.")
    assert live(desk, "park") == park
    # When all of it is taken back / Then it is as it was, and nothing is spoken for it
    spoken = takes(desk)
    assert len(spoken - before) == 4
    back = desk.post(f"{begun.headers['Location']}/undo").raise_for_status().json()
    assert (back["total"], back["words"], back["undoes"]) == (2, 4, begun.json()["id"])
    work_off(desk.place)
    assert desk.get("/v1/lexicon/entries").json() == []
    assert takes(desk) == spoken
    assert live(desk, "ferry")[0] == 3
    assert live(desk, "ferry")[1].endswith("The ferry to Makiivka runs again, the board said.")


def test_a_list_that_was_recorded_before_can_be_spoken_anew_and_undone_only_as_it_was(desk):
    # Given a list that was recorded, and nothing spoken for it
    desk.put("/v1/lexicon/entries", json=WORD | {"spoken": "Mak"})
    recorded = desk.post("/v1/lexicon/imports", json={"content": LIST}).raise_for_status().json()
    assert (recorded["new"], recorded["replaced"], recorded["unchanged"]) == (3, 1, 0)
    assert recorded["changes"][0]["before"]["value"] == "Mak"
    # When it comes again / Then it still says what published briefings say otherwise
    found = desk.post("/v1/lexicon/imports/radius", json={"content": LIST}).json()
    assert (found["unchanged"], found["new"], found["briefings"]) == (4, 0, 2)
    # But with a new word only that one counts
    more = desk.post("/v1/lexicon/imports/radius", json={"content": LIST + "Monday,Mundy,en\n"}).json()
    assert (more["new"], [one["briefing"] for one in more["first"]]) == (1, [desk.stories["park"]])
    begun = desk.post("/v1/lexicon/imports/respeaks", json={"content": LIST, "confirm_cost": True}).json()
    # Where a word of it is another since / Then it is not taken back, and that word is named
    desk.put("/v1/lexicon/entries", json={"written": "board", "language": "en", "spoken": "bord"})
    refused = desk.post(f"/v1/lexicon/respeaks/{begun['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "lexicon_changed")
    assert "'board' has been changed since" in refused.json()["detail"]


def test_a_list_is_seen_spoken_anew_and_taken_back_by_command(desk, tmp_path):
    # Given a list / When the command looks at it / Then it says what it changes, and nothing is recorded
    (tmp_path / "ours.csv").write_text(LIST)
    looked = briefcast("lexicon", "import", tmp_path / "ours.csv", "--look").stdout
    assert "4 new, 0 replaced, 0 as they are\npublished    2 briefings" in looked
    assert looked.index("7 plays") < looked.index("0 plays")
    assert desk.get("/v1/lexicon/entries").json() == []
    # When it is to be spoken anew / Then it is, once the number shown is agreed to
    asked = ("lexicon", "import", tmp_path / "ours.csv", "--respeak")
    assert briefcast(*asked, text="n\n").returncode == 0
    assert desk.get("/v1/lexicon/entries").json() == []
    done = briefcast(*asked, text="y\n").stdout
    assert "have 2 briefings spoken anew?" in done
    name = done.split("respeak ")[-1].partition(":")[0]
    work_off(desk.place)
    assert "fairy to Makee-yivka" in live(desk, "ferry")[1]
    assert f"{name}  " in (listed := briefcast("lexicon", "respeaks").stdout)
    assert "4 words  recorded  2 of 2 done" in listed
    # And taken back
    assert "takes it back: 2 briefings" in briefcast("lexicon", "undo", name).stdout
    assert desk.get("/v1/lexicon/entries").json() == []
    assert "taken back already" in briefcast("lexicon", "undo", name).stderr
    # Recorded without it, the command says who says it as before
    work_off(desk.place)
    vocabulary.tend(desk.place)
    recorded = briefcast("lexicon", "import", tmp_path / "ours.csv").stdout
    assert "4 recorded, 0 unchanged\npublished    2 briefings" in recorded
    assert "--respeak has them spoken anew" in recorded
    # A list without a word is none to be spoken anew
    (tmp_path / "none.csv").write_text(LIST.partition("\n")[0])
    refused = briefcast("lexicon", "import", tmp_path / "none.csv", "--respeak", "--yes")
    assert (refused.returncode, "[lexicon_invalid]" in refused.stderr) == (3, True), refused.stderr


def test_a_list_is_seen_spoken_anew_and_taken_back_at_the_desk(desk):
    add_user(desk.place, "ed", "editor")
    with seat_at(str(desk.client.base_url)) as seat:
        seat.get("/desk/sign-in")
        seat.sign_in("ed")
        # Given a list / When an editor brings it / Then the page says which briefings it changes, the most heard first
        shown = seat.post("/desk/lexicon/import", content=LIST).text
        assert "Record 4 words and speak 2 briefings anew" in shown
        assert "Record 4 words for what is made from now on" in shown
        assert 0 < shown.index("News of the ferry") < shown.index("News of the bridge")
        # When it is confirmed by another number / Then nothing is recorded; by the one shown / Then the work is begun
        refused = seat.post("/desk/lexicon/import", content=LIST, record="respeak", briefings="1")
        assert refused.status_code == 409
        assert desk.get("/v1/lexicon/entries").json() == []
        begun = seat.post("/desk/lexicon/import", content=LIST, record="respeak", briefings="2").headers["Location"]
        page = seat.get(begun).text
        assert "A list of 4 words" in page
        assert "“Makee-yivka”" in page
        assert "A list of 4 words" in seat.get("/desk/lexicon").text
        work_off(desk.place)
        assert live(desk, "bridge")[0] == 2
        # And all of it is taken back
        back = seat.post(f"{begun}/undo").headers["Location"]
        assert "0 of 2 done" in seat.get(back).text
        assert desk.get("/v1/lexicon/entries").json() == []


def test_a_list_with_a_fault_or_without_words_is_refused_by_line(desk):
    for content, said in (
        (LIST + "(x),y,en\n", "line 6"),
        ("written,spoken\n", "no word"),
        ("<lexicon/>", "no PLS 1.0"),
    ):
        for route in ("", "/radius", "/respeaks"):
            answer = desk.post(f"/v1/lexicon/imports{route}", json={"content": content})
            assert (answer.status_code, answer.json()["code"]) == (422, "lexicon_invalid"), content
            assert said in answer.json()["detail"]
    assert desk.get("/v1/lexicon/entries").json() == []


def test_undone_half_way_the_rest_is_left_as_it_is(desk, monkeypatch):
    # Given a respeak of which one briefing has been recorded / When it is undone / Then the other is never made again
    monkeypatch.setattr(respeaks, "AT_ONCE", 1)
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"confirm_cost": True}).json()
    wanted = Wanted((Queue.INTERACTIVE,), (StepKind.RESPEAK,))
    assert perform_next(desk.place, wanted.queues, wanted=wanted)
    assert desk.get(f"/v1/lexicon/respeaks/{begun['id']}").json()["waiting"] == 1
    assert desk.post(f"/v1/lexicon/respeaks/{begun['id']}/undo").json()["total"] == 1
    work_off(desk.place)
    assert "Makiivka" in live(desk, "ferry")[1]
    assert live(desk, "bridge")[0] == 1


@pytest.mark.parametrize("action", [Action.RAISE, Action.KILL])
def test_a_step_that_dies_half_way_has_no_briefing_made_twice(desk, tmp_path, monkeypatch, action):
    # Given a worker that fails inside the transaction of the first briefing / When the step is done again
    failing = Failpoints(tmp_path / "failing")
    for name, value in failing.environment.items():
        monkeypatch.setenv(name, value)
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"confirm_cost": True}).json()
    if action is Action.KILL:
        work_until_killed(desk.place, failing, Failpoint.RESPEAK_RECORDED)
    else:
        failing.arm(Failpoint.RESPEAK_RECORDED, action)
        with pytest.raises(FailpointReached):
            work_off(desk.place)
    assert desk.get(f"/v1/lexicon/respeaks/{begun['id']}").json()["waiting"] == 2
    work_off(desk.place)
    # Then each has one new revision
    assert desk.get(f"/v1/lexicon/respeaks/{begun['id']}").json()["done"] == 2
    assert [live(desk, story)[0] for story in ("ferry", "bridge")] == [2, 2]


def test_what_was_changed_since_is_not_taken_back(desk):
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"confirm_cost": True}).json()
    desk.put("/v1/lexicon/entries", json=WORD | {"spoken": "Makeevka"})
    answer = desk.post(f"/v1/lexicon/respeaks/{begun['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "lexicon_changed")
    assert desk.get("/v1/lexicon/entries").json()[0]["value"] == "Makeevka"


def test_what_is_withdrawn_meanwhile_stays_withdrawn(desk):
    begun = desk.post("/v1/lexicon/respeaks", json=WORD | {"confirm_cost": True}).json()
    desk.post(f"/v1/briefings/{desk.stories['ferry']}/retract").raise_for_status()
    work_off(desk.place)
    shown = desk.get(f"/v1/lexicon/respeaks/{begun['id']}").json()
    assert (shown["done"], shown["passed_over"]) == (1, 1)
    assert desk.get("/v1/articles/desk/ferry/audio").status_code == 410


def test_a_removed_word_is_spoken_anew_too(desk):
    desk.put("/v1/lexicon/entries", json=WORD)
    fields = {"written": "Makiivka", "language": "en", "remove": True}
    assert desk.post("/v1/lexicon/radius", json=fields).json()["changes"] == "removes"
    assert desk.post("/v1/lexicon/respeaks", json=fields | {"briefings": 2}).json()["after"] is None
    assert desk.get("/v1/lexicon/entries").json() == []
    gone = desk.request("DELETE", "/v1/lexicon/entries", params={"written": "Makiivka", "language": "en"})
    assert gone.json()["code"] == "lexicon_invalid"


def test_a_word_is_heard_before_it_counts(desk):
    # Given a pronunciation that nobody has recorded / When a voice is to say it / Then it does, and nothing is recorded
    asked = desk.post("/v1/lexicon/samples", json=WORD | {"voice": "silence", "phrase": "The road to Makiivka."})
    assert asked.json()["state"] == "making"
    assert desk.get(f"{asked.headers['Location']}/audio").json()["code"] == "unknown_sample"
    work_off(desk.place)
    shown = desk.get(asked.headers["Location"]).json()
    assert (shown["state"], shown["spoken"]) == ("ready", "The road to Makee-yivka.")
    sound = desk.get(shown["links"]["audio"])
    samples, rate = soundfile.read(io.BytesIO(sound.content))
    assert len(samples) / rate == pytest.approx(shown["seconds"], abs=0.01)
    assert desk.get("/v1/lexicon/entries").json() == []
    # Asked once more it is there at once
    again = desk.post("/v1/lexicon/samples", json=WORD | {"voice": "silence", "phrase": "The road to Makiivka."})
    assert (again.json()["id"], again.json()["state"]) == (shown["id"], "ready")
    # And without a pronunciation it is said as it is now
    now = desk.post("/v1/lexicon/samples", json={"written": "Makiivka", "voice": "silence"})
    work_off(desk.place)
    assert desk.get(now.headers["Location"]).json()["spoken"] == "Makiivka."


def test_what_is_no_phrase_and_no_language_is_refused(desk):
    for fields in ({"phrase": "…"}, {"phrase": "a\x00b"}, {"language": "x\x00"}, {"voice": "nobody"}, {"show": "x"}):
        asked = desk.post("/v1/lexicon/samples", json={"written": "Makiivka", "voice": "silence"} | fields)
        assert asked.status_code == 422, fields


def test_a_sample_that_cannot_be_spoken_says_why(desk, monkeypatch):
    from voices.engines.silence import SilenceEngine

    def broken(*_, **__):
        from voices.errors import EngineFailed

        raise EngineFailed("no breath")

    monkeypatch.setattr(SilenceEngine, "synthesize", broken)
    asked = desk.post("/v1/lexicon/samples", json=WORD | {"voice": "silence"})
    work_off(desk.place)
    shown = desk.get(asked.headers["Location"]).json()
    assert (shown["state"], shown["error_code"]) == ("failed", "take_rejected")


def test_samples_are_rationed(desk, monkeypatch):
    stand_still(monkeypatch, "api.samples")  # one more may be asked for every two seconds
    asked = [
        desk.post("/v1/lexicon/samples", json={"written": f"word{number}", "voice": "silence"}) for number in range(35)
    ]
    assert {answer.status_code for answer in asked} == {202, 429}
    with desk.place.database.reading() as session:
        assert len(session.scalars(select(StepRow.id).where(StepRow.kind == StepKind.SAMPLE.value)).all()) <= 32


def test_unknown_words_are_listed_by_audience_until_the_lexicon_knows_them(desk):
    for name, text in {"a": "Xylophonia and Zorblax.", "b": "Zorblax."}.items():
        (desk.articles / f"{name}.md").write_text(f"# News of {name}\n\nThe {text} {text} again.\n")
        desk.stories[name], _, _ = ask(desk.place, name)
    work_off(desk.place)
    vocabulary.tend(desk.place)
    heard(desk.place, desk.stories["b"], 5)
    tallying.tend(desk.place)
    found = desk.get("/v1/lexicon/unknown").json()["words"]
    words = {one["word"]: one for one in found}
    # Makiivka ships with its pronunciation, and is unknown no more
    assert set(words) >= {"Xylophonia", "Zorblax"}
    assert "Makiivka" not in words
    assert found[0]["word"] == "Zorblax"
    assert (words["Zorblax"]["briefings"], words["Zorblax"]["plays"], words["Zorblax"]["count"]) == (2, 5, 4)
    desk.put("/v1/lexicon/entries", json={"written": "Zorblax", "spoken": "Zor-blacks"})
    assert "Zorblax" not in {one["word"] for one in desk.get("/v1/lexicon/unknown").json()["words"]}
