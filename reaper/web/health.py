"""`/healthz`: is the daemon alive? `/readyz`.

Does it do what it is there for, and if not, why not?
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from reaper.core.model.duration import spoken
from reaper.daemon.status import MonitoredAccount
from reaper.web.access import is_trusted
from reaper.web.status import StatusReader, StatusSnapshot, expiry

DEAD_AFTER = 60.0
"""Seconds without a beat of the scheduler after which the daemon counts as dead.

It beats six times in that time.
"""

_METHODS = ["GET", "HEAD"]
_OK, _NOT = HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE
Reason = dict[str, str | None]


def health(standings: StatusReader) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/healthz", methods=_METHODS)
    def alive() -> JSONResponse:
        age = standings.watch.beat_age
        return JSONResponse(
            {"alive": age < DEAD_AFTER, "beat_age": round(age, 1)},
            _OK if age < DEAD_AFTER else _NOT,
        )

    @router.api_route("/readyz", methods=_METHODS)
    def ready(request: Request) -> JSONResponse:
        found = list(reasons(standings.now()))
        body: dict[str, Any] = {"ready": not found}
        if is_trusted(request):
            body["reasons"] = found
        return JSONResponse(body, _NOT if found else _OK)

    return router


def reasons(standing: StatusSnapshot) -> Iterator[Reason]:
    """Why the daemon is not ready, each with the `check` that failed; none when it is."""
    watch = standing.watch
    with watch.lock:
        if trouble := watch.database_trouble or standing.trouble:
            yield _reason("database", trouble)
        if watch.refused is not None:
            yield _reason("policies", watch.refused)
        for account, charge in watch.charges.items():
            if late := _late(standing, account, charge):
                yield _reason("runs", late, account)
            if soon := _soon(standing, expiry(charge)):
                yield _reason("key", soon, account)


def _reason(check: str, reason: str, account: str | None = None) -> Reason:
    return {"check": check, "account": account, "reason": reason}


def _late(standing: StatusSnapshot, account: str, charge: MonitoredAccount) -> str | None:
    at, trouble = standing.complete_at(account), standing.watch.troubles.get(account)
    if at is not None and standing.now - at <= charge.within:
        return None
    because = f"; the last pass: {trouble}" if trouble else ""
    if at is None:
        return None if _is_to_come(standing, account) else f"no complete run is known yet{because}"
    age, within = spoken((standing.now - at).total_seconds()), spoken(charge.within.total_seconds())
    return f"the last complete run began {age} ago, and {within} at the most is expected{because}"


def _is_to_come(standing: StatusSnapshot, account: str) -> bool:
    """Whether the first run is still to come: on Monday, say, by its schedule."""
    watch = standing.watch
    tried = account in watch.under_way or account in watch.ended_at or account in watch.troubles
    return not tried and watch.next_at.get(account, standing.now) > standing.now


def _soon(standing: StatusSnapshot, expires: datetime | None) -> str | None:
    if expires is None or expires - standing.now > standing.key_notice:
        return None
    left = expires - standing.now
    if left <= timedelta():
        return f"the API key expired on {expires:%Y-%m-%d}; make a new one in the portal and set it"
    return (
        f"the API key expires in {spoken(left.total_seconds())}, on {expires:%Y-%m-%d}; make a "
        "new one in the portal"
    )
