"""A live revision -> what somebody hears of it, and the files of that: all of it for everybody or for members, or its
preview for others.

Writes files; decides nothing about which of them are to be there (`worker.publish`, `worker.public.placing`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from briefing.articles.addresses import is_address
from briefing.audio import MASTER_RATE, Master
from briefing.errors import MasterRejected
from briefing.going_live.successors import replaced
from briefing.models import EpisodeRow, MasterRow, ShowRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import home_show
from briefing.public_names import briefing_folder, preview_folder
from briefing.speech import Cast
from briefing.transcript import CHAPTERS_NAME, TRANSCRIPT_TYPES
from briefing.values import ArticleRef, Card
from worker.credentials.source_type import source_type
from worker.history import Told, entries, files_of
from worker.public.companions import companions
from worker.public.successor_links import follow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow, RevisionRow
    from briefing.storage import BlobStorage
    from worker.public.public_files import PublicFiles


@dataclass(frozen=True)
class Heard:
    """What is heard of a live revision."""

    briefing: BriefingRow
    revision: RevisionRow
    master: Master
    card: Card
    folder: str
    """Where its companions lie for good."""
    access: Literal["public", "members", "preview"]
    whole_s: float
    """Seconds of all of it."""
    label: str = ""
    """What stands before a preview's title."""

    @property
    def title(self) -> str:
        """Its title, labelled where it is a preview."""
        return labelled(self.card.title, self.label) if self.access == "preview" else self.card.title


def labelled(title: str, label: str) -> str:
    """Return the title of a preview as apps and files show it."""
    return f"{label}: {title}"


def label_of(session: Session, briefing: BriefingRow) -> str:
    """Return what stands before the titles of a briefing's previews: its show's word as it is now."""
    return Show.stored(session.get_one(ShowRow, briefing.show).settings).preview_label


def master_of(session: Session, revision: RevisionRow) -> Master:
    """Return a finished revision's master."""
    return Master.stored(session.get_one(MasterRow, revision.master_key).content)


def whole(session: Session, briefing: BriefingRow, revision: RevisionRow, *, members: bool) -> Heard:
    """Return all of a revision, as everybody or `members` hear it."""
    master = master_of(session, revision)
    folder = briefing_folder(briefing.id, revision.number)
    access: Literal["public", "members"] = "members" if members else "public"
    return Heard(briefing, revision, master, Card.stored(revision.card), folder, access, master.seconds)


def preview(session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage) -> Heard | None:
    """Return what others hear of a revision that is for members; None for nothing, or where its MP3 is lost."""
    row = session.get(MasterRow, revision.preview_key) if revision.preview_key and revision.preview_card else None
    if row is None or not storage.intact(row.sha256):
        return None
    master = Master.stored(row.content)
    folder = preview_folder(briefing.id, revision.number, master.sha256)
    full = master_of(session, revision).seconds
    label = label_of(session, briefing)
    return Heard(briefing, revision, master, Card.stored(revision.preview_card), folder, "preview", full, label)


def own_article(session: Session, briefing: BriefingRow) -> ArticleRef | None:
    """Return the article whose own audio a briefing is: a story in the article's home show. Another show's reading of
    it is an episode there and nothing else.
    """
    ref = ArticleRef.parse(briefing.articles[0])
    return ref if briefing.kind == "story" and briefing.show == home_show(session, ref.source) else None


def write_companions(heard: Heard, storage: BlobStorage, files: PublicFiles) -> None:
    """Write transcripts and chapters. Raises StorageUnavailable, MasterRejected for a transcript that is lost."""
    show = Show.stored(heard.revision.show)
    audio = files.page_audio(heard.master.sha256)
    correction = heard.card.correction or ""
    beside = companions(heard.master, heard.title, show.title, storage, audio, correction)
    files.put_companions(heard.briefing.id, heard.folder, beside)


def write_picture(heard: Heard, storage: BlobStorage, files: PublicFiles) -> None:
    """Write the episode's own picture, if it has one that is not lost. Raises StorageUnavailable."""
    picture = heard.master.picture
    if picture is not None and storage.has(picture.sha256):
        files.put_picture(heard.folder, picture)


def write_article(session: Session, heard: Heard, files: PublicFiles) -> None:
    """Write the files of the article that a live story briefing is about, if its show is the article's home; and the
    audio JSON of whatever is for members. Raises StorageUnavailable.
    """
    ref = own_article(session, heard.briefing)
    if ref is None and not files.private:
        return
    episode = session.get_one(EpisodeRow, (heard.briefing.show, heard.briefing.id))
    told = audio_json(heard, episode, files)
    if files.private:
        files.put_briefing(heard.briefing.id, told)
    if ref is not None:
        files.put_article(ref, heard.master.sha256, told)


