"""What a worker of before a digest's roles makes of a script that has them: it goes on with it."""

from __future__ import annotations

from enum import StrEnum

import pytest
from pydantic import BaseModel, ConfigDict

from briefing.script import OUR_WORDS, Role, Segment
from briefing.speech import Cast, Narrator
from briefing.transcript import Passage


class _RoleBefore(StrEnum):
    """As it was in the first release."""

    HEADLINE = "headline"
    BYLINE = "byline"
    DISCLOSURE = "disclosure"
    BODY = "body"


class _Before(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    role: _RoleBefore
    written: str


@pytest.mark.parametrize("role", [Role.GREETING, Role.TRANSITION, Role.OUTRO, Role.SUMMARY])
def test_an_older_worker_reads_a_role_it_does_not_know_as_a_disclosure(role):
    segment = Segment(id="a", article="desk:a", role=role, written="Next.", spoken="Next.")
    dumped = segment.model_dump(mode="json")
    assert _Before.model_validate(dumped, extra="ignore").role is _RoleBefore.DISCLOSURE
    assert Segment.stored(dumped) == Segment.model_validate_json(segment.model_dump_json()) == segment
    assert segment.told()["role"] == role.value
    assert "own_role" not in segment.told()
    passage = Passage(
        segment="a", article="desk:a", role=role, speaker="Joe", text="x", first=0, last=1, words=(), sentences=()
    )
    assert Passage.stored(passage.model_dump(mode="json")) == passage
    assert role in OUR_WORDS


def test_what_a_newer_version_adds_is_read_as_a_disclosure_too():
    dumped = {"id": "a", "article": "x:y", "role": "disclosure", "own_role": "weather", "written": "x", "spoken": "x"}
    assert Segment.stored(dumped).role is Role.DISCLOSURE


def test_what_is_stored_of_other_roles_is_as_before():
    segment = Segment(id="a", article="desk:a", role=Role.BODY, written="x", spoken="x")
    known = ["id", "article", "role", "written", "spoken", "spans", "edited", "voice", "omitted"]
    assert list(segment.model_dump()) == known, "nothing of a role"


def test_transitions_have_a_voice_of_their_own():
    one, other = (
        Narrator(voice=voice, engine="piper", engine_version="1", model_digest="", language="en")
        for voice in ("joe", "amy")
    )
    cast = Cast(body=one, headline=one, quotes=one, transitions=other)
    assert cast.speaker_of(Role.TRANSITION) == other
    assert cast.speaker_of(Role.GREETING) == cast.speaker_of(Role.OUTRO) == one
