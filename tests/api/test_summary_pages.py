"""A list of summaries that is longer than an answer says where it goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from briefing.models import SummaryRow

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def test_summaries_are_read_to_the_end_page_by_page(client, place):
    # Given seven that wait
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    with place.database.writing() as session:
        for number in range(7):
            session.add(
                SummaryRow(
                    id=f"{number:016x}", briefing_id=briefing, article="desk:ferry", source_sha256=f"{number:064x}",
                    model="m", recipe="1", state="waiting", text="Said.", text_sha256="0" * 64, reasons=[], edited=False,
                    created_at=NOW + timedelta(minutes=number),
                )
            )  # fmt: skip
    # When each page is asked for that the one before names / Then all are there, the newest first, each once
    read, following = [], "/v1/summaries?state=waiting&limit=3"
    while following:
        answer = client.get(following).raise_for_status()
        read.append([int(one["id"], 16) for one in answer.json()])
        following = answer.links.get("next", {}).get("url")
    assert read == [[6, 5, 4], [3, 2, 1], [0]]