def write_history(session: Session, heard: Heard, files: PublicFiles) -> None:
    """Write what became of a briefing that everybody hears. Raises StorageUnavailable."""
    if heard.access == "public":
        files.put_history(heard.briefing.id, history_of(session, heard, files))


def history_of(session: Session, heard: Heard, files: PublicFiles) -> dict[str, bytes]:
    """Return what became of a briefing that everybody hears, as the public files tell it, by name."""
    card, briefing = heard.card, heard.briefing
    told = Told(
        briefing=briefing.id,
        title=card.title,
        language=card.language,
        show=Show.stored(heard.revision.show).title,
        article=card.link if card.link and is_address(card.link) else "",
        transcript=files.companion_address(heard.folder, "transcript.html") if heard.master.transcript else "",
        audio=files.audio_address(heard.master.sha256),
    )
    return files_of(told, entries(session, briefing, heard.revision))


def write_successors(session: Session, heard: Heard, files: PublicFiles) -> None:
    """Have the addresses of what everybody heard before lead to what they hear now. Raises StorageUnavailable."""
    if heard.access == "public":
        before = replaced(session, heard.briefing.id) - {heard.master.sha256}
        follow(files.storage, heard.briefing.id, heard.master.sha256, before)


def write(session: Session, heard: Heard, storage: BlobStorage, files: PublicFiles) -> None:
    """Write all of these files, but for a transcript that is lost. Raises StorageUnavailable."""
    files.put_audio(heard.master.sha256)
    # That is the doctor's to tell; for its sake nothing is to stay where it must not.
    with suppress(MasterRejected):
        write_companions(heard, storage, files)
    write_picture(heard, storage, files)
    write_article(session, heard, files)
    write_history(session, heard, files)
    write_successors(session, heard, files)


def audio_json(heard: Heard, episode: EpisodeRow, files: PublicFiles) -> dict[str, Any]:
    """Return what a website player needs to know of an article's audio."""
    briefing, revision, master, card = heard.briefing, heard.revision, heard.master, heard.card
    show = Show.stored(revision.show)
    return {
        "article": briefing.articles[0],
        "briefing": briefing.id,
        "revision": revision.number,
        "title": card.title,
        "byline": card.byline,
        "language": card.language,
        "access": heard.access,
        # What it takes to hear the rest: an address that the site's own server has signed for this reader.
        **({"needs": "membership", "whole_s": round(heard.whole_s, 3)} if heard.access == "preview" else {}),
        "url": files.audio_address(master.sha256),
        "type": "audio/mpeg",
        "bytes": master.bytes,
        "duration_s": round(master.seconds, 3),
        "disclosure": card.disclosure,
        "ai_content": True,
        "made": _made(revision),
        "show": show.slug,
        "show_title": show.title,
        "artwork": files.artwork_address(show.slug),
        # Where a player reports what is heard; not there where nobody wants to know.
        **({"plays": plays} if (plays := files.plays_address()) else {}),
        **({"reports": reports} if (reports := files.reports_address()) else {}),
        "article_url": card.link,
        "published_at": episode.published_at.isoformat(),
        **({"correction": card.correction} if card.correction else {}),
        **({"history_url": files.history_address(briefing.id)} if heard.access == "public" else {}),
        "updated_at": (revision.finished_at or episode.published_at).isoformat(),
        "chapters": [
            {"title": cue.title, "start_s": round(cue.start / MASTER_RATE, 3), "end_s": round(cue.end / MASTER_RATE, 3)}
            for cue in master.cues
            if cue.kind == "chapter"
        ],
        "chapters_url": files.companion_address(heard.folder, CHAPTERS_NAME),
        # Those of this very audio: a player must not meet a newer text with what it plays.
        "transcripts": [
            {"type": media_type, "url": files.companion_address(heard.folder, name)}
            for name, media_type in TRANSCRIPT_TYPES.items()
            if master.transcript
        ],
    }


def _has_music(show: Show, revision: RevisionRow) -> bool:
    opens_with = {"full": show.intro, "mark": show.mark, "none": None}[show.opening]
    between = show.transition if len(revision.versions or ()) > 1 else None
    return any(part is not None for part in (opens_with, show.outro, show.bed, between))


def _made(revision: RevisionRow) -> dict[str, Any]:
    """Return how the audio came about, in short what its content credentials say in full, for readers' eyes."""
    narrators = Cast.stored(revision.cast).narrators if revision.cast else ()
    return {
        "voices": [narrator.voice for narrator in narrators],
        "engines": list(dict.fromkeys(narrator.engine for narrator in narrators)),
        # As the content credentials have it.
        "source_type": source_type(
            (narrator.engine for narrator in narrators), has_more=_has_music(Show.stored(revision.show), revision)
        ),
        # Every MP3 is signed, or is not published (`worker.sign`).
        "signed": True,
    }
