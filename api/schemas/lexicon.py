"""What is asked and answered of pronunciations: what they change, how they sound, who complains of which word."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from api.schemas.base import Flag, Request, Text
from briefing.pronunciations.word_lists import MOST_CHARACTERS


class WordRequest(Request):
    """The word of a pronunciation, and whose it is."""

    written: Text = Field(min_length=1, max_length=100, examples=["Makiivka"])
    language: Text = Field("", max_length=35, description="Of the texts; empty for any.", examples=["en"])
    show: Text | None = Field(None, description="A show's own; by default the newsroom's, for all shows.")


class PronunciationRequest(WordRequest):
    """A pronunciation: one of `spoken`, `ipa`, `say`; with `ipa`, `spoken` is for voices that take no phonemes."""

    spoken: Text = Field("", max_length=200, description="In other letters or words.", examples=["Makee-yivka"])
    ipa: Text = Field("", max_length=200, description="In the International Phonetic Alphabet.")
    say: Literal["", "letters", "word"] = Field("", description="Letter by letter, or as a word.")
    case_sensitive: Flag | None = Field(None, description="By default where capitals stand inside the word.")
    note: Text = Field("", max_length=500)

    @property
    def fields(self) -> dict[str, object]:
        """As `briefing.pronunciations.lexicon.make_entry` takes them."""
        kind = self.say or ("ipa" if self.ipa else "alias")
        value = self.ipa or self.spoken
        return {
            "written": self.written,
            "language": self.language,
            "kind": kind,
            "value": value,
            "alias": self.spoken if self.ipa else "",
            "case_sensitive": self.case_sensitive,
            "note": self.note,
        }


class ChangeRequest(PronunciationRequest):
    """A pronunciation that is to be, or with `remove` is to be no more."""

    remove: Flag = Field(default=False, description="Take back what was recorded for the word.")

    @model_validator(mode="after")
    def _said(self) -> ChangeRequest:
        if not self.remove and not (self.spoken or self.ipa or self.say):
            message = "say how: spoken, ipa or say"
            raise ValueError(message)
        return self


class RespeakRequest(ChangeRequest):
    """A pronunciation that is to count for what is published already."""

    briefings: int | None = Field(
        None, ge=0, description="How many `POST /v1/lexicon/radius` said; refused where it is more by now."
    )
    confirm_cost: Flag = Field(default=False, description="Instead of `briefings`: however many they are.")


class EntryView(BaseModel):
    """A pronunciation."""

    written: str
    language: str
    kind: Literal["alias", "ipa", "letters", "word"]
    value: str
    alias: str
    case_sensitive: bool
    note: str
    show: str | None
    origin: Literal["desk", "file"] = Field(description="By hand, or of the settings file, which keeps it.")


class EntryChanged(BaseModel):
    """What a pronunciation is now, and was."""

    entry: EntryView | None
    before: EntryView | None


class ConcernedView(BaseModel):
    """A live briefing that says the word."""

    briefing: str
    show: str
    title: str
    article: str
    plays: int = Field(description="In the last 30 days.")
    count: int = Field(description="How often the word stands in it.")
    takes: int
    audio_s: float


class VoiceInUse(BaseModel):
    """A voice that says the word somewhere."""

    voice: str
    briefings: int


class RadiusFigures(BaseModel):
    """What is concerned of all that is live; each number is "at most"."""

    briefings: int
    segments: int
    takes: int = Field(description="To be spoken anew, if none of them is there.")
    audio_s: float = Field(description="Of those takes.")
    programme_s: float = Field(description="Of the briefings, which are put together anew.")
    characters: int
    money: float
    cpu_s: float
    cpu_unmeasured: bool
    wall_s: float = Field(description="With all embedded workers at it.")
    storage_bytes: int
    voices: list[VoiceInUse]
    first: list[ConcernedView] = Field(description="The most heard, then the newest.")


class RadiusView(RadiusFigures):
    """What a pronunciation changes of all that is live; each number is "at most"."""

    written: str
    changes: Literal["adds", "replaces", "removes", "nothing"]
    before: EntryView | None


class ListRequest(Request):
    """A list of pronunciations."""

    content: Text = Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="A table whose first line names its columns (commas, semicolons or tabs), or a PLS 1.0 document.",
        examples=["written,spoken\nMakiivka,Makee-yivka\n"],
    )
    language: Text = Field("", max_length=35, description="Of the texts, where a line says nothing of it.")
    show: Text | None = Field(None, description="A show's own; by default the newsroom's, for all shows.")


class ListRespeakRequest(ListRequest):
    """A list that is to count for what is published already."""

    briefings: int | None = Field(
        None, ge=0, description="How many `POST /v1/lexicon/imports/radius` said; refused where it is more by now."
    )
    confirm_cost: Flag = Field(default=False, description="Instead of `briefings`: however many they are.")


class WordChange(BaseModel):
    """A pronunciation before and after."""

    before: EntryView | None
    after: EntryView | None


class ListChanged(BaseModel):
    """What a list changes of what is recorded."""

    new: int
    replaced: int
    unchanged: int
    changes: list[WordChange] = Field(description="The first 200, replaced ones before new ones.")


class ListRadiusView(ListChanged, RadiusFigures):
    """What a list changes, of what is recorded and of all that is live; each number of the latter is "at most"."""


class PlaceView(BaseModel):
    """A briefing of a respeak."""

    briefing: str
    title: str
    state: str = Field(description="Of the revision made for it; `waiting` before there is one.")


class RespeakView(BaseModel):
    """Pronunciations changed, and what says their words made again."""

    id: str
    state: Literal["recording", "recorded", "undone"]
    show: str | None
    words: int = Field(description="Pronunciations: one, or those of a list.")
    written: str = Field(description="The one word; empty for a list, as are the next three.")
    language: str
    before: EntryView | None
    after: EntryView | None
    changes: list[WordChange] = Field(description="The first 50.")
    undoes: str | None = Field(description="The respeak that this takes back.")
    total: int
    waiting: int
    making: int
    done: int
    failed: int
    passed_over: int = Field(description="Withdrawn before their turn came, or nobody could make them again.")
    created_at: datetime
    by: str
    first: list[PlaceView]
    links: dict[str, str]


class SampleRequest(WordRequest):
    """How a pronunciation sounds; without one, how the word is said now."""

    spoken: Text = Field("", max_length=200)
    ipa: Text = Field("", max_length=200)
    say: Literal["", "letters", "word"] = ""
    voice: Text = Field(examples=["joe"])
    phrase: Text = Field("", max_length=200, description="In which the word stands; by default the word alone.")


class SampleView(BaseModel):
    """A sample, or where it stands."""

    id: str
    state: Literal["making", "ready", "failed"]
    voice: str
    phrase: str
    spoken: str | None = Field(description="What the voice was given to say.")
    seconds: float | None
    error_code: str | None
    error: str | None
    links: dict[str, str]


class GuessedView(BaseModel):
    """An unknown word: no dictionary of ours has it, so that the voice guesses it."""

    word: str
    briefings: int
    count: int
    plays: int = Field(description="Of those briefings, in the last 30 days.")


class GuessedWords(BaseModel):
    """Unknown words of what is live."""

    words: list[GuessedView]


class ReportView(BaseModel):
    """A word that listeners heard said wrongly."""

    id: str
    word: str
    count: int = Field(description="How many told so.")
    state: Literal["open", "closed"]
    briefing: str
    show: str
    article: str
    title: str
    revision: int
    at_s: float = Field(description="Where in that revision's audio.")
    plays: int
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    closed_by: str | None


class Reports(BaseModel):
    """Some of them."""

    reports: list[ReportView]


class WordReport(BaseModel):
    """What a player sends of a word."""

    article: str = Field(examples=["desk:ferry"])
    revision: str = Field(description="The MP3's sha256.")
    word: str
    at_s: float
