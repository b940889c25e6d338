"""Plots of an audience: where their points and bars stand, and that the pages draw those."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from api.desk import plots
from briefing.models import AudienceRow
from tests.desk.conftest import FERRY

LEFT, TOP, WIDE, FULL = 72, 24, 520, 128


def points(text):
    return [tuple(map(float, point.split(","))) for point in text.split()]


def test_a_curve_has_a_point_in_the_middle_of_each_part():
    drawn = plots.curve([1.0, 0.5, 0.25, 0.0], [(0.0, "0:00"), (1.0, "1:40")])
    assert points(drawn.line) == [(137.0, 24.0), (267.0, 88.0), (397.0, 120.0), (527.0, 152.0)]
    # The area goes down to the ground at both ends
    assert points(drawn.area) == [(137.0, 152.0), *points(drawn.line), (527.0, 152.0)]
    assert drawn.below == ((72.0, "0:00"), (592.0, "1:40"))
    assert drawn.beside == ((152.0, "0%"), (88.0, "50%"), (24.0, "100%"))
    # What is more than all, by rounding, stays on the plot
    assert points(plots.curve([1.2], []).line) == [(332.0, 24.0)]


def test_standing_bars_are_as_high_as_their_values():
    drawn = plots.bars([40.0, 10.0, 0.0], ["a", "b", "c"], ["4", "1", "0"])
    assert [(bar.y, bar.height) for bar in drawn] == [(24.0, 128.0), (120.0, 32.0), (152.0, 0.0)]
    assert all(bar.y + bar.height == TOP + FULL for bar in drawn), "they stand on one line"


def test_lying_bars_are_as_long_as_their_values_and_have_their_words():
    drawn = plots.rows([40, 10, 0], ["Ferry runs again", "w" * 100, "Nobody"], ["40", "10", "0"])
    assert [row.width for row in drawn.rows] == [490.0, 122.5, 0.0]
    assert [row.y for row in drawn.rows] == [28.0, 84.0, 140.0]
    assert [row.at for row in drawn.rows] == [496.0, 128.5, 6.0], "what is told stands at the end of the bar"
    assert drawn.height == 168
    assert [row.told for row in drawn.rows] == ["40", "10", "0"]
    assert drawn.rows[0].label == "Ferry runs again"
    assert drawn.rows[1].label == "w" * 43 + "…"
    # None, and nothing but nothing, divide by nothing
    assert plots.rows([], [], []) == plots.Rows((), 0)
    assert plots.rows([0, 0], ["a", "b"], ["0", "0"]).rows[1].width == 0.0


@pytest.fixture(scope="module")
def heard(stand):
    """Figures of two articles in two shows."""
    stand.write("quiet", FERRY.replace("Ferry runs", "Ferry quiet runs"))
    stand.ask("signed:quiet")
    shares = [1 - part / 200 for part in range(100)]
    with stand.place.database.writing() as session:
        for show, article, plays in (("daily", "desk:ferry", 40), ("signed", "signed:quiet", 10)):
            heard = [round(plays * 1000 * share) for share in shares]
            session.add(
                AudienceRow(
                    day=datetime.now(UTC).date().isoformat(), show=show, sha256=show[0].encode().hex() * 32, article=article,
                    briefing_id=stand.briefings[article], revision=1, duration_ms=100_000, plays=plays, completed=0,
                    downloads=0, heard_ms=heard, **{f"quarter_{n + 1}_ms": sum(heard[n * 25 : n * 25 + 25]) for n in range(4)},
                )
            )  # fmt: skip
    return shares


def bars_of(page, caption):
    """The lying bars of a figure as the browser has them: label, width, what is told."""
    figure = page.locator("figure", has_text=caption)
    labels = figure.locator("svg text").all_text_contents()
    widths = [float(bar.get_attribute("width")) for bar in figure.locator("rect").all()]
    return list(zip(labels[::2], widths, labels[1::2], strict=True))


def test_the_page_draws_plays_by_article_by_show_and_by_second(stand, heard):
    # Given figures of two stories / When an editor opens the audience
    page = stand.page(path="/desk/audience")
    # Then each has its bar, in measure, and the table beside it says the same
    assert bars_of(page, "Plays by article") == [
        ("Ferry runs again", 490.0, "40"),
        ("Ferry quiet runs again", 122.5, "10"),
    ]
    assert bars_of(page, "Plays by show") == [("The Test Ledger", 490.0, "40"), ("The signed show", 122.5, "10")]
    for name, column in (("By article", 3), ("By show", 2)):
        plays = page.get_by_role("table", name=name).locator(f"tbody tr > :nth-child({column})").all_text_contents()
        assert [int(re.match(r"\d+", text)[0]) for text in plays] == [40, 10], name
    # And a picture has its words for who does not see it
    names = page.locator("svg[role=img]").evaluate_all(
        "all => all.map(one => document.getElementById(one.getAttribute('aria-labelledby')).textContent.trim())"
    )
    assert len(names) == 3
    assert all(names)
    # When one show is chosen / Then its articles alone are drawn
    page.goto("/desk/audience?show=signed")
    assert bars_of(page, "Plays by article") == [("Ferry quiet runs again", 490.0, "10")]
    # And a story's curve has a point for each hundredth of it, where that share of plays heard it
    page.goto("/desk/audience/desk/ferry")
    drawn = points(page.locator("polyline.curve").get_attribute("points"))
    wanted = [(LEFT + (part + 0.5) * WIDE / 100, TOP + FULL * (1 - share)) for part, share in enumerate(heard)]
    assert len(drawn) == 100
    assert [pytest.approx(point, abs=0.06) for point in wanted] == drawn
    assert page.troubles == []


def test_a_phone_shows_plots_no_wider_than_itself(stand, heard):
    page = stand.page(viewport={"width": 390, "height": 780}, color_scheme="dark")
    for path in ("/desk/audience", "/desk/audience/desk/ferry"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for plot in page.locator("svg.plot").all():
            box = plot.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            # No label runs over an edge, at the size that a phone has
            for text in plot.locator("text").all():
                inside = text.bounding_box()
                assert inside["x"] >= box["x"] - 1, text.text_content()
                assert inside["x"] + inside["width"] <= box["x"] + box["width"] + 1, text.text_content()
    assert page.troubles == []
