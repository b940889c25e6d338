"""`/metrics`: what Prometheus scrapes. Whoever may read it is a setting; by default only this machine itself.

What the database tells is right for the whole installation whichever API process is asked, so alerts take the maximum
over them; what begins with `briefcast_http` is the answering process's own.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from api.context import Here
from api.installation_measures import families, read
from api.problems import Problem, responses
from briefing.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric

    from api.context import Context

router = APIRouter(tags=["health"])

#: Seconds for the look at the database; Prometheus gives up after 10 by default.
_ANSWER_S = 5.0

#: What a proxy adds for somebody else: then the connection from this machine is not this machine asking.
_PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get(
    "/metrics",
    summary="Measures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **responses("metrics_refused")},
)
async def metrics(request: Request, context: Here) -> Response:
    """In Prometheus' text form. Needs `Authorization: Bearer` with BRIEFCAST_METRICS_TOKEN, or without such a setting a
    connection from this machine itself.
    """
    if not _may_read(request, context):
        raise Problem("metrics_refused", "who may read the measures is a setting", "See BRIEFCAST_METRICS_TOKEN.")
    found: Sequence[Metric] = []
    try:
        seen = await context.scrape(read).ask(_ANSWER_S)
        found = families(seen) if seen is not None else []
    except DatabaseUnavailable:
        seen = None
    up = GaugeMetricFamily("briefcast_database_up", "Whether the database answered this scrape.")
    up.add_metric([], float(seen is not None))
    registry = CollectorRegistry()
    registry.register(_Seen([up, *found]))
    return Response(
        generate_latest(registry) + generate_latest(context.http_measures.registry), media_type=CONTENT_TYPE_LATEST
    )


class _Seen:
    """A collector of what has been read already."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Give it."""
        yield from self._found


def _may_read(request: Request, context: Context) -> bool:
    if token := context.metrics.metrics_token:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    if request.client is None or any(name in request.headers for name in _PROXIED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
