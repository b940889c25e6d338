"""A story with a name under court order is not spoken, not published, and the name stands nowhere that we write."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from briefing.models import Base, RevisionRow, StepRow, TakeRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.states import StepKind
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from worker.doctor import names
from worker.installation.newsroom import apply
from worker.tasks import TASKS

NAME = "Jonas Quillfeather"
STRANGER = {"Authorization": ""}


def forbid(place, tmp_path, *, everywhere=False, name=NAME):
    line = f'never_speak = ["Nobody Else", "{name}"]\n'
    (tmp_path / "briefcast.toml").write_text(
        line + PLAIN if everywhere else PLAIN.replace('slug = "daily"\n', f'slug = "daily"\n{line}', 1)
    )
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)


def kept(place):
    """All that the database holds but the settings, which have the list itself; lower case."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in {"shows", "sources"}]
    with place.database.reading() as session:
        return "".join(str(row) for table in tables for row in session.execute(select(table))).lower()


def made(client, place, article="desk:ferry"):
    briefing = client.post("/v1/briefings", json={"article_ids": [article]}).json()["id"]
    work_off(place)
    return client.get(f"/v1/briefings/{briefing}").json()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (ARTICLE + f"\n{NAME}’s brother was there, it is said.\n", "in paragraph 4"),
        (ARTICLE.replace("Ferry runs again", f"{NAME.upper()} runs the ferry"), "in headline, title"),
        (f"---\nauthor: {NAME}\n---\n{ARTICLE}", "in byline"),
        (ARTICLE + "\nThe brother of Jonas\n  Quill-feather was there, it is said.\n", "in paragraph 4"),
    ],
)
@pytest.mark.parametrize("everywhere", [False, True])
def test_nothing_of_it_is_spoken_and_the_name_is_told_nowhere(client, place, tmp_path, text, where, everywhere, capfd):
    forbid(place, tmp_path, everywhere=everywhere)
    (tmp_path / "articles" / "ferry.md").write_text(text)
    shown = made(client, place)
    assert (shown["state"], shown["revision"]["error"]["code"]) == ("failed", "never_speak")
    assert "entry 2 of the list, in " in shown["revision"]["error"]["message"]
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TakeRow)) == 0
        assert session.scalars(select(StepRow).where(StepRow.kind == "speak")).all() == []
    # And an editor is told where it stands, of a script that is kept nowhere
    assert where in shown["revision"]["error"]["message"]
    assert client.get(f"/v1/briefings/{shown['id']}/script").status_code == 404
    told = str(shown) + "".join(capfd.readouterr()) + client.get("/metrics").text
    assert "quill" not in told.lower() + kept(place)
    # And the same where the voice or the show is another
    if everywhere:
        assert made(client, place, "slow:ferry")["revision"]["error"]["code"] == "never_speak"


def test_a_list_that_grew_stops_what_is_finished_and_the_doctor_tells_of_what_is_live(client, place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE + f"\n{NAME} was there, it is said.\n")
    (tmp_path / "articles" / "old.md").write_text(f"# Old\n\n{NAME} was there already, it was said then.\n")
    live = made(client, place, "desk:old")["id"]
    # Given a story that only waits to be published / When the list grows
    publish = TASKS.pop(StepKind.PUBLISH)
    briefing = made(client, place)["id"]
    TASKS[StepKind.PUBLISH] = publish
    forbid(place, tmp_path)
    work_off(place)
    # Then it is held, by whoever asks
    shown = client.get(f"/v1/briefings/{briefing}").json()
    assert (shown["state"], shown["held_by"][0]["reason"]) == ("held", "never_speak")
    assert shown["revision"]["error"]["code"] == "never_speak"
    answer = client.post(f"/v1/briefings/{briefing}/publish")
    assert (answer.status_code, answer.json()["code"]) == (409, "never_speak")
    assert client.get("/articles/desk/ferry.mp3", headers=STRANGER).status_code == 404
    # And what is live is told of
    [finding] = names.look(place, fix=False)
    assert (finding.code, finding.subject) == ("never_speak_live", live)
    assert "entry 2" in finding.detail
    assert "quill" not in str(finding).lower()
    # And the name is in no revision's own copy of the settings
    with place.database.reading() as session:
        client.post(f"/v1/briefings/{live}/regenerate")
        assert not any("never_speak" in show for show in session.scalars(select(RevisionRow.show)))
    # When the list was wrong / Then an editor publishes it
    forbid(place, tmp_path, name="Somebody Other")
    assert client.post(f"/v1/briefings/{briefing}/publish").status_code == 202
    work_off(place)
    shown = client.get(f"/v1/briefings/{briefing}").json()
    assert (shown["state"], shown["revision"]["error"]) == ("live", None)


@pytest.mark.parametrize("name", ["-", "X", "x" * 201])
def test_a_list_that_cannot_be_is_refused_without_telling_the_name(place, tmp_path, name):
    from briefing.errors import Misconfigured

    with pytest.raises(Misconfigured) as refused:
        forbid(place, tmp_path, name=name)
    assert f'"{name}"' not in refused.value.message
    assert "xx" not in refused.value.message


def test_what_was_held_for_a_name_keeps_no_words_once_another_takes_its_place(client, place, tmp_path):
    # Given a story that is held since the list grew
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE + f"\n{NAME} was there, it is said.\n")
    publish = TASKS.pop(StepKind.PUBLISH)
    briefing = made(client, place)["id"]
    TASKS[StepKind.PUBLISH] = publish
    forbid(place, tmp_path)
    work_off(place)
    with place.database.reading() as session:
        assert "Quill" in str(session.scalars(select(RevisionRow.script)).one())
    # When its words are changed in the CMS
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    assert made(client, place)["state"] == "live"
    with place.database.reading() as session:
        told = select(RevisionRow.script, RevisionRow.card, RevisionRow.chunks, RevisionRow.error_code)
        first = session.execute(told.where(RevisionRow.briefing_id == briefing, RevisionRow.number == 1)).one()
    assert first == (None, None, None, "never_speak")
