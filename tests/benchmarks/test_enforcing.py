"""What ending sessions costs, against the bare requests and the bare commit that it cannot do
without.
"""

import json
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.measuring import Figures, policies

from reaper.bootstrap import database, reaper_of
from reaper.config.settings.model import OwnSettings
from reaper.core.planning.plan import Result
from reaper.platforms.aimms.connection import Connection
from reaper.run.pipeline import Reaper, Report
from reaper.store.ledger import OpenRun

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
ENDED = 100
LATENCY = 0.02
NO_LIMIT = {"sessions": 1000, "percent": 100}
POLICY = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui, owner: "*@Planning"}
    terminate_when: {idle: 2h}
"""


def named(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def twin(path: str) -> str:
    """The same request for another session just like it, which the policy does not select."""
    return re.sub(
        r"([0-9a-f]{8})(-0000-4000-8000-0{12})",
        lambda m: f"{int(m[1], 16) + ENDED:08x}{m[2]}",
        path,
    )


@contextmanager
def emulated(folder: Path, latency: float) -> Iterator[str]:
    """The address of an account, in another process, with a hundred offenders and as many twins."""
    sessions = [
        {
            "id": named(n),
            "owner": f"u{n}@{'Planning' if n < ENDED else 'Supply'}",
            "age": "9h",
            "idle": "5h",
        }
        for n in range(2 * ENDED)
    ]
    (folder / "fleet.yaml").write_text(json.dumps({"sessions": sessions}), "utf-8")
    program = [
        str(Path(sys.executable).parent / "reaper"),
        "emulate",
        "--scenario",
        "fleet.yaml",
        "--latency",
    ]
    with subprocess.Popen(
        [*program, f"{latency * 1000:g}"], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"account at (http://\S+);", server.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            server.kill()


@dataclass
class Noted:
    """What an enforcing run asked from its first step on, and how long its steps took."""

    begun_at: float = 0.0
    seconds: float = 0.0
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def tell(self, what: str) -> None:
        if f"step 1 of {ENDED}" in what:
            self.asked.clear()
            self.begun_at = time.perf_counter()


@contextmanager
def reaper(url: str, folder: Path, noted: Noted) -> Iterator[Reaper]:
    """Everything an enforcing pass needs, unpaced and without limits, as the command line
    wires it.
    """
    given = OwnSettings.model_validate(
        {
            "accounts": [{"name": "acme", "url": url, "api_key": "demo-key", "generation": 2}],
            "database_url": f"sqlite:///{folder / 'reaper.db'}",
            "limits": {"run": NO_LIMIT, "policy": NO_LIMIT, "hour": {"sessions": 1000}},
            "per_minute": None,
        }
    )
    with ExitStack() as stack:
        store = stack.enter_context(database(given))
        rules = policies(folder, POLICY)
        made = reaper_of(
            given, given.accounts[0], rules, store, enforce=True, stop=Event(), tell=noted.tell
        )
        yield stack.enter_context(made)


def enforce(made: Reaper, noted: Noted) -> Report:
    report = made.run_once()
    noted.seconds = time.perf_counter() - noted.begun_at
    assert [outcome.result for outcome in report.outcomes.values()] == [Result.TERMINATED] * ENDED
    return report


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    """Filled by whatever is asked."""
    made, exchange = Noted(), Connection._ask

    def noting(self: Connection, *asked: Any, **more: Any) -> Any:  # noqa: ANN401 - as they are
        made.asked.append(asked[:3])
        return exchange(self, *asked, **more)

    monkeypatch.setattr(Connection, "_ask", noting)
    return made


def test_a_hundred_terminations(figures: Figures, tmp_path: Path, noted: Noted) -> None:
    """A hundred unpaced terminations at 20 ms latency take at most 1.5 times their bare requests
    one after another.

    The second look of each costs at most three requests for the session itself, and the lists of
    what is in flight.
    """
    with emulated(tmp_path, LATENCY) as url:
        with reaper(url, tmp_path, noted) as made:
            enforce(made, noted)
        asked = list(noted.asked)
        bare = ask_for_twins(url, asked)
    note_looks(figures, asked)
    name = (
        f"{ENDED} terminations at 20 ms, to their {len(asked)} bare requests ({noted.seconds:.2f} "
        f"s to {bare:.2f} s)"
    )
    figures.append((name, f"{noted.seconds / bare:.2f} x", "1.5 x"))
    assert noted.seconds <= 1.5 * bare


def ask_for_twins(url: str, asked: list[tuple[str, str, Any]]) -> float:
    """The seconds that the same requests take by themselves."""
    with httpx.Client(base_url=url, headers={"apiKey": "demo-key"}, trust_env=False) as client:
        begun = time.perf_counter()
        for method, path, params in asked:
            answer = client.request(method, twin(path), params=params)
            assert answer.status_code == httpx.codes.OK
            answer.json()
        return time.perf_counter() - begun


def note_looks(figures: Figures, asked: list[tuple[str, str, Any]]) -> None:
    looks, shared, since = [], 0, 0
    for method, path, _ in asked:
        if not re.search(r"[0-9a-f]{8}-", path):
            shared += 1
        elif method != "GET":
            looks.append(since)
            since = -1  # the read that sees its end
        else:
            since += 1
    figures.append(("requests of a second look for the session itself", f"{max(looks)}", "3"))
    figures.append(
        ("lists to a termination, those of the first look included", f"{shared / ENDED:.2f}", "2.2")
    )
    assert len(looks) == ENDED
    assert max(looks) <= 3
    assert shared <= 2.2 * ENDED


def test_lease_and_intent(
    figures: Figures, tmp_path: Path, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lease and intent together take at most 5 ms a termination.

    On a slow disk, 1.5 times the bare commit.
    """
    own: list[float] = []
    bare: list[float] = []
    said: list[tuple[str, Any]] = []
    other: list[sqlite3.Connection] = []
    intend, copied = OpenRun.intend, ExitStack()

    def timed(self: OpenRun, *arguments: Any) -> None:  # noqa: ANN401 - as they are
        if not own:
            sa.event.listen(self._database.engine, "before_cursor_execute", note)
            other.append(copied.enter_context(copy(tmp_path)))
        said.clear()
        begun = time.perf_counter()
        intend(self, *arguments)
        own.append(time.perf_counter() - begun)
        bare.append(commit(other[0], said))

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401
        said.append((statement, values))

    monkeypatch.setattr(OpenRun, "intend", timed)
    with copied, emulated(tmp_path, 0) as url, reaper(url, tmp_path, noted) as made:
        enforce(made, noted)
    ours, theirs = statistics.median(own) * 1000, statistics.median(bare) * 1000
    name = f"lease and intent, median of {ENDED} (the bare commit: {theirs:.2f} ms)"
    figures.append((name, f"{ours:.2f} ms", "5 ms"))
    assert len(own) == ENDED
    assert ours <= max(5, 1.5 * theirs)


@contextmanager
def copy(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database once more, as the run has it now."""
    other = sqlite3.connect(folder / "bare.db", isolation_level=None)
    with closing(sqlite3.connect(folder / "reaper.db")) as one, closing(other):
        one.backup(other)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            other.execute(f"PRAGMA {pragma}")
        yield other


def commit(db: sqlite3.Connection, said: list[tuple[str, Any]]) -> float:
    """The seconds that the same statements take in a transaction by themselves, as safely."""
    begun = time.perf_counter()
    db.execute("BEGIN IMMEDIATE")
    for statement, values in said:
        if not statement.startswith("BEGIN"):
            db.execute(statement, values)
    db.execute("COMMIT")
    return time.perf_counter() - begun
