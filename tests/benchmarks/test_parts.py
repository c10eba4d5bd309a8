"""What judging, recording and starting cost, each by itself."""

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from support.measuring import IDLE, Figures, least, policies

from reaper.bootstrap import database
from reaper.config.settings.model import OwnSettings
from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session, Snapshot
from reaper.core.planning.plan import Plan
from reaper.store import SqlLedger

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FLEET = 10_000
TEN = "policies:\n" + "".join(
    f"  - {{name: p{n}, select: {{kind: webui, owner: {{not: 'svc-{n}*@*'}}}},"
    f" terminate_when: {{any: [{{idle: {n + 2}h}}, {{age: {n + 30}h}}]}},"
    f" exempt: [{{owner: admin@ROOT, reason: operations}}]}}\n"
    for n in range(10)
)
THREE_RULES = ("{{any: [{{idle: {n}h}}, {{age: {older}h}}, {{queued: 1h}}]}}",
               "{{all: [{{idle: {n}h}}, {{age: {n}h}}, {{not: {{age: 90h}}}}]}}")  # fmt: skip
FIFTY = "policies:\n" + "".join(
    f"  - {{name: p{n}, select: {{kind: webui, owner: {{not: 'svc-{n}*@*'}}}},"
    f" terminate_when: {THREE_RULES[n % 2].format(n=n + 2, older=n + 30)},"
    f" exempt: [{{owner: admin@ROOT, reason: operations}}]}}\n"
    for n in range(50)
)


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def wait(self, seconds: float) -> None:
        raise AssertionError(f"nothing waits here, for {seconds} s")


def fleet(age: timedelta) -> list[Session]:
    return [
        Session(f"{n:08x}-0000-4000-8000-000000000000", "webui", "running", f"user{n % 3000}", "Planning", "Demand",
                "1.0", f"n{n}", "", NOW - age, NOW - age, None, "")
        for n in range(FLEET)
    ]  # fmt: skip


def activity(sessions: list[Session], idle: timedelta) -> dict[str, Activity]:
    return {s.id: Activity(s.id, NOW - idle, NOW, "log line 7") for s in sessions}


def seen(rules: PolicySet, sessions: list[Session], idle: timedelta) -> Observation:
    found = judge(rules, sessions, activity(sessions, idle), NOW)
    return Observation("acme", NOW, Snapshot("acme", tuple(sessions)), rules, found)


@pytest.mark.parametrize(
    "idle", [timedelta(minutes=5), timedelta(hours=14)], ids=["compliant", "offenders"]
)
def test_judging(figures: Figures, tmp_path: Path, idle: timedelta) -> None:
    """Judging 10,000 sessions by 10 policies takes at most half a second."""
    rules, sessions = policies(tmp_path, TEN), fleet(timedelta(hours=20))
    known = activity(sessions, idle)
    assert len(judge(rules, sessions, known, NOW)) == 10 * FLEET
    (taken,) = least(lambda: judge(rules, sessions, known, NOW))
    figures.append(
        (f"judging {FLEET:,} sessions by 10 policies, idle {idle}", f"{taken:.2f} s", "0.5 s")
    )
    assert taken <= 0.5


def test_judging_by_fifty(figures: Figures, tmp_path: Path) -> None:
    """Judging 10,000 sessions of all ages by 50 policies of three rules takes at most two
    seconds.
    """
    rules = policies(tmp_path, FIFTY)
    sessions = [
        replace(s, created_at=NOW - timedelta(minutes=n % 3000))
        for n, s in enumerate(fleet(timedelta()))
    ]
    known = {
        s.id: Activity(s.id, NOW - timedelta(minutes=n % 400), NOW, "log")
        for n, s in enumerate(sessions)
    }
    assert len(judge(rules, sessions, known, NOW)) == 50 * FLEET
    (taken,) = least(lambda: judge(rules, sessions, known, NOW))
    figures.append(
        (f"judging {FLEET:,} sessions by 50 policies of 3 rules", f"{taken:.2f} s", "2 s")
    )
    assert taken <= 2


