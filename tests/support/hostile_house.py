"""The real program against a hostile session-manager.

Its command line, its settings, a record, and a clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.clock import Clock
from support.command import Result, call
from support.hostile_server import Hosted, HostileServer, Log, stamp
from support.policies import IDLE

KEY = "k-hostile-0123456789"
UNLIMITED = {name: {"sessions": 1000} for name in ("run", "hour", "policy", "delete")}
HEARTBEAT = "heartbeat"

OLD = {"name": "old", "mode": "enforce", "select": "all", "terminate_when": {"age": "8h"}}
OLD_TASKS = {**OLD, "select": {"kind": "task"}}
ORPHANS = {
    "name": "orphans",
    "mode": "enforce",
    "select": "all",
    "terminate_when": {"orphan": "10m"},
}
LOST = {
    "name": "lost",
    "mode": "enforce",
    "select": "all",
    "terminate_when": {"unreachable_for": "10m"},
}


# keys of a policy
def quota(over: int, keep: str = "newest", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    rule = {"owner_sessions": {"over": over, "keep": keep}}
    return {
        "name": "quota",
        "mode": "enforce",
        "select": {"kind": "webui"},
        "terminate_when": rule,
        **more,
    }


def span(text: str) -> timedelta:
    """`90s`, `5m`, `9h` or `2d`."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    assert found is not None, text
    return timedelta(seconds=int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])


@dataclass(frozen=True)
class Run(Result):
    """What `reaper run` printed, and its exit code."""

    @property
    def report(self) -> dict[str, Any]:
        """The only account's report; empty where the program did not come so far."""
        try:
            found: dict[str, Any] = json.loads(self.out)["runs"][0]
        except (ValueError, LookupError):
            return {}
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        return {step["session"]: step["outcome"] for step in self.report.get("steps", ())}

    @property
    def planned(self) -> set[str]:
        return set(self.outcomes)

    @property
    def complete(self) -> bool:
        return bool(self.report.get("complete"))

    @property
    def said(self) -> str:
        """Everything, in lower case."""
        return f"{self.out}\n{self.err}".lower()


@dataclass
class House:
    """A tenant of generation 2 unless it says otherwise.

    `may_end` are the only sessions that may ever end.
    """

    server: HostileServer
    clock: Clock
    capture: pytest.CaptureFixture[str]
    database_url: str
    may_end: set[str] = field(default_factory=set)
    account: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def ago(self, length: str) -> datetime:
        return self.clock.true() - span(length)

    def session(  # noqa: PLR0917 - what a session is known by
        self,
        id_: str,
        owner: str = "anna@Planning",
        kind: str = "webui",
        age: str = "9h",
        idle: str = "5h",
        log: Log | None = None,
        **sent: Any,  # noqa: ANN401 - a field as it is sent
    ) -> Hosted:
        """A session of this age whose log's last line is so long ago.

        `sent` wins over what would be sent.
        """
        user, _, environment = owner.rpartition("@")
        created = self.ago(age)
        usual = {
            "id": id_, "kind": kind, "name": f"name of {id_}"[:60], "state": "running", "account_name": "acme",
            "environment_name": environment, "user_name": user, "app_name": "Planner", "app_version": "1.2",
            "description": "", "created_at": stamp(created), "started_at": stamp(created), "ended_at": None,
            "queue_time": 0.0, "launch_time": 1.5, "run_time": 3600.25, "gb_hours": 1.5, "message": "",
        }  # fmt: skip
        first = created + timedelta(seconds=5)
        lines = (
            log
            if log is not None
            else [(first, "opened page Start"), (max(first, self.ago(idle)), "page left")]
        )
        hosted = Hosted({k: v for k, v in (usual | sent).items() if v is not ...}, lines)
        self.server.tenant.sessions[kind, id_] = hosted
        return hosted

    def task(
        self,
        id_: str,
        session: str,
        state: str = "running",
        index: int = 0,
        **more: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """A task of the Tasks API that runs, or ran, in this session."""
        at = stamp(self.ago("9h"))
        task = {
            "id": id_, "groupIndex": index, "appName": "Planner", "appVersion": "1.2", "serviceName": "solve",
            "state": state, "scheduleFor": None, "scheduleInterval": None, "createdAt": at, "assignedAt": at,
            "runningAt": at, "endedAt": None, "queueTime": 0, "runTime": 10, "returnCode": None, "errorMessage": None,
            "userName": "anna", "userEnvironment": "Planning", "sessionId": session, **more,
        }  # fmt: skip
        self.server.tenant.tasks.append(task)
        return task

    def log_of(self, id_: str, kind: str = "webui") -> Log:
        return self.server.tenant.sessions[kind, id_].log

    def write(self, *policies: dict[str, Any], protect: Iterable[dict[str, Any]] = ()) -> Path:
        """The policies, and the settings as they stand now."""
        Path("policies").mkdir(exist_ok=True)
        file = Path("policies/all.yaml")
        file.write_text(json.dumps({"policies": list(policies), "protect": list(protect)}), "utf-8")
        account = {"name": "acme", "url": self.server.url, "api_key": KEY, **self.account}
        usual = {
            "accounts": [account], "database_url": self.database_url, "timeout": "2s", "confirm_within": "5s",
            "per_minute": 60000, "limits": {**UNLIMITED, "fleet_change": 1000},
        }  # fmt: skip
        Path("reaper.yaml").write_text(json.dumps(usual | self.settings), "utf-8")
        return file

    def reaper(self, *arguments: str) -> Run:
        """The console script's own function."""
        result = call(self.capture, *arguments)
        return Run(result.code, result.out, result.err)

    def run(
        self,
        *policies: dict[str, Any],
        protect: Iterable[dict[str, Any]] = (),
        enforce: bool = True,
    ) -> Run:
        """One pass, by these policies where any are given."""
        if policies:
            self.write(*policies, protect=protect)
        return self.reaper("run", "--enforce" if enforce else "--dry-run", "--output", "json")

    def later(self, length: str) -> None:
        self.clock.wait(span(length).total_seconds())

    @property
    def done(self) -> set[str]:
        """Everything that was truly ended, destroyed or interrupted."""
        tenant = self.server.tenant
        return {*tenant.ended, *tenant.destroyed, *(id_ for id_, _, _ in tenant.interrupted)}

    def history(self) -> list[dict[str, Any]]:
        """What the record says was done, newest first."""
        found: list[dict[str, Any]] = json.loads(self.reaper("history", "--output", "json").out)[
            "history"
        ]
        return found


@contextmanager
def open_house(
    url: str, clock: Clock, capture: pytest.CaptureFixture[str], *, generation: int = 2
) -> Iterator[House]:
    """A house whose sessions are all still there at the end, but for those that may end."""
    with HostileServer(generation, clock.true) as server:
        house = House(server, clock, capture, url)
        yield house
        assert house.done <= house.may_end, (
            f"ended, though nothing allows it: {house.done - house.may_end}"
        )


Open = Callable[..., House]
