"""What judging, recording and starting cost, each by itself."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from measuring import IDLE, Figures, least, policies

from reaper.bootstrap import database, undisturbed
from reaper.core.judge import judge
from reaper.core.plan import Plan
from reaper.core.policy import PolicySet
from reaper.core.session import Activity, Session, Snapshot
from reaper.core.verdict import Pass
from reaper.settings import OwnSettings
from reaper.store import Database, SqlLedger

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FLEET = 10_000
TEN = "policies:\n" + "".join(
    f"  - {{name: p{n}, select: {{kind: webui, owner: {{not: 'svc-{n}*@*'}}}},"
    f" terminate_when: {{any: [{{idle: {n + 2}h}}, {{age: {n + 30}h}}]}},"
    f" exempt: [{{owner: admin@ROOT, reason: operations}}]}}\n"
    for n in range(10)
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


def seen(rules: PolicySet, sessions: list[Session], idle: timedelta) -> Pass:
    found = judge(rules, sessions, activity(sessions, idle), NOW)
    return Pass("acme", NOW, Snapshot("acme", tuple(sessions)), rules, found)


@pytest.mark.parametrize("idle", [timedelta(minutes=5), timedelta(hours=14)], ids=["compliant", "offenders"])
def test_judging(figures: Figures, tmp_path: Path, idle: timedelta) -> None:
    """Judging 10,000 sessions by 10 policies takes at most half a second."""
    rules, sessions = policies(tmp_path, TEN), fleet(timedelta(hours=20))
    known = activity(sessions, idle)
    assert len(judge(rules, sessions, known, NOW)) == 10 * FLEET
    with undisturbed():  # as every pass is
        (taken,) = least(lambda: judge(rules, sessions, known, NOW))
    figures.append((f"judging {FLEET:,} sessions by 10 policies, idle {idle}", f"{taken:.2f} s", "0.5 s"))
    assert taken <= 0.5


def test_recording(figures: Figures, tmp_path: Path) -> None:
    """Recording 10,000 changed decisions takes at most 3 times writing the same rows by sqlite3 alone."""
    rules, sessions = policies(tmp_path, IDLE), fleet(timedelta(hours=20))
    before, after = (seen(rules, sessions, idle) for idle in (timedelta(minutes=5), timedelta(hours=3)))
    numbers = iter(range(1000))

    def record(store: Database, one: Pass) -> None:
        ledger = SqlLedger(store, Still(), "me", "1", timedelta(minutes=2))
        with undisturbed(), ledger.lease("acme"), ledger.open_run(one, Plan(), enforcing=False):
            pass

    def fresh(folder: Path) -> Database:
        folder.mkdir()
        opened = database(OwnSettings.model_validate({"database_url": f"sqlite:///{folder / 'reaper.db'}"}))
        store = opened.__enter__()
        record(store, before)
        return store

    stores = [fresh(tmp_path / f"own{n}") for n in range(5)]
    copies = [fresh(tmp_path / f"raw{n}") for n in range(5)]
    taken, taken_raw = float("inf"), float("inf")
    for store, copy in zip(stores, copies, strict=True):
        (own,) = least(lambda store=store: record(store, after), repetitions=1)
        rows = rows_of(tmp_path / f"own{next(numbers)}" / "reaper.db")
        copy.close()
        path = Path(copy.engine.url.database or "")
        (raw,) = least(lambda path=path, rows=rows: write(path, *rows), repetitions=1)
        taken, taken_raw = min(taken, own), min(taken_raw, raw)
        store.close()
    name = f"recording {FLEET:,} changed decisions, to bare sqlite3 ({taken:.3f} s to {taken_raw:.3f} s)"
    figures.append((name, f"{taken / taken_raw:.2f} x", "3 x"))
    assert taken <= 3 * taken_raw


Rows = list[tuple[object, ...]]


def rows_of(path: Path) -> tuple[Rows, Rows]:
    """What the last run decided, and what stands since."""
    with sqlite3.connect(path) as db:
        last = db.execute("SELECT max(id) FROM runs").fetchone()
        decided: Rows = db.execute("SELECT * FROM decisions WHERE run_id = ?", last).fetchall()
        columns = [row[1] for row in db.execute("PRAGMA table_info(standing)")]
        keys = ("account", "session_id", "policy")
        order = ", ".join([*(c for c in columns if c not in keys), *keys])
        stands: Rows = db.execute(f"SELECT {order} FROM standing").fetchall()  # noqa: S608 - its own columns
    db.close()
    assert len(decided) == len(stands) == FLEET
    return decided, stands


def write(path: Path, decided: Rows, stands: Rows) -> None:
    """The same rows as fast as Python's own driver takes them, as safely."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    columns = [row[1] for row in db.execute("PRAGMA table_info(standing)")]
    changing = [c for c in columns if c not in ("account", "session_id", "policy")]
    db.execute("BEGIN IMMEDIATE")
    db.execute(
        "INSERT INTO runs SELECT id + 1, "
        + ", ".join(r[1] for r in list(db.execute("PRAGMA table_info(runs)"))[1:])
        + " FROM runs WHERE id = 1"
    )  # noqa: E501, S608
    db.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * len(decided[0]))})", decided)  # noqa: S608
    sets = ", ".join(f"{column} = ?" for column in changing)
    db.executemany(f"UPDATE standing SET {sets} WHERE account = ? AND session_id = ? AND policy = ?", stands)  # noqa: S608
    db.execute("COMMIT")
    db.close()


def test_help(figures: Figures) -> None:
    """`reaper --help` takes at most 3 times as long as importing click."""
    program = str(Path(sys.executable).parent / "reaper")

    def run(*command: str) -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    own, click = least(lambda: run(program, "--help"), lambda: run(sys.executable, "-c", "import click"), repetitions=9)
    name = f"reaper --help, to python -c 'import click' ({own * 1000:.0f} ms to {click * 1000:.0f} ms)"
    figures.append((name, f"{own / click:.2f} x", "3 x"))
    assert own <= 3 * click
