"""A caller's request -> what is wanted: checks articles, show and voice before anything is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from api.editions import within_a_year
from api.problems import Problem
from briefing.accounts.keys import Scope
from briefing.articles import sites
from briefing.articles.addresses import canonical_address, is_address
from briefing.articles.labels import Labels
from briefing.going_live import openings
from briefing.models import ArticleRow, ShowRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import home_show, listed_shows, listed_sources
from briefing.requesting.asking import Embargo, Wanted
from briefing.states import Queue
from briefing.values import ArticleRef, Correction, is_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from api.context import Context
    from api.schemas import BriefingRequest, CorrectionRequest, Replaces, Request
    from briefing.accounts.keys import Caller
    from briefing.podcasts.newsroom import SourceSettings


def read_request(session: Session, body: BriefingRequest, caller: Caller, context: Context) -> Wanted:
    """Return what `body` asks for. Raises Problem for articles, shows or voices that cannot be meant."""
    if len(body.article_ids) > context.limits.articles:
        raise Problem("too_many_articles", f"{len(body.article_ids)} articles; the limit is {context.limits.articles}")
    found = named_articles(session, body.article_ids)
    refs = tuple(ref for ref, _ in found)
    show = named_show(session, body.show or home_show(session, refs[0].source))
    casting = show.casting(context.speech.voice, sole=body.voice)
    for voice in casting.voices:
        check_voice(voice, context)
    kind = body.kind or ("story" if len(refs) == 1 else "collection")
    if kind == "story" and len(refs) > 1:
        raise Problem("invalid_request", "a story is one article; several make a collection")
    if body.labels is not None and len(refs) > 1:
        raise Problem("invalid_request", "labels are of one article; these are several")
    return Wanted(
        show=show.slug,
        kind=kind,
        articles=refs,
        casting=casting,
        queue=Queue(body.priority),
        requested_by=caller.name,
        requester=caller.key_id,
        voice_named=body.voice is not None,
        labels=Labels.model_validate(body.labels.model_dump()) if body.labels else None,
        visibility=body.visibility,
        paywall=body.paywall,
        addresses={str(ref): address for ref, address in found if address},
        embargo=_embargo(body),
    )


def _embargo(body: BriefingRequest) -> Embargo | None:
    if "embargo_until" not in body.model_fields_set:
        return None
    within_a_year(body.embargo_until, datetime.now(UTC))
    return Embargo(body.embargo_until)


#: What a request may say of an audience beside what it asks for.
_SAID = ("visibility", "paywall", "embargo_until")


def check_openings(session: Session, wanted: Wanted, caller: Caller) -> None:
    """Raise Problem where something would be made more public than it is, and the caller may not publish."""
    if caller.may(Scope.PUBLISH):
        return
    if opened := openings.opened_by(session, wanted):
        detail = (
            f"{' and '.join(opened)} would make public what is not; the key {caller.name!r} lacks the scope 'publish'"
        )
        raise Problem("scope_missing", detail, "Leave it out, or make a key that has it with `briefcast keys create`.")


def said_of_audience(body: Request) -> str:
    """Return what a request says of who may hear it, how far and when, for the audit; empty where it says nothing."""
    said = body.model_dump(mode="json", include=set(_SAID), exclude_unset=True)
    # Null ends an embargo, and says nothing of the others.
    told = {name: value for name, value in said.items() if value is not None or name == "embargo_until"}
    return json.dumps(told) if told else ""


def corrects(replaces: Replaces | None, correction: CorrectionRequest | None) -> bool:
    """Tell whether a request is of a correction. Raises Problem where it says both."""
    if replaces == "update" and correction is not None:
        raise Problem("invalid_request", "an update is no correction: leave `replaces` or `correction` out")
    return replaces == "correction" or correction is not None


def read_correction(
    session: Session, correction: CorrectionRequest | None, show: str, now: datetime
) -> Correction | None:
    """Return what is told of a correction in a show; made today by the show's clock, where no day is named."""
    if correction is None:
        return None
    day = correction.at or Show.stored(session.get_one(ShowRow, show).settings).day_of(now)
    return Correction(at=day, note=correction.note)


def named_articles(session: Session, texts: Sequence[str]) -> list[tuple[ArticleRef, str | None]]:
    """Return the articles that `texts` name, and the addresses of those named by one. Raises Problem."""
    sources = list(listed_sources(session).values())
    return [_known(session, *_article(text, sources)) for text in texts]


def _known(session: Session, ref: ArticleRef, address: str | None) -> tuple[ArticleRef, str | None]:
    """Return the article by the ID under which its source has told of that address before."""
    if address is None:
        return ref, None
    same = (ArticleRow.source == ref.source, ArticleRow.address == address)
    told = session.scalars(select(ArticleRow.id).where(*same).order_by(ArticleRow.id == ref.id, ArticleRow.id)).first()
    return (ArticleRef(source=ref.source, id=told) if told is not None else ref), address


def check_voice(voice: str, context: Context) -> None:
    """Raise Problem when the catalogue has no such voice."""
    if voice not in context.catalogue:
        raise Problem("unknown_voice", f"there is no voice {voice!r}", "List the voices with GET /v1/voices.")


def _article(text: str, sources: list[SourceSettings]) -> tuple[ArticleRef, str | None]:
    if is_address(text):
        return _by_address(text, sources)
    if ":" not in text and is_name(text):
        if len(sources) != 1:
            raise Problem(
                "ambiguous_article_id", f"{text!r} could be of {len(sources)} sources", "Write it as source:id."
            )
        return ArticleRef(source=sources[0].name, id=text), None
    ref = ArticleRef.parse(text)
    source = next((source for source in sources if source.name == ref.source), None)
    if source is None:
        known = ", ".join(source.name for source in sources) or "none; run `briefcast apply`"
        raise Problem("unknown_source", f"there is no source {ref.source!r}", f"Known sources: {known}.")
    return ref, None


def _by_address(text: str, sources: list[SourceSettings]) -> tuple[ArticleRef, str]:
    address = canonical_address(text)
    return sites.named_by(address, sites.source_of(address, sources)), address


def named_show(session: Session, slug: str | None) -> Show:
    """Return the show of that slug. Raises Problem."""
    shows = listed_shows(session)
    if slug is None or slug not in shows:
        known = ", ".join(shows) or "none; run `briefcast apply`"
        raise Problem(
            "unknown_show", f"there is no show {slug!r}" if slug else "there is no show", f"Known shows: {known}."
        )
    return shows[slug]
