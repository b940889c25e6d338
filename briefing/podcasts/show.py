"""A show: how its briefings sound and what its feed says. Values only; they are read from `briefcast.toml` by
`briefing.podcasts.newsroom` and stored by `briefing.podcasts.shows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from briefing.podcasts.categories import MOST_CATEGORIES, MOST_LETTERS, first_said, parts
from briefing.podcasts.pauses import Pauses
from briefing.podcasts.rules import Rules, Zone
from briefing.speech import Casting
from briefing.values import Value, is_name

if TYPE_CHECKING:
    from datetime import date, datetime

#: Spoken, shown and written into every file unless a show words it otherwise.
DISCLOSURE = "This audio is created with AI assistance."

#: Letters in which a show says how often there is something new, by the podcast namespace.
FREQUENCY_LETTERS = 128

#: Name of the jingles that ship with the product.
HOUSE_JINGLE = "house"


def _name(text: str) -> str:
    if not is_name(text):
        message = f"{text!r} is not a name: use letters, digits, '.', '_' and '-', at most 128"
        raise ValueError(message)
    return text


Name = Annotated[str, AfterValidator(_name)]


def _named(text: str) -> str:
    # Which one it is must not be told: what refuses settings is shown and logged.
    if sum(character.isalnum() for character in text) < 2:  # noqa: PLR2004
        message = "a name that must not be spoken has two letters at least"
        raise ValueError(message)
    return text


NeverSpoken = Annotated[str, Field(max_length=200), AfterValidator(_named)]

#: Names of one list.
MOST_NEVER_SPOKEN = 10_000

#: Fields of `Show` that came after the first release.
_ADDED = (
    "quiet",
    "budget",
    "stream",
    "rules",
    "new_feed",
    "owner_email",
    "frequency",
    "frequency_rule",
    "txt",
    "visibility",
    "preview",
    "preview_in_feed",
    "preview_label",
    "sign_off",
    "never_speak",
    "correction_note",
    "notices",
    "zone",
    "categories",
    "type",
)


def hold_for_older_workers(dumped: dict[str, Any], publish: str) -> None:
    """Have dumped settings tell workers of before holds and sign-off that a finished revision is held; those of now
    read what the show says itself.
    """
    dumped["publish_then"], dumped["publish"] = publish, "hold"
    if "publish_to_members" in dumped:
        dumped["publish_to_members"] = "hold"


class Quiet(Value):
    """How long a story's edits are waited for, in seconds, before audio that is live is made again."""

    seconds: int = Field(default=30, ge=0, le=3600)
    """After the last edit."""
    longest_s: int = Field(default=300, ge=0, le=86_400)
    """After the first, however many follow."""


class Budget(Value):
    """What a show may spend before its bulk work waits for the next day or month (UTC). None: no bound."""

    characters_a_day: int | None = Field(default=None, ge=0)
    characters_a_month: int | None = Field(default=None, ge=0)
    money_a_month: float | None = Field(default=None, ge=0)
    """In the currency of the voices' prices."""


class Paywall(Value):
    """How far of a briefing others hear what is for members: one of the three. Cut between two paragraphs."""

    paragraphs: int | None = Field(default=None, ge=0, le=1000)
    """So many paragraphs, list items and quotations, the headings before them too."""
    characters: int | None = Field(default=None, ge=0, le=1_000_000)
    """Those paragraphs of which no character lies beyond that many, as written."""
    seconds: float | None = Field(default=None, ge=0, le=3600)
    """Those paragraphs that are over by then, counted from the first word that is said."""

    @model_validator(mode="after")
    def _one(self) -> Paywall:
        if [self.paragraphs, self.characters, self.seconds].count(None) != 2:  # noqa: PLR2004  of three
            message = "a paywall is one of paragraphs, characters and seconds"
            raise ValueError(message)
        return self


class Notices(Value):
    """Who is told of a show's briefings that failed or are held."""

    of: tuple[Literal["failed", "held"], ...] = ("failed", "held")
    email: tuple[Annotated[str, Field(pattern=r"^[^\s@<>,]+@[^\s@<>,]+$", max_length=254)], ...] | None = Field(
        default=None, max_length=20
    )
    """Addresses in place of the deployment's; None: those."""


#: What a jingle is for.
JinglePart: TypeAlias = Literal["intro", "outro", "transition", "mark", "bed"]


class Voices(Value):
    """Who speaks what the body's voice does not: catalogue IDs. None: the body's voice."""

    headline: str | None = None
    quotes: str | None = None
    """Quotations that stand alone."""
    transitions: str | None = None
    """What leads from one article of a digest to the next."""


