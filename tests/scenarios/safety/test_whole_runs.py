"""Whole runs over random fleets, policies, faults, crashes and restarts, held against what is true
in the account.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.safety_house import House, Tripwire, open_house, rules

from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.errors import ConfigurationError
from reaper.store import acknowledge, open_database

pytestmark = pytest.mark.slow

OWNERS = ("anna@Planning", "ben@Planning", "eva@Supply", "eva@Supply", "admin@ROOT", None)
CALM = ("",) * 8
FAULTS = (
    *CALM,
    "500:0.1",
    "429:0.1,drop:0.1",
    "lost:0.5",
    "deaf:0.5",
    "stubborn:1",
    "skew:+90s",
    "drop:0.3",
    "502:1",
)
EVENTS = ("none", "none", "none", "crash", "hang", "sleep", "touch", "touch", "exempt", "exempt")
_ENDINGS = ("terminate", "interrupt-solve", "interrupt-execution")
_TASK_AGE = timedelta(hours=4)


class Round(NamedTuple):
    """One run: what is wrong with the server, what happens meanwhile, and the minutes and the
    person after it.
    """

    fault: str
    event: str
    minutes: int
    acknowledged: bool


class _Crash(BaseException):
    """The process ends here."""


@st.composite
def sessions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    age = draw(st.sampled_from([1, 5, 9, 30]))
    kind = draw(st.sampled_from(["webui", "webui", "webui", "task"]))
    spec: dict[str, Any] = {
        "id": f"s{number}",
        "kind": kind,
        "age": f"{age}h",
        "owner": draw(st.sampled_from(OWNERS)),
    }
    match draw(
        st.sampled_from(
            ["idle", "idle", "idle", "busy", "heartbeats", "strange", "waits", "silent"]
        )
    ):
        case "idle":
            spec["idle"] = f"{age}h"
        case "busy":
            spec["idle"] = "1m"
        case "heartbeats":
            spec |= {"heartbeat": "60s", "idle": f"{age}h"}
        case "strange":
            spec["send"] = {"state": "Hibernating"}
        case "waits" if kind == "task":
            spec["state"] = "queued"
        case _:
            spec["log_entries"] = 0
    return spec


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    idle = {
        "name": "idle",
        "mode": draw(st.sampled_from(["enforce"] * 4 + ["observe"])),
        "select": {"kind": "webui"},
    }
    idle["terminate_when"] = {"idle": f"{draw(st.sampled_from([2, 4]))}h"}
    tasks = {
        "name": "tasks",
        "mode": "enforce",
        "select": {"kind": "task"},
        "terminate_when": {"age": "4h"},
    }
    if draw(st.booleans()):
        idle["after"] = {"observations": 2}
    if draw(st.booleans()):
        tasks["steps"] = ["terminate"]
    return [idle, tasks]


# strategies
def _limit(least: int, **more: Any) -> st.SearchStrategy[dict[str, Any]]:  # noqa: ANN401
    return st.fixed_dictionaries({"sessions": st.sampled_from([least, 4, *[18] * 5]), **more})


LIMITS = st.fixed_dictionaries(
    {
        "run": _limit(0, percent=st.sampled_from([10, 40, *[100] * 4])),
        "hour": _limit(0),
        "policy": _limit(2),
    }
)
ROUNDS = st.lists(
    st.builds(
        Round,
        st.sampled_from(FAULTS),
        st.sampled_from(EVENTS),
        st.sampled_from([1, 3, 40, 70]),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@given(data=st.data(), written=policies(), limits=LIMITS, rounds=ROUNDS)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[
        Phase.generate
    ],  # an example is a day: to make it shorter takes minutes, and tells little more
    suppress_health_check=list(HealthCheck),
)
def test_nothing_is_ended_but_what_is_due(
    migrated_file: Path,
    data: st.DataObject,
    written: list[dict[str, Any]],
    limits: dict[str, Any],
    rounds: list[Round],
) -> None:
    """No exempt or undetermined session is ended, no limit is exceeded, and each end has its
    earlier due intent.
    """
    specs = [data.draw(sessions(n)) for n in range(data.draw(st.integers(6, 18)))]
    generation = data.draw(st.sampled_from([1, 2]))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(migrated_file, f"{folder}/reaper.db")
        database = open_database(f"sqlite:///{folder}/reaper.db")
        try:
            with open_house(
                database, *specs, generation=generation, seed=data.draw(st.integers(0, 99))
            ) as home:
                home.limits = Limits.model_validate({**limits, "fleet_change": None})
                _Day(home, written, specs).go_through(rounds)
        finally:
            database.close()


class _Day:
    """The runs of one example, and what must hold after each."""

    def __init__(
        self, house: House, written: list[dict[str, Any]], specs: list[dict[str, Any]]
    ) -> None:
        self.house, self.written, self.specs = house, written, {spec["id"]: spec for spec in specs}
        self.protect: list[dict[str, Any]] = [{"owner": "admin@ROOT", "reason": "operations"}]
        self.exempt_since = {
            id_: datetime.min.replace(tzinfo=UTC) for id_ in self._of("admin@ROOT")
        }

    def go_through(self, rounds: list[Round]) -> None:
        for one in rounds:
            running = sum(
                1 for s in self.house.world.sessions if s.state.lower() in ("running", "solving")
            )
            before = len(self.house.asked)
            self.house.faulty(one.fault)
            self._pass(one.event)
            self.house.faulty("")
            self._in_bounds(
                {_session(a.id) for a in self.house.asked[before:] if a.what in _ENDINGS}, running
            )
            self._each_was_due()
            self.house.later(minutes=one.minutes)
            if one.acknowledged:
                self._acknowledge()

    def rules(self) -> PolicySet:
        return rules(*self.written, protect=self.protect)

    def _pass(self, event: str) -> None:
        happens: dict[str, Callable[[], object]] = {
            "crash": _crash,
            "hang": lambda: self.house.later(minutes=10),
        }

        def told(what: str) -> None:
            if "step 1 of" in what:
                self._meanwhile(event)

        def tripwire(ledger: Any) -> Tripwire:  # noqa: ANN401 - an SqlLedger
            return Tripwire(ledger, happens.get(event, lambda: None))

        try:
            self.house.pass_once(
                self.rules(), reread=self.rules, patience=20.0, tell=told, ledger=tripwire
            )
        except _Crash:
            self.house.later(minutes=3)  # until its lease is over

    def _meanwhile(self, event: str) -> None:
        """Between the plan and its first step."""
        match event:
            case "sleep":
                self.house.clock.sleep(3600)
            case "touch":
                for session in self.house.world.sessions[::2]:
                    if session.kind == "webui" and not session.over:
                        self.house.world.touch(session.id)
            case "exempt":
                self.protect.append({"owner": "eva@*", "reason": "a call"})
                self.exempt_since = (
                    dict.fromkeys(self._of("eva@Supply"), self.house.clock.now())
                    | self.exempt_since
                )

    def _of(self, owner: str) -> list[str]:
        return [id_ for id_, spec in self.specs.items() if spec["owner"] == owner]

    def _acknowledge(self) -> None:
        for (run,) in self.house.rows("SELECT id FROM runs WHERE latched ORDER BY id"):
            try:
                acknowledge(
                    self.house.database, run, at=self.house.clock.now(), by="anna", reason=""
                )
            except ConfigurationError:
                continue  # it is acknowledged already

    def _in_bounds(self, asked: set[str], running: int) -> None:
        limits = self.house.limits
        assert len(asked) <= (limits.run.sessions or 0)
        assert len(asked) <= max(int(running * (limits.run.percent or 0) / 100), 3)
        requests = [a for a in self.house.asked if a.what in _ENDINGS]
        for last in requests:
            window = {
                _session(a.id) for a in requests if last.at - timedelta(hours=1) < a.at <= last.at
            }
            assert len(window) <= (limits.hour.sessions or 0)

    def _each_was_due(self) -> None:
        intents = self.house.rows(
            "SELECT s.session_id, e.at, e.evidence FROM step_events e JOIN steps s ON s.id = "
            "e.step_id "
            "WHERE e.event = 'intended' ORDER BY e.id"
        )
        for name, at in [*self.house.world.terminated, *self.house.world.interrupted]:
            id_ = _session(name)
            written = [json.loads(e) for i, when, e in intents if i == id_ and _utc(when) <= at]
            assert written, f"{id_} was ended without an intent"
            assert any(v["ruling"] == "offender" for v in written[-1]["verdicts"].values())
            assert "send" not in self.specs[id_], f"{id_} is in a state that nobody knows"
            assert self.specs[id_]["owner"] is not None, f"whether {id_} is exempt cannot be told"
            assert id_ not in self.exempt_since or at < self.exempt_since[id_], f"{id_} is exempt"
            assert self._truly_due(id_, at), f"{id_} was not due"

    def _truly_due(self, id_: str, at: datetime) -> bool:
        """By what the account itself knows."""
        session, (idle, _) = self.house.world.get(id_), self.written
        if session.kind == "task":
            return at - session.created_at >= _TASK_AGE
        last = max(
            [when for when, _ in session.log.entries if when <= at], default=session.started_at
        )
        hours = timedelta(hours=int(idle["terminate_when"]["idle"].removesuffix("h")))
        return idle["mode"] == "enforce" and last is not None and at - last >= hours


def _session(id_: str) -> str:
    """A task is interrupted by its own id, which here tells its session's."""
    return id_.removeprefix("task-")


def _utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _crash() -> None:
    raise _Crash
