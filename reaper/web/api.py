"""`/api/v1`: the record, read-only, by pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query

from reaper.errors import StoreError
from reaper.store import (
    Database,
    DecisionEntry,
    PauseEntry,
    PolicyEntry,
    RunEntry,
    SessionEntry,
    StepEntry,
    decisions_page,
    list_runs,
    policies_page,
    sessions_page,
    steps_page,
)
from reaper.usecases.status import AccountStatus
from reaper.web.paging import Page, page, read
from reaper.web.problems import RESPONSES
from reaper.web.query_params import (
    DecisionParams,
    PolicyParams,
    RunParams,
    SessionParams,
    StepParams,
)
from reaper.web.status import StatusReader

Store = Callable[[], Database]
"""The database, once it can be used. Raises StoreError."""

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
_ONE = (int,)


@dataclass(frozen=True)
class StatusNow:
    """The state of the accounts of this daemon, and their pauses."""

    now: datetime
    accounts: list[AccountStatus]
    pauses: list[PauseEntry]


def api(store: Store, status_reader: StatusReader) -> APIRouter:
    router = APIRouter(prefix="/api/v1", responses=RESPONSES)

    @router.get("/status", response_model=StatusNow, summary="The current state of each account")
    def status() -> StatusNow:
        snapshot = status_reader.now()
        if snapshot.trouble:
            raise StoreError(snapshot.trouble)
        accounts = snapshot.accounts()
        pauses = {pause.id: pause for account in accounts for pause in account.pauses}
        return StatusNow(snapshot.now, accounts, list(pauses.values()))

    @router.get("/runs", response_model=Page[RunEntry], summary="Runs, newest first")
    def runs(params: Annotated[RunParams, Query()]) -> dict[str, Any]:
        behind = read(params.cursor, _ONE)
        entries = list_runs(
            store(),
            account=params.account,
            since=params.since,
            until=params.until,
            below=int(behind[0]) if behind else None,
            limit=params.limit + 1,
        )
        return page(entries, params.limit)

    @router.get("/runs/{run}", response_model=RunEntry, summary="One pass")
    def run(run: Id) -> RunEntry:
        entries = list_runs(store(), below=run + 1, limit=1)
        if not entries or entries[0].id != run:
            raise HTTPException(404, f"there is no run {run}; it may have been pruned")
        return entries[0]

    @router.get(
        "/decisions",
        response_model=Page[DecisionEntry],
        summary="Recorded verdicts, newest first",
    )
    def decisions(params: Annotated[DecisionParams, Query()]) -> dict[str, Any]:
        behind = read(params.cursor, (int, str, str))
        return page(
            decisions_page(store(), params.filter(params.ruling or params.outcome), behind),
            params.limit,
        )

    @router.get("/steps", response_model=Page[StepEntry], summary="Steps and their outcomes")
    def steps(params: Annotated[StepParams, Query()]) -> dict[str, Any]:
        behind = read(params.cursor, _ONE)
        return page(steps_page(store(), params.filter(params.outcome), behind), params.limit)

    @router.get(
        "/sessions",
        response_model=Page[SessionEntry],
        summary="Sessions and their current verdicts",
    )
    def sessions(params: Annotated[SessionParams, Query()]) -> dict[str, Any]:
        behind = read(params.cursor, (str, str))
        return page(
            sessions_page(store(), params.filter(params.ruling or params.outcome), behind),
            params.limit,
        )

    @router.get(
        "/policies",
        response_model=Page[PolicyEntry],
        summary="Every recorded version of the policies",
    )
    def policies(params: Annotated[PolicyParams, Query()]) -> dict[str, Any]:
        behind = read(params.cursor, (str, str))
        entries = policies_page(
            store(), name=params.name or params.policy, limit=params.limit + 1, behind=behind
        )
        return page(entries, params.limit)

    return router
