"""`/healthz`: is the daemon alive? `/readyz`.

Does it do what it is there for, and if not, why not?
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from reaper.core.judging.concerns import Check
from reaper.daemon.status import TRY_AGAIN, MonitoredAccount
from reaper.usecases.status import key_reason, late_reason
from reaper.web.access import is_trusted
from reaper.web.status import StatusReader, StatusSnapshot

DEAD_AFTER = 60.0
"""Seconds without a beat of the scheduler after which the daemon counts as dead.

It beats six times in that time.
"""

_METHODS = ["GET", "HEAD"]
_OK, _NOT = HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE
Reason = dict[str, str | None]


def health(status_reader: StatusReader) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    readiness = _Readiness(status_reader)

    @router.api_route("/healthz", methods=_METHODS)
    async def alive() -> JSONResponse:
        age = status_reader.daemon.beat_age
        return JSONResponse(
            {"alive": age < DEAD_AFTER, "beat_age": round(age, 1)},
            _OK if age < DEAD_AFTER else _NOT,
        )

    @router.api_route("/readyz", methods=_METHODS)
    async def ready(request: Request) -> JSONResponse:
        failures = await readiness.failures()
        body: dict[str, Any] = {"ready": not failures}
        if is_trusted(request):
            body["reasons"] = failures
        return JSONResponse(body, _NOT if failures else _OK)

    return router


class _Readiness:
    """One look at a time, in a thread of its own: whoever else asks meanwhile has its answer."""

    def __init__(self, status_reader: StatusReader) -> None:
        self._status_reader = status_reader
        self._look: asyncio.Task[list[Reason]] | None = None

    async def failures(self) -> list[Reason]:
        if self._look is None or self._look.done():
            limiter = CapacityLimiter(1)
            self._look = asyncio.create_task(run_sync(self._reasons, limiter=limiter))
        return await asyncio.shield(self._look)

    def _reasons(self) -> list[Reason]:
        return list(reasons(self._status_reader.now()))


def reasons(snapshot: StatusSnapshot) -> Iterator[Reason]:
    """Why the daemon is not ready, each with the `check` that failed; none when it is."""
    daemon = snapshot.daemon
    with daemon.lock:
        if trouble := daemon.database_trouble or snapshot.trouble:
            yield _reason("database", trouble)
        if daemon.refused is not None:
            yield _reason("policies", daemon.refused)
        for account, monitored in daemon.accounts.items():
            if late := _late(snapshot, account, monitored):
                yield _reason("runs", late, account)
            if soon := key_reason(monitored.key_expires, snapshot.key_notice, snapshot.now):
                yield _reason("key", soon, account)
            yield from _concerns(snapshot, account)


def _concerns(snapshot: StatusSnapshot, account: str) -> Iterator[Reason]:
    """What the last run left to a person; what policies are for is a decision and no fault."""
    rejected = snapshot.daemon.suspended.get(account)
    if rejected is not None:
        yield _reason(Check.KEY, f"{rejected}; {TRY_AGAIN}", account)
    condition = snapshot.conditions.get(account)
    for concern in condition.concerns if condition else ():
        told = concern["check"] == Check.KEY and rejected is not None
        if concern["check"] != Check.POLICIES and not told:
            yield _reason(concern["check"], concern["reason"], account)


def _reason(check: str, reason: str, account: str | None = None) -> Reason:
    return {"check": check, "account": account, "reason": reason}


def _late(snapshot: StatusSnapshot, account: str, monitored: MonitoredAccount) -> str | None:
    at, trouble = snapshot.complete_at(account), snapshot.daemon.troubles.get(account)
    because = f"; the last run: {trouble}" if trouble else ""
    if at is None:
        return None if _is_to_come(snapshot, account) else f"no complete run yet{because}"
    late = late_reason(at, monitored.within, snapshot.now)
    return late and f"{late}{because}"


def _is_to_come(snapshot: StatusSnapshot, account: str) -> bool:
    """Whether the first run is still to come: on Monday, say, by its schedule."""
    daemon = snapshot.daemon
    tried = account in daemon.under_way or account in daemon.ended_at or account in daemon.troubles
    return not tried and daemon.next_at.get(account, snapshot.now) > snapshot.now
