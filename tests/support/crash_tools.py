"""A stage: an emulated account on a real socket, a database, and reapers as processes of
their own.
"""

import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from reaper.clock import SystemClock
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from reaper.store import (
    Database,
    HistoryEntry,
    HistoryFilter,
    RunEntry,
    entries,
    list_runs,
    open_database,
)
from support.crash_driver import Job, run

POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt: [{owner: admin@ROOT, reason: operations}]
  - name: old-tasks
    mode: enforce
    steps: [terminate]
    select: {kind: task}
    terminate_when: {age: 24h}
  - name: old-solves
    mode: enforce
    select: {kind: solve}
    terminate_when: {age: 24h}
"""
NO_LIMIT = {"sessions": 1000, "percent": 100}
LIMITS = {"run": NO_LIMIT, "hour": {"sessions": 1000}, "policy": NO_LIMIT, "fleet_change": None}
PRELOADED = (
    "reaper.bootstrap", "reaper.cli.history", "reaper.cli.run", "reaper.cli.runs", "reaper.cli.views.records",
    "reaper.cli.views.reports", "rich.table", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite",
)  # fmt: skip
"""What each process finds imported already.

They are forked from one that has not done anything else.
"""
PATIENCE = 60.0  # seconds; far beyond what any of the processes takes
OPEN = {"intended", "unconfirmed"}


def named(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


OFFENDERS: tuple[dict[str, Any], ...] = (
    {"id": named(1), "owner": "anna@Planning", "age": "9h", "idle": "5h"},
    {"id": named(2), "owner": "ben@Supply", "age": "9h", "idle": "5h"},
    {"id": named(3), "kind": "task", "owner": "carl@Supply", "age": "30h"},
    {"id": named(4), "kind": "task", "owner": "dan@Planning", "age": "30h"},
    {"id": named(5), "kind": "solve", "owner": "eva@Supply", "age": "30h"},
    {"id": named(6), "kind": "solve", "owner": "finn@Planning", "age": "30h"},
)
INNOCENTS: tuple[dict[str, Any], ...] = (
    {"id": named(7), "owner": "gus@Planning", "age": "3h", "idle": "5m"},
    {"id": named(8), "owner": "admin@ROOT", "age": "9h", "idle": "6h"},
    {"id": named(9), "kind": "task", "owner": "hal@Supply", "age": "3h"},
)


# what a Config takes
def account_of(*sessions: dict[str, Any], **config: Any) -> Emulator:  # noqa: ANN401
    specs = [SessionSpec.model_validate(spec) for spec in sessions]
    return Emulator(Config.model_validate({"force_lag": 0.3, **config}), Scenario(sessions=specs))


@dataclass(frozen=True)
class Done:
    """How a process ended: the exit code (minus the signal that ended it), and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.out)


@dataclass(frozen=True)
class Running:
    """A reaper at work."""

    job: Job
    process: Any

    def wait(self) -> Done:
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "it never ends"
        return Done(
            self.process.exitcode, self.job.out.read_text("utf-8"), self.job.err.read_text("utf-8")
        )

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def wait_until_stopped(self) -> None:
        """Return once it has stopped itself by SIGSTOP."""
        status = Path(f"/proc/{self.process.pid}/stat")
        wait_until(lambda: status.read_text("utf-8").rpartition(")")[2].split()[0] == "T")

    def crossings(self) -> list[str]:
        return self.job.crossings.read_text("utf-8").split() if self.job.crossings.exists() else []

    def end(self) -> None:
        if self.process.exitcode is None:
            self.process.kill()  # also ends one that is stopped
            self.process.join()


def wait_until(fact: Callable[[], object], tries: int = 1000) -> None:
    for _ in range(tries):
        if fact():
            return
        SystemClock().wait(0.02)
    raise AssertionError("it never came true")


