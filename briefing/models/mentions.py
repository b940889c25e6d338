"""Which live revision says which word, found without reading scripts (`briefing.pronunciations.mentions`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class WordRow(Base):
    """A word as it was written somewhere, case and all."""

    __tablename__ = "words"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(64), unique=True)


class VocabularyRow(Base):
    """That the words of a revision are in `mentions`, and what all of them have in common."""

    __tablename__ = "vocabularies"
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True, autoincrement=False)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), index=True)
    show: Mapped[str] = mapped_column(String(128))
    """Whose pronunciations count for it."""
    language: Mapped[str] = mapped_column(String(35))
    voice: Mapped[str] = mapped_column(String(128))
    """The body's."""
    audio_ms: Mapped[int] = mapped_column(BigInteger)
    """Of all its takes."""
    segments: Mapped[int | None]
    """All of them, as are the next two; None where the words were noted before these were."""
    takes: Mapped[int | None]
    characters: Mapped[int | None]


class MentionRow(Base):
    """A word in a revision, and how much is spoken anew where it is said otherwise."""

    __tablename__ = "mentions"
    __table_args__ = (
        Index("mentions_of_revision", "revision_id"),
        Index("mentions_guessed", "word_id", sqlite_where=text("guessed"), postgresql_where=text("guessed")),
        # There are hundreds for each revision: one tree is half of two.
        {"sqlite_with_rowid": False},
    )
    word_id: Mapped[int] = mapped_column(ForeignKey("words.id"), primary_key=True, autoincrement=False)
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("vocabularies.revision_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    count: Mapped[int]
    """How often it stands in the script."""
    segments: Mapped[int]
    """In which it stands; the rest is of them."""
    takes: Mapped[int]
    characters: Mapped[int]
    audio_ms: Mapped[int]
    guessed: Mapped[bool]
    """Whether it is an unknown word, as the revision was prepared."""


class GuessRow(Base):
    """How often an unknown word is in what is live, as it was counted last; see `briefing.pronunciations.guessed`."""

    __tablename__ = "guesses"
    __table_args__ = (Index("guesses_by_plays", "show", "plays", "count", "word_id"),)
    show: Mapped[str] = mapped_column(String(128), primary_key=True)
    """Empty for all shows together."""
    word_id: Mapped[int] = mapped_column(ForeignKey("words.id"), primary_key=True, autoincrement=False)
    briefings: Mapped[int]
    count: Mapped[int]
    """How often it stands in them."""
    plays: Mapped[int]
    """Of those briefings, in the last 30 days."""
