"""What a feed that was taken out names is taken out with it, and what led to its episodes leads to them there."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta

from briefing.models import EpisodeRow
from tests.support.asking import again, ask
from tests.support.newsroom import ARTICLE, work_off
from worker.feeds import show_feed
from worker.moving.moving_out import take_out

THERE = "https://new.example/pod"


def test_what_was_changed_is_taken_out_with_its_history_and_old_addresses(place, tmp_path, monkeypatch):
    # Given a story whose audio was replaced, and an older one on a page of the archive
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    (tmp_path / "articles" / "old.md").write_text(ARTICLE.replace("ferry", "boat"))
    briefing, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    old, _, _ = ask(place, "old", now=datetime.now(UTC))
    work_off(place)
    before = {file.name for file in place.files.storage.files("audio")}
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE + "\n\nAnd it rains.\n")
    monkeypatch.setattr(show_feed, "FEED_ITEMS", 1)
    monkeypatch.setattr(show_feed, "SURE_ITEMS", 1)
    with place.database.writing() as session:
        session.query(EpisodeRow).filter_by(briefing_id=old).update({"published_at": datetime.now(UTC) - timedelta(90)})
    again(place, briefing, now=datetime.now(UTC) + timedelta(hours=1))
    work_off(place)
    # When the show is taken out
    out = tmp_path / "out"
    done = take_out(place, "daily", out, THERE)
    assert (done.episodes, done.lost) == (2, ())
    # Then each address of ours in the feed is a file, or a folder with a page
    feed = (out / "shows/daily/feed.xml").read_text()
    named = set(re.findall(rf"{THERE}/([^\"<&]+)", feed))
    assert f"briefings/{briefing}/history" in named
    assert [path for path in named if not ((out / path).is_file() or (out / path / "index.html").is_file())] == []
    page = (out / "briefings" / briefing / "history" / "index.html").read_text()
    inside = re.findall(rf"{THERE}/([^\"<&]+)", page)
    assert inside
    assert [path for path in inside if not (out / path).is_file()] == []
    # And what readers may have here leads to what is there
    with (out / "redirects.csv").open() as file:
        redirects = {row["old"].removeprefix(f"{place.files.address}/"): row["new"] for row in csv.DictReader(file)}
    assert before <= set(redirects)
    archive = [file.name for file in place.files.storage.files("shows/daily/archive")]
    assert archive
    assert {redirects[name] for name in archive} == {f"{THERE}/shows/daily/feed.xml"}
    assert redirects[f"briefings/{briefing}/history"] == f"{THERE}/briefings/{briefing}/history"
    alias = redirects["articles/desk/ferry.mp3"].removeprefix(f"{THERE}/")
    assert (out / alias).is_file()
    assert all((out / new.removeprefix(f"{THERE}/")).exists() for new in redirects.values())
