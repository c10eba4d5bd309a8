"""What a pass over ten thousand sessions costs, against the bare work that it cannot do without."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from support.measuring import (
    HERE,
    Asked,
    Figures,
    Serve,
    least,
    noted_requests,
    policies,
    reaper,
    settings,
)

from reaper.bootstrap import database
from reaper.store import Database

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
FLEET = 10_000
YOUNG = {"age": "1h", "idle": "5m"}
OLD = {"age": "5h", "idle": "5m", "log_entries": 3}


@pytest.mark.parametrize(
    ("remembering", "first"),
    [(False, False), (True, False), (True, True)],
    ids=["emulator", "memory", "first"],
)
def test_a_dry_pass(
    serve: Serve, figures: Figures, tmp_path: Path, *, remembering: bool, first: bool
) -> None:
    """A dry pass over 10,000 sessions takes at most 2.5 times fetching and parsing the same pages.

    That is for a server that makes its pages, as the emulator does. Where they are ready, it takes
    at most 3.5 times the CPU. Where every decision is new, the figures are only shown.
    """
    url, judged_by = serve(FLEET, remembering=remembering, **YOUNG), policies(tmp_path)
    asked: list[Asked] = []
    with database(settings(url, tmp_path)):
        pass
    shutil.copy(tmp_path / "reaper.db", tmp_path / "empty.db")

    def forget() -> None:
        for old in tmp_path.glob("reaper.db*"):
            old.unlink()
        shutil.copy(tmp_path / "empty.db", tmp_path / "reaper.db")

    def one_pass() -> None:
        if first:
            forget()
        with (
            database(settings(url, tmp_path)) as store,
            reaper(url, tmp_path, store, judged_by) as made,
        ):
            asked[:] = [noted_requests(made)]
            report = made.run_once()
        assert report.observation.snapshot.complete
        assert len(report.observation.snapshot.sessions) == FLEET
        assert not report.observation.learnt

    def bare() -> None:
        with httpx.Client(base_url=url, headers={"apiKey": "demo-key"}, trust_env=False) as client:
            received = [
                json.loads(client.get(path, params=params).content) for path, params in asked[0]
            ]
        assert sum(len(page.get("items", ())) for page in received) >= FLEET

    one_pass()
    timer = time.process_time if remembering else time.perf_counter
    whole, bare_work = least(one_pass, bare, repetitions=11, timer=timer)
    what = (
        f"{'pages ready' if remembering else 'emulator'}, "
        f"{'all decisions new' if first else 'unchanged'}"
    )
    name = (
        f"dry pass over {FLEET:,} ({what}) to bare httpx + json.loads: {whole:.2f} s to "
        f"{bare_work:.2f} s"
    )
    times = 3.5 if remembering else 2.5
    figures.append((name, f"{whole / bare_work:.2f} x", "no promise" if first else f"{times} x"))
    assert first or whole <= times * bare_work


@pytest.mark.parametrize(("count", "most"), [(FLEET, (110, 100)), (5 * FLEET, (150, 130))])
def test_the_memory_of_a_dry_pass(
    serve: Serve, figures: Figures, tmp_path: Path, count: int, most: tuple[int, int]
) -> None:
    """A process that makes one dry pass over 50,000 sessions takes at most 130 MiB.

    The very first also makes the database, and writes every decision.
    """
    url = serve(count, **YOUNG)
    program = [sys.executable, "-m", "support.one_pass", url, str(tmp_path)]
    for which, allowed in zip(("the first", "a later"), most, strict=True):
        told = subprocess.check_output(program, text=True, cwd=HERE).split()
        assert told[0] == str(count)
        name = f"peak memory of {which} dry pass over {count:,}"
        figures.append((name, f"{float(told[1]):.0f} MiB", f"{allowed} MiB"))
        assert float(told[1]) <= allowed


def test_the_second_pass_asks_next_to_nothing(
    serve: Serve, figures: Figures, tmp_path: Path
) -> None:
    """Over an unchanged fleet the second pass makes at most 1.1 times its list requests."""
    url, judged_by = serve(FLEET, **OLD), policies(tmp_path)
    with (
        database(settings(url, tmp_path)) as store,
        reaper(url, tmp_path, store, judged_by) as made,
    ):
        assert len(made.run_once().observation.learnt) == FLEET
        asked = noted_requests(made)
        before = made.source.connection.requests  # type: ignore[attr-defined]
        report = made.run_once()
        requests = made.source.connection.requests - before  # type: ignore[attr-defined]
    lists = sum(path.endswith(("/webui", "/task", "/solve")) for path, _ in asked)
    assert len(report.observation.snapshot.sessions) == FLEET
    name = f"requests of a second pass over {FLEET:,}, to its list requests ({requests} to {lists})"
    figures.append((name, f"{requests / lists:.2f} x", "1.1 x"))
    assert requests <= 1.1 * lists


def test_probes_keep_the_workers_busy(serve: Serve, figures: Figures, tmp_path: Path) -> None:
    """1,000 probes at 20 ms latency with 8 workers take at most 1.3 times what the latency alone
    takes.
    """
    url, probes, latency = serve(1_000, latency=0.02, **OLD), 1_000, 0.02
    ideal = probes * latency / 8
    with (
        database(settings(url, tmp_path)) as store,
        reaper(url, tmp_path, store, policies(tmp_path)) as made,
    ):
        sessions = made.source.fetch().sessions
        made.source.probe(
            sessions
        )  # from now on the server has its answers, and the workers their connections
        (taken,) = least(lambda: made.source.probe(sessions))
    assert len(sessions) == probes
    figures.append(
        (
            f"{probes:,} probes at 20 ms, 8 workers ({taken:.2f} s)",
            f"{taken / ideal:.2f} x",
            "1.3 x",
        )
    )
    assert taken <= 1.3 * ideal


def test_a_pass_on_postgresql(
    serve: Serve, figures: Figures, tmp_path: Path, postgresql_url: str
) -> None:
    """A pass over 10,000 sessions takes at most 1.3 times as long on PostgreSQL as on SQLite."""
    url, judged_by = serve(FLEET, remembering=True, **YOUNG), policies(tmp_path)
    sqlite = settings(url, tmp_path)
    served = sqlite.model_copy(update={"database_url": postgresql_url})
    with database(sqlite) as file, database(served) as server:

        def on(store: Database) -> None:
            with reaper(url, tmp_path, store, judged_by) as made:
                assert len(made.run_once().observation.snapshot.sessions) == FLEET

        on(file)
        on(server)
        there, here = least(lambda: on(server), lambda: on(file), repetitions=5)
    name = f"a pass over {FLEET:,} on PostgreSQL to SQLite: {there:.2f} s to {here:.2f} s"
    figures.append((name, f"{there / here:.2f} x", "1.3 x"))
    assert there <= 1.3 * here
