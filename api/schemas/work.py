"""What is asked and answered of briefings: made, followed, measured, with their voices and jingles."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas.base import Flag, Request, Text, Visibility
from api.schemas.editions import CORRECTION, EMBARGO, REPLACES, CorrectionRequest, Moment, Obstacle, Replaces
from briefing.articles.labels import MOST_LABELS
from briefing.podcasts.show import JinglePart, Paywall


class ArticleLabels(Request):
    """What an article is filed under; of kinds left out, what its page says counts. An empty list says: under none."""

    sections: list[Text] | None = Field(None, max_length=MOST_LABELS, examples=[["Politics"]])
    authors: list[Text] | None = Field(None, max_length=MOST_LABELS, examples=[["Olha Bondar"]])
    tags: list[Text] | None = Field(None, max_length=MOST_LABELS, examples=[["harbour", "no-podcast"]])


class PicksView(BaseModel):
    """The shows that list an article whatever their rules say."""

    article: str = Field(examples=["desk:ferry"])
    shows: list[str] = Field(examples=[["daily"]])


class BriefingRequest(Request):
    """Ask for the audio of one or more articles."""

    article_ids: list[Text] = Field(
        min_length=1,
        description="`source:id`, an ID alone where there is one source, or an address on a host of an `http` source.",
        examples=[["samples:harbour-bridge"]],
    )
    kind: Literal["story", "collection"] | None = Field(
        None, description="`story` for one article (the default for one), `collection` for several in full."
    )
    show: Text | None = Field(
        None, description="Home show; by default that of the first article's source.", examples=["ledger"]
    )
    voice: Text | None = Field(
        None, description="A voice of `GET /v1/voices`; by default the show's.", examples=["joe"]
    )
    priority: Literal["interactive", "bulk"] = Field("interactive", description="`bulk` gives way to interactive work.")
    estimate: Text | None = Field(
        None,
        description="An estimate that has these articles, for bulk work beyond what a key may ask for unconfirmed.",
    )
    confirm_cost: Flag = Field(default=False, description="That the cost of bulk work is known without an estimate.")
    labels: ArticleLabels | None = Field(None, description="Of the article, for the rules of shows; of one alone.")
    visibility: Visibility | None = Field(
        None,
        description="Who may hear it: noted of the article, of several articles of their briefing. What its show or "
        "another article of it says counts where that is more private.",
    )
    paywall: Paywall | None = Field(None, description="How far others hear it where it is for members.")
    embargo_until: Moment | None = Field(None, description=EMBARGO)


class RegenerateRequest(Request):
    """Make a briefing's audio again; takes are reused wherever the text is the same."""

    refetch: Flag = Field(
        default=True, description="Fetch the articles again; false keeps the text of the newest revision."
    )
    segments: list[Text] = Field(
        [], description="Segments to be read anew although their text is the same.", max_length=500
    )
    voice: Text | None = Field(None, description="Another voice; by default the one it has.")
    replaces: Replaces | None = Field(None, description=REPLACES)
    correction: CorrectionRequest | None = Field(None, description=CORRECTION)


class Progress(BaseModel):
    """How far a revision has come."""

    steps_done: int = Field(examples=[12])
    steps_total: int | None = Field(examples=[26], description="Null until the script is known.")
    audio_s: float = Field(examples=[81.4], description="Seconds of speech ready so far.")


class UnknownWordView(BaseModel):
    """A word that the engine has to guess."""

    word: str = Field(examples=["Bilohorivka"])
    count: int
    segments: list[str] = Field(description="IDs of the segments it stands in.")


class Failure(BaseModel):
    """Why a revision failed."""

    code: str = Field(examples=["article_empty"], description="Stable; see docs/errors.md.")
    message: str
    hint: str


class Waiting(BaseModel):
    """Why a revision that is being made does not go on just now."""

    code: str = Field(examples=["quiet_period"], description="Stable; see docs/errors.md.")
    message: str
    until: datetime | None = Field(description="When it goes on, where that is known.")


class FailedArticle(BaseModel):
    """An article that could not be measured."""

    article: str
    code: str = Field(examples=["article_not_found"])


class Estimate(BaseModel):
    """What articles would cost, as far as measured; `guessed` names what is guessed from measured rates."""

    id: str
    state: Literal["measuring", "ready", "failed"]
    articles_asked: int
    articles: int = Field(description="Measured so far.")
    failed: list[FailedArticle]
    characters: int
    characters_to_speak: int = Field(description="Of chunks that there is no take of.")
    chunks: int
    takes_existing: int
    audio_s: float
    audio_to_speak_s: float
    money: float = Field(description="By the voices' prices, in the newsroom's currency.")
    cpu_s: float
    cpu_unmeasured: bool = Field(description="Whether `cpu_s` lacks a local voice that nobody measured.")
    storage_bytes: int
    workers: int = Field(description="As set where the API runs.")
    wall_s: float = Field(description="`cpu_s` over `workers`, nothing else running.")
    guessed: list[str]
    links: dict[str, str]


