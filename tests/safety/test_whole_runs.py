"""Whole runs over random fleets, policies, faults, crashes and restarts, held against what is true in the account."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safety_house import House, Tripwire, open_house, rules

from reaper.core.limits import Limits
from reaper.core.policy import PolicySet
from reaper.errors import ConfigurationError
from reaper.store import acknowledge, open_database

pytestmark = pytest.mark.slow

HOURS = (1, 3, 5, 9, 30)
OWNERS = ("anna@Planning", "ben@Planning", "eva@Supply", "admin@ROOT", None)
FAULTS = (
    "",
    "",
    "",
    "500:0.1",
    "429:0.1,drop:0.1",
    "lost:0.5",
    "deaf:0.5",
    "stubborn:1",
    "skew:+90s",
    "drop:0.3",
    "502:1",
)
EVENTS = ("none", "none", "crash", "hang", "sleep", "touch", "exempt")


class _Crash(BaseException):
    """The process ends here."""


@st.composite
def sessions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["webui", "webui", "webui", "task"]))
    age = draw(st.sampled_from(HOURS))
    spec: dict[str, Any] = {"id": f"s{number}", "kind": kind, "age": f"{age}h", "owner": draw(st.sampled_from(OWNERS))}
    match draw(st.sampled_from(["idle", "idle", "heartbeats", "strange", "queued", "silent"])):
        case "idle":
            spec["idle"] = f"{draw(st.integers(0, age))}h"
        case "heartbeats":
            spec |= {"heartbeat": "60s", "idle": f"{age}h"}
        case "strange":
            spec["send"] = {"state": "Hibernating"}
        case "queued" if kind == "task":
            spec["state"] = "queued"
        case "silent":
            spec["log_entries"] = 0
    return spec


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    idle = {"name": "idle", "mode": draw(st.sampled_from(["enforce", "observe"])), "select": {"kind": "webui"}}
    idle["terminate_when"] = {"idle": f"{draw(st.sampled_from([2, 4]))}h"}
    tasks = {"name": "tasks", "mode": "enforce", "select": {"kind": "task"}, "terminate_when": {"age": "4h"}}
    if draw(st.booleans()):
        idle["after"] = {"observations": 2}
    if draw(st.booleans()):
        tasks["steps"] = ["terminate"]
    return [idle, tasks]


LIMITS = st.fixed_dictionaries(
    {
        "run": st.fixed_dictionaries({"sessions": st.integers(0, 6), "percent": st.sampled_from([10, 50, 100])}),
        "hour": st.fixed_dictionaries({"sessions": st.integers(0, 8)}),
        "policy": st.fixed_dictionaries({"sessions": st.integers(1, 8)}),
    }
)
ROUNDS = st.lists(
    st.tuples(st.sampled_from(FAULTS), st.sampled_from(EVENTS), st.sampled_from([1, 3, 40, 70]), st.booleans()),
    min_size=2,
    max_size=5,
)


@given(data=st.data(), written=policies(), limits=LIMITS, rounds=ROUNDS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_nothing_is_ended_but_what_is_due(
    migrated_file: Path,
    data: st.DataObject,
    written: list[dict[str, Any]],
    limits: Limits,
    rounds: list[tuple[Any, ...]],
) -> None:
    """No exempt or undetermined session is ended, no limit is exceeded, and each end has its earlier due intent."""
    specs = [data.draw(sessions(n)) for n in range(data.draw(st.integers(3, 14)))]
    generation = data.draw(st.sampled_from([1, 2]))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(migrated_file, f"{folder}/reaper.db")
        database = open_database(f"sqlite:///{folder}/reaper.db")
        try:
            with open_house(database, *specs, generation=generation, seed=data.draw(st.integers(0, 99))) as home:
                home.limits = Limits.model_validate({**limits, "fleet_change": None})
                _Year(home, written, specs).go_through(rounds)
        finally:
            database.close()


class _Year:
    """The rounds of one example, and what must hold after each."""

    def __init__(self, house: House, written: list[dict[str, Any]], specs: list[dict[str, Any]]) -> None:
        self.house, self.specs = house, {spec["id"]: spec for spec in specs}
        self.protect: list[dict[str, Any]] = [{"owner": "admin@ROOT", "reason": "operations"}]
        self.written = written
        self.kept: dict[str, datetime] = {}

    def go_through(self, rounds: list[tuple[str, str, int, bool]]) -> None:
        for fault, event, minutes, seen in rounds:
            house = self.house
            running = sum(1 for s in house.world.sessions if s.state.lower() in ("running", "solving"))
            asked, self.kept = len(house.asked), {}
            house.faulty(fault)
            house.gate.hooks.clear()
            self._prepare(event)
            self._pass(event)
            house.faulty("")
            self._in_bounds({a.id for a in house.asked[asked:] if a.what in _ENDINGS}, running)
            self._each_was_due()
            house.later(minutes=minutes)
            if seen:
                self._acknowledge()

    def _pass(self, event: str) -> None:
        happens: Callable[[], object] = {"crash": _crash, "hang": lambda: self.house.later(minutes=10)}.get(
            event, lambda: None
        )
        try:
            self.house.pass_once(
                self.rules(), reread=self.rules, patience=20.0, ledger=lambda made: Tripwire(made, happens)
            )
        except _Crash:
            self.house.later(minutes=3)  # until its lease is over

    def rules(self) -> PolicySet:
        return rules(*self.written, protect=self.protect)

    def _prepare(self, event: str) -> None:
        """What happens when the first session is read at its turn."""
        match event:
            case "sleep":
                self.house.upon("read", lambda _: self.house.clock.sleep(3600))
            case "touch":
                self.house.upon("read", lambda asked: self._keep(asked.id))
            case "exempt":
                self.house.upon("read", lambda _: self.protect.append({"owner": "anna@*", "reason": "a call"}))

    def _keep(self, id_: str) -> None:
        session = self.house.world.lookup(id_)
        if session is not None and not session.over and session.kind == "webui":
            self.house.world.touch(id_)
            self.kept[id_] = self.house.clock.now()

    def _acknowledge(self) -> None:
        for (run,) in self.house.rows("SELECT id FROM runs WHERE latched ORDER BY id"):
            try:
                acknowledge(self.house.database, run, at=self.house.clock.now(), by="anna", reason="")
            except ConfigurationError:
                continue  # it is acknowledged already

    def _in_bounds(self, asked: set[str], running: int) -> None:
        limits = self.house.limits
        assert len(asked) <= (limits.run.sessions or 0)
        assert len(asked) <= max(int(running * (limits.run.percent or 0) / 100), 3)
        requests = [a for a in self.house.asked if a.what in _ENDINGS]
        for last in requests:
            window = {a.id for a in requests if last.at - timedelta(hours=1) < a.at <= last.at}
            assert len(window) <= (limits.hour.sessions or 0)

    def _each_was_due(self) -> None:
        intents = self.house.rows(
            "SELECT s.session_id, e.at, e.evidence FROM step_events e JOIN steps s ON s.id = e.step_id "
            "WHERE e.event = 'intended' ORDER BY e.id"
        )
        for id_, at in [*self.house.world.terminated, *self.house.world.interrupted]:
            spec = self.specs[id_]
            assert spec["owner"] not in ("admin@ROOT", None)
            assert "send" not in spec
            assert id_ not in self.kept
            evidence = [
                json.loads(e) for i, when, e in intents if i == id_ and datetime.fromisoformat(f"{when}+00:00") <= at
            ]
            assert evidence, f"{id_} was ended without an intent"
            assert any(v["ruling"] == "offender" for v in evidence[-1]["verdicts"].values())
            assert self._truly_due(id_, at)

    def _truly_due(self, id_: str, at: datetime) -> bool:
        session = self.house.world.get(id_)
        if session.kind == "task":
            return at - session.created_at >= timedelta(hours=4)
        last = max([e for e, _ in session.log.entries if e <= at], default=session.started_at)
        idle = timedelta(hours=int(self.written[0]["terminate_when"]["idle"][:-1]))
        return self.written[0]["mode"] == "enforce" and last is not None and at - last >= idle


_ENDINGS = ("terminate", "interrupt-solve", "interrupt-execution")


def _crash() -> None:
    raise _Crash
