"""What is read of Ghost: text, labels, who may hear it, what has changed; and what must not be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.errors import ArticleEmpty, ArticleNotFound, Misconfigured, PageRefused, SourceUnavailable
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from tests.support.ghost import ADMIN_KEY, CARDS, CONTENT_KEY, ghost
from worker.clean import clean
from worker.sources import Polled, connect


@pytest.fixture(scope="module")
def running():
    with ghost() as site:
        yield site


@pytest.fixture
def site(running):
    """A Ghost with nothing in it."""
    running.posts.clear()
    running.fault = None
    return running


def source(site, *, key="admin", **options):
    keys = {"admin": {"admin_key": ADMIN_KEY}, "content": {"content_key": CONTENT_KEY}}[key]
    private = site.at.removeprefix("http://")
    return connect(
        SourceSettings(
            name="site",
            kind="ghost",
            options={"address": site.at, "allow_private": [private], **options},
            secrets=keys,
        )
    )


def ref(identity):
    return ArticleRef(source="site", id=identity)


@pytest.mark.parametrize("key", ["admin", "content"])
def test_a_post_is_read_whole_with_what_it_is_filed_under(site, key):
    identity = site.add(tags=["Harbour", "#audio", "Transport"])
    found = source(site, key=key).fetch(ref(identity), None)
    assert (found.title, found.byline, found.form) == ("Ferry runs again", "Nora Field", "fragment")
    assert (found.sections, found.tags, found.authors) == (("Harbour",), ("Harbour", "Transport"), ("Nora Field",))
    assert found.address == f"{site.at}/{site.posts[identity]['slug']}/"
    assert (found.visibility, found.unpublished) == ("public", False)
    assert found.published_at is not None
    assert "unpaid overtime" in found.body
    assert isinstance(source(site, key=key), Polled)


def test_both_apis_give_the_same_text_so_that_a_key_more_speaks_nothing_anew(site):
    identity = site.add()
    hashes = {source(site, key=key).fetch(ref(identity), None).content_hash for key in ("admin", "content")}
    assert len(hashes) == 1


def test_what_cards_hold_is_not_read(site):
    identity = site.add(html=CARDS)
    read = clean(source(site).fetch(ref(identity), None))
    assert [block.text for block in read.blocks] == [
        "The ferry runs again from Monday, the harbour board said.",
        "Crews had stopped work for four days over unpaid overtime.",
        "Tickets that were bought for those days stay valid until June.",
        "Both sides are to meet again next week.",
    ]
    assert len(read.ledger) > 12, "and each of them is told with its rule"


@pytest.mark.parametrize("visibility", ["members", "paid", "tiers"])
def test_a_members_post_is_read_whole_by_the_admin_api_and_never_cut_by_the_other(site, visibility):
    text = "<p>The beginning is for all to read.</p><!--members-only--><p>The end is for those who pay.</p>"
    identity = site.add(visibility=visibility, html=text)
    found = source(site).fetch(ref(identity), None)
    assert found.visibility == "members"
    assert "those who pay" in found.body
    with pytest.raises(ArticleEmpty) as caught:
        source(site, key="content").fetch(ref(identity), None)
    assert caught.value.code == "article_behind_paywall"
    [seen] = source(site, key="content").look([identity])
    assert (seen.visibility, seen.state, seen.text_hash) == ("members", "published", None)


def test_parts_that_are_for_members_are_not_in_what_all_may_hear(site):
    gated = (
        '<p>For all.</p><!--kg-gated-block:begin nonMember:false memberSegment:"status:free,status:-free" -->'
        '<p>For members.</p><!--kg-gated-block:end--><!--kg-gated-block:begin nonMember:false memberSegment:"status:-free"-->'
        '<p>For payers.</p><!--kg-gated-block:end--><!--kg-gated-block:begin nonMember:true memberSegment:"" -->'
        "<p>Become a member.</p><!--kg-gated-block:end-->"
    )
    bodies = {}
    for visibility in ("public", "members", "paid"):
        identity = site.add(visibility=visibility, html=gated)
        bodies[visibility] = source(site).fetch(ref(identity), None).body
    assert bodies["public"] == "<p>For all.</p><p>Become a member.</p>"
    assert bodies["members"] == "<p>For all.</p><p>For members.</p>"
    assert bodies["paid"] == "<p>For all.</p><p>For members.</p><p>For payers.</p>"


def test_drafts_are_nobodys_unless_they_are_tagged_to_be_narrated_beforehand(site):
    draft = site.add(status="draft")
    tagged = site.add(status="draft", tags=["#audio"])
    mailed = site.add(status="sent")
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    planned = site.add(status="scheduled", published_at=soon)
    barred = site.add(status="scheduled", published_at=soon, tags=["#no-audio"])
    connected = source(site)
    for gone in (draft, mailed, barred):
        with pytest.raises(ArticleNotFound):
            connected.fetch(ref(gone), None)
    for beforehand in (tagged, planned):
        found = connected.fetch(ref(beforehand), None)
        assert found.unpublished
        assert "/p/" not in found.address
    states = {seen.id: (seen.state, seen.scheduled_at is not None) for seen in connected.seen(None)}
    assert states == {
        draft: ("gone", False), tagged: ("scheduled", False), mailed: ("gone", False),
        planned: ("scheduled", True), barred: ("gone", True),
    }  # fmt: skip
    # Nothing of it is to be had without the Admin key
    assert list(source(site, key="content").seen(None)) == []


def test_what_has_changed_comes_newest_first_page_by_page(site):
    known = [site.add() for _ in range(20)]
    connected = source(site)
    assert [seen.id for seen in connected.seen(None)] == known[::-1]
    site.asked.clear()
    assert next(connected.seen(None)).id == known[-1]
    assert len(site.asked) == 1, "as far as needed"
    first = next(iter(connected.look([known[3]])))
    site.edit(known[3], html="<p>It says something else now, and nothing more.</p>")
    newer = list(connected.seen(first.updated_at + timedelta(seconds=17)))
    assert [seen.id for seen in newer] == [known[3]]
    assert newer[0].text_hash not in {None, first.text_hash}
    # A tag, or for whom it is, is no other text
    site.edit(known[3], tags=["Weather"])
    site.edit(known[3], visibility="members")
    [again] = connected.look([known[3]])
    assert again.text_hash == newer[0].text_hash
    assert (again.labels.tags, again.visibility) == (("Weather",), "members")


@pytest.mark.parametrize("key", ["admin", "content"])
def test_what_is_not_there_any_more_is_gone(site, key):
    kept, hidden, deleted = (site.add() for _ in range(3))
    site.edit(hidden, status="draft")
    site.delete(deleted)
    connected = source(site, key=key)
    for look in (connected.look, connected.glance):
        found = {seen.id: seen.state for seen in look([kept, hidden, deleted, "no-id"])}
        assert found == {kept: "published", hidden: "gone", deleted: "gone", "no-id": "gone"}
    [closely], [briefly] = connected.look([kept]), connected.glance([kept])
    assert (briefly.updated_at, briefly.visibility) == (closely.updated_at, closely.visibility) != (None, None)
    assert not {"formats", "include"} & set(site.asked[-1][2])


def test_many_are_asked_after_at_once_without_their_texts(site):
    known = [site.add() for _ in range(20)]
    site.asked.clear()
    found = list(source(site).look(known))
    assert {seen.id for seen in found} == set(known)
    assert all(seen.updated_at for seen in found)
    assert ("formats" in site.asked[0][2], len(site.asked)) == (False, 1)


@pytest.mark.parametrize(
    ("fault", "error"), [(500, SourceUnavailable), ("cut", SourceUnavailable), ("html", SourceUnavailable)]
)
def test_a_ghost_in_trouble_is_tried_again(site, fault, error):
    identity = site.add()
    site.fault = fault
    with pytest.raises(error):
        source(site).fetch(ref(identity), None)


def test_a_wrong_key_is_told_by_its_code_and_never_shown(site):
    other = f"{'0' * 24}:{'0' * 64}"
    connected = connect(
        SourceSettings(
            name="site",
            kind="ghost",
            options={"address": site.at, "allow_private": [site.at.removeprefix("http://")]},
            secrets={"admin_key": other},
        )
    )
    with pytest.raises(PageRefused) as caught:
        next(connected.seen(None))
    assert caught.value.code == "cms_key_refused"
    assert "Unknown Admin API Key" in caught.value.message
    for wrong in ("nonsense", ADMIN_KEY[:-1] + "g"):
        with pytest.raises(Misconfigured) as refused:
            connect(
                SourceSettings(name="site", kind="ghost", options={"address": site.at}, secrets={"admin_key": wrong})
            )
        assert wrong not in str(refused.value)
    without = connect(SourceSettings(name="site", kind="ghost", options={"address": site.at}))
    with pytest.raises(Misconfigured, match="there is neither"):
        next(without.seen(None))


def test_keys_may_stand_in_the_environment(site, monkeypatch):
    identity = site.add()
    settings = SourceSettings(
        name="site",
        kind="ghost",
        options={
            "address": site.at,
            "allow_private": [site.at.removeprefix("http://")],
            "admin_key_variable": "OUR_GHOST_KEY",
        },
    )
    with pytest.raises(Misconfigured, match="OUR_GHOST_KEY"):
        connect(settings)
    monkeypatch.setenv("OUR_GHOST_KEY", ADMIN_KEY)
    assert connect(settings).fetch(ref(identity), None).title == "Ferry runs again"


def test_secrets_are_in_no_dump_and_no_trace():
    settings = SourceSettings(name="site", kind="ghost", secrets={"admin_key": ADMIN_KEY})
    assert ADMIN_KEY not in f"{settings!r}{settings.model_dump()}{settings.model_dump_json()}"
