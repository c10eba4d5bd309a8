"""`/healthz`: is the daemon alive? `/readyz`: does it do what it is there for, and if not, why not?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from reaper.core.duration import spoken
from reaper.web.guard import is_trusted
from reaper.web.standing import Standing, Standings

DEAD_AFTER = 60.0
"""Seconds without a beat of the scheduler after which the daemon counts as dead; it beats six times in that time."""

_OK, _NOT = HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE
Reason = dict[str, str | None]


def health(standings: Standings) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    def alive() -> JSONResponse:
        age = standings.watch.beat_age
        return JSONResponse({"alive": age < DEAD_AFTER, "beat_age": round(age, 1)}, _OK if age < DEAD_AFTER else _NOT)

    @router.get("/readyz")
    def ready(request: Request) -> JSONResponse:
        reasons = list(_reasons(standings.now()))
        body: dict[str, Any] = {"ready": not reasons}
        if is_trusted(request):
            body["reasons"] = reasons
        return JSONResponse(body, _NOT if reasons else _OK)

    return router


def expires_at(day: Any) -> datetime:  # noqa: ANN401 - a date
    """The moment from which a key that expires on this day can no longer be relied upon."""
    return datetime.combine(day, time(), UTC)


def _reasons(standing: Standing) -> Iterator[Reason]:
    if standing.trouble is not None:
        yield _reason("database", standing.trouble)
    if standing.watch.refused is not None:
        yield _reason("policies", standing.watch.refused)
    for account in standing.settings.accounts:
        if late := _late(standing, account.name):
            yield _reason("runs", late, account.name)
        if account.api_key_expires and (soon := _soon(standing, expires_at(account.api_key_expires))):
            yield _reason("key", soon, account.name)


def _reason(check: str, reason: str, account: str | None = None) -> Reason:
    return {"check": check, "account": account, "reason": reason}


def _late(standing: Standing, account: str) -> str | None:
    at, within = standing.complete_at(account), standing.ready_within
    if at is None:
        return "no complete run is known yet"
    if standing.now - at <= within:
        return None
    age = spoken((standing.now - at).total_seconds())
    return f"the last complete run began {age} ago; one is expected every {spoken(within.total_seconds())}"


def _soon(standing: Standing, expires: datetime) -> str | None:
    left = expires - standing.now
    if left > standing.settings.http.key_notice.delta:
        return None
    if left <= timedelta():
        return f"the API key expired on {expires:%Y-%m-%d}; make a new one in the portal and set it"
    return f"the API key expires in {spoken(left.total_seconds())}, on {expires:%Y-%m-%d}; make a new one in the portal"
