from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from briefing.errors import UnknownReference
from briefing.hashing import file_sha256, stable_hash
from briefing.script import Role, segment_id
from briefing.speech import Narrator, chunk_key
from briefing.states import ACTIVE, FINAL, RevisionState, may_follow
from briefing.values import Article, ArticleRef, is_name


@pytest.mark.parametrize("name", ["a", "harbour-bridge", "6921f3a0c1", "v1.2_x", "A" * 128])
def test_names(name):
    assert is_name(name)
    assert str(ArticleRef.parse(f"desk:{name}")) == f"desk:{name}"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "ä", "a:b", "A" * 129, "a\n", "%2e"])
def test_what_is_no_name(name):
    assert not is_name(name)
    with pytest.raises(UnknownReference) as caught:
        ArticleRef.parse(f"desk:{name}")
    assert caught.value.code == "bad_article_id"


def test_values_are_frozen_and_strict():
    ref = ArticleRef(source="a", id="b")
    with pytest.raises(ValidationError):
        ref.id = "c"
    with pytest.raises(ValidationError):
        ArticleRef(source="a", id="b", colour="red")


def test_hashes_are_stable_over_releases():
    # These very digits are in databases; a change here re-speaks every newsroom's archive.
    narrator = Narrator(voice="v", engine="e", engine_version="1", model_digest="d", language="en")
    assert chunk_key("Hello.", narrator) == "2cfa81dd6e5e3b6fa754d6cf71f82cc61940a8d1e59aa7d557612938479a224b"
    assert segment_id("a:b", Role.BODY, "Hello.", 0) == "859eea7b5d8dd8d9"
    assert stable_hash("x/1", {"b": 1, "a": [1.5, None, "ü"]}) == stable_hash("x/1", {"a": [1.5, None, "ü"], "b": 1})
    assert stable_hash("x/1", "a") != stable_hash("x/2", "a")


@given(st.text(), st.text())
def test_no_two_texts_share_a_key(one, other):
    assert (stable_hash("t", one) == stable_hash("t", other)) == (one == other)
    assert stable_hash("t", one, other) != stable_hash("t", one + other)


def test_an_articles_hash_covers_what_listeners_notice():
    article = Article(ref=ArticleRef(source="a", id="b"), media_type="text/plain", body="x")
    assert article.content_hash != article.model_copy(update={"byline": "Ann Lee"}).content_hash
    assert article.content_hash == article.model_copy(update={"ref": ArticleRef(source="c", id="d")}).content_hash


def test_a_file_is_hashed_in_blocks(tmp_path):
    (tmp_path / "x").write_bytes(b"x" * 3_000_000)
    import hashlib

    assert file_sha256(tmp_path / "x") == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_nothing_follows_a_final_state_and_all_others_can_be_superseded():
    for state in RevisionState:
        assert may_follow(state, RevisionState.SUPERSEDED) == (state not in FINAL)
        if state in FINAL:
            assert not any(may_follow(state, after) for after in RevisionState)
        assert may_follow(state, RevisionState.FAILED) == (state in ACTIVE)


def test_live_comes_from_publishing_alone():
    assert [state for state in RevisionState if may_follow(state, RevisionState.LIVE)] == [RevisionState.PUBLISHING]