class Show(Value):
    """A podcast: how its briefings sound, what its feed says. A jingle is named by name or file; None for none."""

    slug: Name
    title: str
    description: str = ""
    author: str = ""
    link: str = ""
    """Web address of the show's site."""
    language: str = "en"
    category: str = "News"
    """One of Apple's podcast categories: the first, without what is below it."""
    categories: tuple[Annotated[str, Field(max_length=MOST_LETTERS)], ...] = Field(
        default=(), max_length=MOST_CATEGORIES
    )
    """All of them, such as "News > Politics", the most important first; empty: `category` alone. They are held against
    Apple's list where settings are read: what is stored may be older than the list."""
    explicit: bool = False
    type: Literal["episodic", "serial"] = "episodic"
    """Whether its episodes are heard the newest first, or one after the other from the first (`itunes:type`)."""
    voice: str | None = None
    """Catalogue ID of who speaks the body; None takes BRIEFCAST_VOICE."""
    voices: Voices = Voices()
    fallback: bool = True
    """Whether the catalogue's fallback may speak a whole briefing where a voice cannot; otherwise it fails."""
    disclosure: str = DISCLOSURE
    """Spoken and shown wherever the audio is."""
    intro: str | None = HOUSE_JINGLE
    outro: str | None = HOUSE_JINGLE
    transition: str | None = HOUSE_JINGLE
    """Between two articles of one programme."""
    mark: str | None = HOUSE_JINGLE
    """Opens a programme in place of the intro where `opening` says so."""
    bed: str | None = None
    """Loops quietly under the words that `bed_under` names."""
    opening: Literal["full", "mark", "none"] = "full"
    """What the programme opens with: the intro, the mark of a second (for shows heard in playlists), or the words."""
    bed_under: Literal["head", "whole"] = "head"
    """Headline, byline and disclosure of the first article, or all that is spoken."""
    artwork: str | None = None
    """Square JPEG or PNG of 1400 to 3000 pixels; None has one drawn from the title."""
    publish: Literal["auto", "hold"] = "auto"
    """Whether a finished revision goes live by itself."""
    loudness_lufs: float = Field(default=-16.0, ge=-24, le=-14)
    """Programme loudness as dual mono."""
    pauses: Pauses = Pauses()
    watermark: Name | None = None
    """Name of a watermark that every MP3 must carry; None for none. What does not carry it is not published."""
    quiet: Quiet = Quiet()
    """For edits that a CMS tells of."""
    budget: Budget = Budget()
    stream: bool = False
    """Whether a new story can be heard while it is still being made; see `worker.stream`."""
    rules: Rules | None = None
    """Which episodes it lists; None: all that it is the home of."""
    new_feed: str = Field(default="", pattern=r"^$|^https?://[^\s<>]+$")
    """Address that apps are to go to from now on (`itunes:new-feed-url`); empty: they stay."""
    owner_email: str = Field(default="", pattern=r"^$|^[^\s@<>]+@[^\s@<>]+$")
    """Who answers for the show, for directories that verify by e-mail; public. Empty: nobody is named."""
    frequency: str = Field(default="", max_length=FREQUENCY_LETTERS)
    """How often there is something new, in words (`podcast:updateFrequency`)."""
    frequency_rule: str = Field(default="", pattern=r"^$|^[A-Z0-9=;,:+-]+$")
    """The same as a recurrence rule of iCalendar, such as FREQ=DAILY."""
    txt: dict[str, str] = Field(default_factory=dict)
    """Free texts for directories, by purpose, such as `verify` (`podcast:txt`)."""

    visibility: Literal["public", "members"] = "public"
    """Who hears its briefings; an article's or a briefing's own visibility counts only where it is more private."""
    preview: Paywall | None = Paywall(seconds=60)
    """How far others hear what is for members, where nothing else is said of it; none for not at all."""
    preview_in_feed: bool = False
    """Whether the public feed lists the previews of what is for members, or nothing of it."""

    preview_label: str = "Preview"
    """What stands before a preview's title."""
    notices: Notices = Notices()

    sign_off: bool = False
    """Whether somebody other than its makers must approve a revision before it goes live."""
    never_speak: tuple[NeverSpoken, ...] = Field(default=(), max_length=2 * MOST_NEVER_SPOKEN)
    """Names that must never be spoken or published; see `briefing.pronunciations.never_speak`."""
    correction_note: Literal["spoken", "shown", "none"] = "shown"
    """Whether a correction that a CMS or an editor told of is spoken, only shown beside the audio, or neither."""
    zone: Zone | None = None
    """Where the show's days begin and end, as corrections are dated; None: as its rules say, else UTC."""

    @model_serializer(mode="wrap")
    def _known_to_older_workers(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is as usual: a worker of before these fields refuses settings that have them. And have one
        that does not know of members hold what is theirs, which it would publish for everybody.
        """
        dumped: dict[str, Any] = dump(self)
        for name in _ADDED:
            if getattr(self, name) == type(self).model_fields[name].get_default(call_default_factory=True):
                dumped.pop(name, None)
        if self.visibility == "members":
            dumped["publish"], dumped["publish_to_members"] = "hold", self.publish
        if self.sign_off or self.never_speak:
            hold_for_older_workers(dumped, self.publish)
        return dumped

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, given: Any) -> Any:  # noqa: ANN401  whatever is validated
        """Read what older workers are told otherwise, and `preview = false`: TOML has no word for nothing."""
        if not isinstance(given, dict):
            return given
        told = ("publish_to_members", "publish_then")
        rest = {name: value for name, value in given.items() if name not in told}
        for name in told:
            if name in given:
                rest["publish"] = given[name]
        if rest.get("preview") is False:
            rest["preview"] = None
        return first_said(rest)

    @model_validator(mode="after")
    def _filed(self) -> Show:
        if self.categories and parts(self.categories[0])[0] != self.category:
            message = f"show {self.slug!r} has both category and categories, which begin with another; leave one out"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _disclosed(self) -> Show:
        if not self.disclosure.strip():
            message = f"show {self.slug!r} has an empty disclosure; word it, it cannot be left out"
            raise ValueError(message)
        return self

    @property
    def filed_under(self) -> tuple[str, ...]:
        """Its categories as they are written."""
        return self.categories or (self.category,)

    def day_of(self, moment: datetime) -> date:
        """Return the show's day of a moment, by its own clock."""
        return moment.astimezone(ZoneInfo(self.clock or "UTC")).date()

    @property
    def clock(self) -> str | None:
        """Its time zone; None where neither it nor its rules name one."""
        return self.zone or (self.rules.timezone if self.rules else None)

    def casting(self, default: str, sole: str | None = None) -> Casting:
        """Return who is to speak: `sole` everything, where it is asked for; else the show's voices.

        `default` speaks the body where the show names nobody.
        """
        if sole is not None:
            return Casting(body=sole)
        return Casting(body=self.voice or default, **self.voices.model_dump())