class JingleView(BaseModel):
    """A newsroom's own jingle."""

    name: str = Field(examples=["morning"])
    part: JinglePart
    state: Literal["pending", "ready", "failed"] = Field(description="Of the newest upload.")
    seconds: float | None = Field(description="Null until one has been checked.")
    loudness_lufs: float | None = Field(description="Of its loudest 3 s, as dual mono (BS.1770).")
    usable: bool = Field(description="Whether a checked upload, this one or one before, can be used by shows.")
    error: Failure | None = Field(description="Why the newest upload was refused.")
    changed_at: datetime


class FindingView(BaseModel):
    """Something about the published addresses that is not as it should be."""

    code: str = Field(examples=["audio_range"])
    detail: str


class VerificationView(BaseModel):
    """What came of fetching the published audio as a podcast app would."""

    state: Literal["verified", "unverified", "failed"] = Field(
        description="`unverified`: the public address did not answer; `failed`: it answers otherwise than published."
    )
    findings: list[FindingView]
    checked_at: datetime


class Revision(BaseModel):
    """One attempt at a briefing's audio."""

    number: int
    state: Literal[
        "preparing", "speaking", "assembling", "publishing", "held", "live", "superseded", "retracted", "failed"
    ]
    voice: str = Field(description="Asked to speak the body.")
    cast: dict[str, str] | None = Field(
        description="Who speaks each part; null until known.",
        examples=[{"body": "joe", "headline": "joe", "quotes": "joe", "transitions": "joe"}],
    )
    requested_by: str
    created_at: datetime
    finished_at: datetime | None
    progress: Progress
    takes_reused: int | None = Field(description="Chunks that did not have to be spoken; null until known.")
    words: int | None
    unknown_words: list[UnknownWordView] | None = Field(
        description="Words that neither dictionary nor lexicon knows, the most frequent first; null until known."
    )
    warnings: list[dict[str, str]] = Field(
        description="What an editor should look at, each with its code: `voice_fallback` where another voice speaks."
    )
    verification: VerificationView | None = Field(description="Null until the published audio has been looked at.")
    waiting: Waiting | None = Field(description="Null while it goes on, and when it is finished.")
    approved_by: str | None = Field(None, description="Who approved it, where its show asks for a second person.")
    replaces: Replaces | None = Field(
        None, description="How it took the place of what was live before; null until then."
    )
    error: Failure | None


class Audio(BaseModel):
    """A published MP3."""

    url: str | None = Field(
        examples=["http://127.0.0.1:8000/audio/9f86d081….mp3"],
        description="Its bytes never change. Null for members' audio, whose addresses are signed.",
    )
    type: Literal["audio/mpeg"] = "audio/mpeg"
    bytes: int
    duration_s: float
    loudness_lufs: float | None = Field(description="Integrated, as dual mono (BS.1770).")
    true_peak_dbtp: float | None
    revision: int


class Briefing(BaseModel):
    """One or more articles to be heard as one MP3."""

    id: str = Field(examples=["5f2b8c1e9a7d4036"])
    kind: str
    show: str
    articles: list[str]
    state: str = Field(description="State of the newest revision.")
    revision: Revision = Field(description="The newest revision.")
    live: Audio | None = Field(description="What readers hear now; stays until a newer revision has passed its checks.")
    visibility: Visibility = Field(description="Who may hear it, by its show and its articles.")
    held_by: list[Obstacle] = Field(
        [],
        description="What keeps, or will keep, the newest revision from going live; where that is live already or "
        "failed, what editors have said of the next.",
    )
    scheduled_at: datetime | None = Field(
        None, description="When what is not live yet goes live, also where nothing is being made just now."
    )
    embargo_until: datetime | None = Field(None, description="Until when what is not live yet may not be.")
    withdrawn_at: datetime | None = Field(
        None, description="When it was withdrawn, live or not; null where it was not, or was asked for anew since."
    )
    disclosure: str
    links: dict[str, str]


class ScriptView(BaseModel):
    """The script of a revision, with times once it is assembled."""

    revision: int
    language: str
    title: str
    duration_s: float | None
    segments: list[dict[str, Any]] = Field(
        description="With `start_s` and `end_s`, and in `timing` how the times of its words came about: `exact` (the "
        "engine told), `aligned` (found in the sound) or `estimated` (shared out); null until assembled."
    )
    dropped: list[dict[str, str]]
    warnings: list[dict[str, str]] = Field(description="What an editor should look at, each with its code.")


class VoiceView(BaseModel):
    """A voice of the catalogue."""

    id: str
    name: str
    language: str
    engine: str
    licence: str
    attribution: str
