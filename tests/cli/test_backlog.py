"""The back catalogue: listed by date and section, priced, and asked for only when somebody said yes to the cost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from briefing.models import AuditRow, BriefingRow, RevisionRow
from tests.support.answering import answering
from tests.support.command import briefcast
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.site import PAGE


@pytest.fixture
def archive(tmp_path):
    """A newsroom with a map of four articles, and what it has asked for."""
    with answering() as site:
        rows = [
            ("/politics/ferry", "2026-05-10"),
            ("/sport/crane", "2026-05-11"),
            ("/politics/old", "2019-01-01"),
            ("/about", ""),
        ]
        entries = "".join(
            f"<url><loc>{site.address}{path}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
            for path, day in rows
        )
        site.put("/map.xml", f"<urlset>{entries}</urlset>", "application/xml")
        for path, _ in rows:
            site.put(path, PAGE)
        toml = f'{PLAIN}\n[[sources]]\nname = "archive"\nkind = "sitemap"\naddress = "{site.address}/map.xml"\nallow_private = ["{site.host}"]\n'
        place = make_place(tmp_path, toml)
        yield place, site
        place.database.dispose()


def asked(place):
    with place.database.reading() as session:
        return session.execute(select(BriefingRow.articles, RevisionRow.queue).join(RevisionRow)).all()


def listed(*arguments):
    done = briefcast("backlog", "archive", *arguments)
    assert done.returncode == 0, done.stderr
    return [line.rsplit("/", 1)[1] for line in done.stdout.splitlines() if "archive:" in line]


def test_articles_are_listed_by_date_and_section(archive):
    assert listed("--list") == ["ferry", "crane", "old", "about"]
    assert listed("--list", "--since", "2026-05-10") == ["ferry", "crane"]
    assert listed("--list", "--since", "2026-05-10", "--until", "2026-05-10") == ["ferry"]
    assert listed("--list", "--section", "Politics") == ["ferry", "old"]
    assert listed("--list", "--section", "politics", "--section", "sport", "--limit", "2") == ["ferry", "crane"]
    # Then no page was fetched for it
    assert {path for path, _ in archive[1].asked} == {"/map.xml"}


def test_the_cost_comes_first_and_nothing_is_asked_for_without_a_yes(archive):
    place, _ = archive
    shown = briefcast("backlog", "archive", "--section", "politics")
    assert "articles     2" in shown.stdout
    assert "nothing has been asked for" in shown.stdout
    refused = briefcast("backlog", "archive", "--section", "politics", "--ask", text="n\n")
    assert "have 2 articles spoken for the show 'daily', in bulk?" in refused.stdout
    assert asked(place) == []


def test_with_a_yes_it_is_made_in_bulk_and_left_out_the_next_time(archive):
    place, site = archive
    site.put("/sport/crane", b"<html><body></body></html>")
    done = briefcast("backlog", "archive", "--since", "2026-01-01", "--ask", text="y\n")
    assert "cannot be read [article_empty]" in done.stderr
    assert "1 briefings are asked for" in done.stdout
    assert [queue for _, queue in asked(place)] == ["bulk"]
    with place.database.reading() as session:
        assert session.scalars(select(AuditRow.detail).where(AuditRow.action == "ask")).all() == ["bulk"]
    work_off(place)
    with place.database.reading() as session:
        assert session.scalars(select(RevisionRow.state)).all() == ["live"]
    assert listed("--list", "--since", "2026-01-01") == ["crane"]
    assert "2 briefings are asked for" in briefcast("backlog", "archive", "--ask", "--yes", "--limit", "9").stdout
    assert len(asked(place)) == 3


def test_a_folder_lists_its_files_and_pages_by_address_list_nothing(archive, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    assert "desk:ferry" in briefcast("backlog", "desk", "--list").stdout
    assert "no article" in briefcast("backlog", "desk", "--list", "--since", "2026-01-01").stdout
    assert briefcast("backlog", "site").returncode == 2
    assert briefcast("backlog", "nowhere").returncode == 3
