"""How long is kept what nothing needs any more."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config


class RetentionSettings(Settings):
    """How long is kept what nothing needs any more. What a feed, an alias, a live or held revision or a step names is
    kept in any case.
    """

    model_config = config("BRIEFCAST_KEEP_")

    revisions_days: float = Field(default=90.0, ge=1)
    """Days after which a replaced or failed revision's audio goes."""
    unused_days: float = Field(default=30.0, ge=2)
    """Days after which takes and masters go that no revision uses."""
    versions_days: float = Field(default=365.0, ge=1)
    """Days after which article versions go that no revision uses; the first and the newest of an article stay."""
    withdrawn_days: float = Field(default=30.0, ge=0)
    """Days after a withdrawal for which the texts are kept: script, title, the article as it was fetched."""
    steps_days: float = Field(default=30.0, ge=1)
    """Days after a revision's end for which its steps are kept."""
    answers_days: float = Field(default=7.0, ge=1)
    """Days for which an Idempotency-Key names the same briefing."""
    estimates_days: float = Field(default=30.0, ge=1)
    """Days after which an estimate goes that confirms no cost any more."""
    spent_days: float = Field(default=400.0, ge=32)
    """Days for which what keys and shows spent on a day is kept; budgets look back a month."""
    lanes_days: float = Field(default=30.0, ge=1)
    """Days after which a requester's place in line is forgotten, if nothing waits there."""
    respeaks_days: float = Field(default=90.0, ge=1)
    """Days for which it is kept what was spoken anew for a pronunciation, and may be undone."""
    reports_days: float = Field(default=180.0, ge=1)
    """Days after its last telling for which a word is kept that listeners reported."""
    audit_days: float = Field(default=730.0, ge=30)
    """Days for which it is kept who changed what."""
    sessions_days: float = Field(default=2.0, ge=1)
    """Days after a page view's last report for which what it heard is kept apart from the day's figures."""
    audience_days: float = Field(default=1095.0, ge=1)
    """Days for which a day's audience figures are kept."""