@dataclass
class Stage:
    """One account, one database, and the processes that were started on them."""

    folder: Path
    account: Emulator
    database_url: str
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[Running] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        (self.folder / "policies.yaml").write_text(POLICIES, "utf-8")
        generation = self.account.config.generation
        account = {
            "name": "acme",
            "url": self.account.url,
            "api_key": DEFAULT_KEY,
            "generation": generation,
        }
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("REAPER_")},
            "REAPER_ACCOUNTS": json.dumps([account]),
            "REAPER_POLICIES": str(self.folder / "policies.yaml"),
            "REAPER_DATABASE_URL": self.database_url,
            "REAPER_LIMITS": json.dumps(LIMITS),
            "REAPER_PER_MINUTE": "60000",
            "REAPER_CONFIRM_WITHIN": "10s",
            "XDG_DATA_HOME": str(self.folder / "data"),
            "COLUMNS": "250",
            **self.environment,
        }

    def start(
        self,
        *arguments: str,
        point: str | None = None,
        number: int = signal.SIGKILL,
        hurried: bool = True,
        ahead: float = 0.0,
        **settings: str,
    ) -> Running:
        """Start the program; `settings` are REAPER_'s own, in small letters."""
        folder = self.folder / f"process{next(self._numbers)}"
        folder.mkdir()
        short = (
            {"timeout": "1s"} if "lease" in settings else {}
        )  # a lease lasts as long as two answers may
        own = {f"REAPER_{name.upper()}": value for name, value in {**short, **settings}.items()}
        job = Job(arguments, {**self.environment, **own}, folder, point, number, hurried, ahead)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        process = context.Process(target=run, args=(job,))
        process.start()
        self.processes.append(Running(job, process))
        return self.processes[-1]

    def __call__(self, *arguments: str, **more: Any) -> Done:  # noqa: ANN401 - as start
        return self.start(*arguments, **more).wait()

    def wait_for_the_lease(self) -> None:
        """Return once nobody holds the account."""
        wait_until(lambda: not self("run", "-o", "json").json["skipped"])

    def enforce(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as start
        """The report of an enforcing run, made as soon as no other reaper holds the account."""
        for _ in range(100):
            done = self("run", "--enforce", "-o", "json", **more)
            assert "Traceback" not in done.err, done.err
            if done.code != 0 or done.json["runs"]:
                assert done.code == 0, done
                report: dict[str, Any] = done.json["runs"][0]
                return report
            assert done.json["skipped"], done
            SystemClock().wait(0.1)
        raise AssertionError("the account is held for ever")

    def enforce_until_quiet(self) -> list[dict[str, Any]]:
        """Runs until one has nothing to do, nothing to wait for and nothing left unsettled."""
        reports = []
        for _ in range(20):
            reports.append(self.enforce())
            if not any(reports[-1][what] for what in ("steps", "waiting", "settled")):
                return reports
            SystemClock().wait(0.05)
        raise AssertionError(f"there is always something left: {reports[-1]}")

    def scheduler_notices(self) -> None:
        """The jobs that are gone are noticed at once from now on."""
        world = self.account.world
        with world.lock:
            world.force_lag = timedelta(0)
            for session in world.sessions:
                if session.forced_at is not None:
                    world.end(session.id, "failed")

    def sleep(self, seconds: float) -> None:
        SystemClock().wait(seconds)

    def history(self) -> list[HistoryEntry]:
        """All that is recorded, oldest first."""
        with self._opened() as database:
            return entries(database, HistoryFilter(limit=10_000, everything=True))[::-1]

    def runs(self) -> list[RunEntry]:
        """All runs, oldest first."""
        with self._opened() as database:
            return list_runs(database, limit=1_000)[::-1]

    def _opened(self) -> closing[Database]:
        return closing(open_database(self.database_url, upgrade=False))

    def ended(self) -> list[str]:
        """The sessions that were ended over the API, in order."""
        return [session for session, _ in self.account.world.terminated]

    def asked(self) -> Counter[str]:
        """How many changing requests reached the server, by session."""
        changing = [record.path for record in self.account.requests if record.method != "GET"]
        return Counter(path.removesuffix("/terminate").rpartition("/")[2] for path in changing)

    def close(self) -> None:
        for process in self.processes:
            process.end()


def steps_of(history: list[HistoryEntry]) -> dict[tuple[int, str], list[str]]:
    """What happened to each step, in order; a step is a session's in a run."""
    found: dict[tuple[int, str], list[str]] = {}
    for entry in history:
        if entry.action is not None:
            found.setdefault((entry.run, entry.session), []).append(entry.event)
    return found


def assert_intended(stage: Stage) -> None:
    """Whatever was ended so far has its committed intent."""
    intended = {entry.session for entry in stage.history() if entry.event == "intended"}
    assert set(stage.ended()) <= intended


def assert_sound(stage: Stage, offenders: set[str]) -> None:
    """In the end every offender was ended once, by one request, upon a due decision, and the
    history tells it all.
    """
    assert sorted(stage.ended()) == sorted(offenders)
    assert stage.asked() == dict.fromkeys(offenders, 1)
    history = stage.history()
    decided = {(e.session, e.policy) for e in history if e.event == "offender"}
    begun = [e for e in history if e.event == "intended"]
    assert {e.session for e in begun} == offenders
    assert all((e.session, e.policy) in decided for e in begun)
    steps = steps_of(history)
    assert not [step for step, events in steps.items() if events[-1] in OPEN]
    last = {session: events[-1] for (_, session), events in sorted(steps.items())}
    assert set(last) == offenders
    assert set(last.values()) <= {"terminated", "already-gone"}
