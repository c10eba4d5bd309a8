"""What a daemon's round over many accounts costs, against the bare requests of it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.measuring import IDLE, Figures, Serve, noted_requests, policies, reaper, settings

from reaper.bootstrap import database

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]
ACCOUNTS, SESSIONS, LATENCY, WORKERS = 16, 500, 0.02, 8
OLD = {"age": "5h", "idle": "5m", "log_entries": 3}
PROGRAM = Path(sys.executable).parent / "reaper"


@contextmanager
def daemon(folder: Path, url: str, *, accounts: int = ACCOUNTS) -> Iterator[subprocess.Popen[str]]:
    """A daemon that looks after so many accounts, and tells what it does on its standard error, as
    JSON.
    """
    named = [
        {
            "name": f"acme{number}",
            "url": url.replace("127.0.0.1", f"127.0.0.{number + 1}"),
            "api_key": "demo-key",
            "generation": 2,
        }
        for number in range(accounts)
    ]
    written = {
        "accounts": named,
        "database_url": f"sqlite:///{folder / 'reaper.db'}",
        "activity": {"workers": 1},
        "daemon": {"workers": WORKERS, "splay": None},
        "log": {"level": "info", "format": "json"},
    }
    (folder / "reaper.yaml").write_text(json.dumps(written), "utf-8")
    (folder / "policies").mkdir()
    (folder / "policies" / "all.yaml").write_text(IDLE, "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REAPER_")}
    with subprocess.Popen(
        [PROGRAM, "daemon", "--interval", "1h"],
        cwd=folder,
        env=clean,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def seconds_of_a_round(process: subprocess.Popen[str], accounts: int = ACCOUNTS) -> float:
    """From when the daemon began until it has looked at every account."""
    assert process.stderr is not None
    began, done = 0.0, 0
    for line in process.stderr:
        event = json.loads(line)["event"]
        began = time.perf_counter() if event == "daemon begun" else began
        done += event == "run ended"
        if done == accounts:
            return time.perf_counter() - began
    raise AssertionError("the daemon ended")


def seconds_of_bare(url: str, asked: Sequence[tuple[str, dict[str, str | int]]]) -> float:
    """The same requests for as many accounts, by as many workers, and nothing done with the
    answers.
    """

    def one_account(_: int) -> int:
        with httpx.Client(base_url=url, headers={"apiKey": "demo-key"}, trust_env=False) as client:
            return sum(client.get(path, params=params).status_code for path, params in asked)

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        assert set(pool.map(one_account, range(ACCOUNTS))) == {200 * len(asked)}
    return time.perf_counter() - began


def test_a_round_over_many_accounts(serve: Serve, figures: Figures, tmp_path: Path) -> None:
    """A full round that reads every log takes at most 1.5 times its bare requests with as many
    workers.
    """
    url = serve(SESSIONS, latency=LATENCY, addresses=ACCOUNTS, **OLD)
    with (
        database(settings(url, tmp_path)) as store,
        reaper(url, tmp_path, store, policies(tmp_path)) as made,
    ):
        asked = noted_requests(made)
        assert len(made.run_once().observation.learnt) == SESSIONS
    (home := tmp_path / "home").mkdir()
    with daemon(home, url) as process:
        round_ = seconds_of_a_round(process)
    bare = seconds_of_bare(url, asked)
    what = (
        f"a round over {ACCOUNTS} accounts of {SESSIONS} at 20 ms, {WORKERS} workers: "
        f"{round_:.1f} s to {bare:.1f} s"
    )
    figures.append((what, f"{round_ / bare:.2f} x", "1.5 x"))
    assert round_ <= 1.5 * bare


def test_a_daemon_that_waits(serve: Serve, figures: Figures, tmp_path: Path) -> None:
    """Between its passes over an account a daemon holds at most 90 MiB."""
    url = serve(SESSIONS, age="1h", idle="5m")
    with database(settings(url, tmp_path)):
        pass  # made beforehand: to migrate takes more, once
    with daemon(tmp_path, url, accounts=1) as process:
        seconds_of_a_round(process, accounts=1)
        told = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    held = re.search(r"VmRSS:\s+(\d+) kB", told)
    assert held is not None
    mib = int(held[1]) / 1024
    what = f"memory of a daemon after a pass over {SESSIONS} sessions"
    figures.append((what, f"{mib:.0f} MiB", "90 MiB"))
    assert mib <= 90
