"""The silence that a show has between what is spoken. Values only."""

from __future__ import annotations

from pydantic import Field

from briefing.values import Value


class Pauses(Value):
    """Silence after each kind of segment, in milliseconds, from sound to sound. Inside an article at most 950 count,
    since the ends of words are quiet themselves and no gap is to be longer than 1.2 s.
    """

    headline: int = Field(default=650, ge=0, le=1200)
    byline: int = Field(default=450, ge=0, le=1200)
    disclosure: int = Field(default=800, ge=0, le=1200)
    lead_in: int = Field(default=350, ge=0, le=1200)
    key_point: int = Field(default=450, ge=0, le=1200)
    heading: int = Field(default=500, ge=0, le=1200)
    body: int = Field(default=550, ge=0, le=1200)
    list_item: int = Field(default=400, ge=0, le=1200)
    after_list: int = Field(default=800, ge=0, le=1200)
    """After the last key point or list item."""
    quote: int = Field(default=600, ge=0, le=1200)
    table: int = Field(default=600, ge=0, le=1200)
    """After the line that names a table."""
    sentence: int = Field(default=300, ge=0, le=1200)
    """Between chunks of one segment."""
    before_heading: int = Field(default=900, ge=0, le=1200)
    """Before a heading, in place of the pause of what precedes it."""
    article: int = Field(default=1200, ge=0, le=3000)
    """Between two articles of a collection."""
