"""How the benchmarks measure.

The least of several interleaved repetitions, against another process.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from reaper.bootstrap import reaper_of
from reaper.config.policies.load import load_policies
from reaper.config.settings.model import OwnSettings, Settings
from reaper.core.language.policy import PolicySet
from reaper.run.pipeline import Reaper
from reaper.store import Database

HERE = Path(__file__).parents[1]
TODAY = datetime(2026, 11, 23, tzinfo=UTC).date()
IDLE = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui, state: running, owner: {not: "svc-*@*"}}
    terminate_when: {any: [{idle: 2h}, {age: 24h}]}
    exempt: [{owner: admin@ROOT, reason: operations}]
"""
Figures = list[tuple[str, str, str]]
Serve = Callable[..., str]
Asked = list[tuple[str, dict[str, str | int]]]


@contextmanager
def serving() -> Iterator[Serve]:
    running: list[subprocess.Popen[str]] = []

    def start(
        count: int,
        *,
        latency: float = 0.0,
        remembering: bool = True,
        addresses: int = 1,
        **session: Any,  # noqa: ANN401
    ) -> str:
        told = {"count": count, "latency": latency, "remembering": remembering}
        asked = json.dumps({**told, "addresses": addresses, "session": session})
        program = [sys.executable, str(HERE / "support" / "fleet_server.py"), asked]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def least(
    *ways: Callable[[], object],
    repetitions: int = 5,
    timer: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """The least seconds that each way takes.

    They take turns, so that a busy moment meets all of them.
    """
    found = [float("inf")] * len(ways)
    for _ in range(repetitions):
        for number, way in enumerate(ways):
            gc.collect()
            start = timer()
            way()
            found[number] = min(found[number], timer() - start)
    return found


def policies(folder: Path, text: str = IDLE) -> PolicySet:
    path = folder / "policies.yaml"
    path.write_text(text, "utf-8")
    return load_policies(path, TODAY).policies


def settings(url: str, folder: Path) -> Settings:
    account = {"name": "acme", "url": url, "api_key": "demo-key", "generation": 2}
    return OwnSettings.model_validate(
        {"accounts": [account], "database_url": f"sqlite:///{folder / 'reaper.db'}"}
    )


@contextmanager
def reaper(url: str, folder: Path, store: Database, judged_by: PolicySet) -> Iterator[Reaper]:
    """Everything a dry pass needs, as the command line wires it."""
    given = settings(url, folder)
    with reaper_of(given, given.accounts[0], judged_by, store, enforce=False, stop=Event()) as made:
        yield made


def noted_requests(made: Reaper) -> Asked:
    """Everything that is asked from now on: paths and parameters."""
    connection, asked = made.source.connection, []  # type: ignore[attr-defined]
    get = connection.get

    def noting(path: str, params: Mapping[str, str | int] | None = None, **more: int) -> bytes:
        asked.append((path, dict(params or {})))
        body: bytes = get(path, params, **more)
        return body

    connection.get = noting
    return asked