def test_recording(figures: Figures, tmp_path: Path) -> None:
    """Recording 10,000 changed decisions takes at most 3 times writing the same rows by sqlite3
    alone.

    Each time it is made in two databases that hold the same decisions of the pass before.
    """
    rules, sessions = policies(tmp_path, IDLE), fleet(timedelta(hours=20))
    before, after = (
        seen(rules, sessions, idle) for idle in (timedelta(minutes=5), timedelta(hours=3))
    )
    taken, taken_raw = float("inf"), float("inf")
    for number in range(7):
        own, raw = tmp_path / f"own{number}.db", tmp_path / f"raw{number}.db"
        record(own, before)
        shutil.copy(own, raw)
        taken = min(taken, record(own, after))
        rows = rows_of(own)
        taken_raw = min(taken_raw, *least(partial(write, raw, *rows), repetitions=1))
    name = (
        f"recording {FLEET:,} changed decisions, to bare sqlite3 ({taken:.3f} s to "
        f"{taken_raw:.3f} s)"
    )
    figures.append((name, f"{taken / taken_raw:.2f} x", "3 x"))
    assert taken <= 3 * taken_raw


def record(path: Path, one: Observation) -> float:
    """The seconds it takes to open a run, which commits all that the pass decided."""
    with database(OwnSettings.model_validate({"database_url": f"sqlite:///{path}"})) as store:
        ledger = SqlLedger(store, Still(), "me", "1", lease_length=timedelta(minutes=2))
        gc.collect()
        with ledger.lease("acme"):
            start = time.perf_counter()
            with ledger.open_run(one, Plan(), enforcing=False):
                return time.perf_counter() - start


Rows = list[tuple[object, ...]]


def rows_of(path: Path) -> tuple[Rows, Rows, Rows]:
    """The last run, what it decided, and what stands since."""
    with sqlite3.connect(path) as db:
        run: Rows = db.execute("SELECT * FROM runs ORDER BY id DESC LIMIT 1").fetchall()
        decided: Rows = db.execute(
            "SELECT * FROM decisions WHERE run_id = ?", run[0][:1]
        ).fetchall()
        columns = ", ".join([*changing(db), *KEY])
        # its own columns
        stands: Rows = db.execute(f"SELECT {columns} FROM current_verdicts").fetchall()  # noqa: S608
    db.close()
    assert len(decided) == len(stands) == FLEET
    return run, decided, stands


KEY = ("account", "session_id", "policy")


def changing(db: sqlite3.Connection) -> list[str]:
    names = [row[1] for row in db.execute("PRAGMA table_info(current_verdicts)")]
    return [name for name in names if name not in KEY]


def write(path: Path, run: Rows, decided: Rows, stands: Rows) -> None:
    """The same rows as fast as Python's own driver takes them, checked and committed as the
    ledger's are.
    """
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA synchronous=FULL")
    changes = ", ".join(f"{name} = ?" for name in changing(db))
    db.execute("BEGIN IMMEDIATE")
    for table, rows in (("runs", run), ("decisions", decided)):
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
    db.executemany(
        f"UPDATE current_verdicts SET {changes} WHERE account = ? AND session_id = ? AND policy = ?",  # noqa: S608
        stands,
    )
    db.execute("COMMIT")
    db.close()


def test_help(figures: Figures) -> None:
    """`reaper --help` takes at most 3 times as long as importing click."""
    program = str(Path(sys.executable).parent / "reaper")

    def run(*command: str) -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    own, click = least(
        lambda: run(program, "--help"),
        lambda: run(sys.executable, "-c", "import click"),
        repetitions=9,
    )
    name = (
        f"reaper --help, to python -c 'import click' ({own * 1000:.0f} ms to {click * 1000:.0f} ms)"
    )
    figures.append((name, f"{own / click:.2f} x", "3 x"))
    assert own <= 3 * click


def test_importing_what_a_run_needs(figures: Figures, tmp_path: Path) -> None:
    """A run imports its code in at most twice the CPU that its libraries take alone.

    Both from bytecode, as an installed program has it.
    """
    programs = (
        "import reaper.cli.run, reaper.cli.views.reports, reaper.usecases.accounts",
        "import httpx, sqlalchemy, pydantic, click, yaml",
    )
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    taken = [[_cpu(program, kept) for program in programs] for _ in range(9)]
    own, bare = map(min, zip(*taken[1:], strict=True))  # the first one wrote the bytecode
    name = (
        f"importing a run, to importing its libraries: {own * 1000:.0f} ms to {bare * 1000:.0f} ms"
    )
    figures.append((name, f"{own / bare:.2f} x", "2 x"))
    assert own <= 2 * bare


def _cpu(program: str, more: dict[str, str]) -> float:
    """The seconds of CPU of a process that runs this, with more in its environment."""
    told = f"{program}; import time; print(time.process_time())"
    command, environment = [sys.executable, "-c", told], {**os.environ, **more}
    return float(subprocess.check_output(command, text=True, env=environment))
