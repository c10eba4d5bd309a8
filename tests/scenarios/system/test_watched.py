"""A daemon as its monitoring sees it, in a process of its own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from support.processes import FLEET, PATIENCE, Shell, Start, wait_for

pytestmark = pytest.mark.slow

READY: list[tuple[str, str | None]] = []
DONE = 'reaper_runs_total{account="acme",result="done"}'
REFUSED = 'reaper_reloads_total{result="refused"}'


@pytest.fixture
def face(shell: Shell, start: Start) -> Iterator[tuple[httpx.Client, Callable[[], None]]]:
    """A daemon that enforces, asked over HTTP; and what kills its account."""
    account = start(scenario=FLEET)
    shell.environment |= {
        "REAPER_HTTP": json.dumps({"listen": "127.0.0.1:0"}),
        "REAPER_TIMEOUT": "1s",
        "REAPER_ACCOUNTS": json.dumps(
            [{"name": "acme", "url": account.url, "api_key": "demo-key", "ready_within": "3s"}]
        ),
    }
    with shell.started("daemon", "--interval", "1s", "--enforce") as daemon:
        assert daemon.stderr is not None
        url = wait_for(daemon.stderr, r'"url": "(http://127\.0\.0\.1:\d+)"')[1]
        with httpx.Client(base_url=url, trust_env=False) as client:
            yield client, account.kill


def failing(client: httpx.Client) -> list[tuple[str, str | None]]:
    """The checks that fail, by account."""
    return [(one["check"], one["account"]) for one in client.get("/readyz").json()["reasons"]]


def until(true: Callable[[], bool]) -> None:
    """Return once it is true; fails when that takes far too long."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)  # noqa: TID251 - another process is waited for


def figure(client: httpx.Client, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_its_monitoring_sees_the_account_go(face: tuple[httpx.Client, Callable[[], None]]) -> None:
    """Ready after its first run, with what it ended counted.

    When the account dies it stays alive and says why not.
    """
    client, kill = face
    until(lambda: failing(client) == READY)
    terminated = 'reaper_steps_total{account="acme",action="terminate",outcome="terminated",policy="idle-webui"}'
    until(lambda: figure(client, terminated) == 1)
    kill()
    until(lambda: "; the last run: acme (http://" in client.get("/readyz").text)
    assert failing(client) == [("runs", "acme")]
    assert client.get("/healthz").status_code == 200
    assert figure(client, 'reaper_runs_total{account="acme",result="unreachable"}') >= 1
    assert figure(client, 'reaper_requests_total{account="acme",status="none"}') >= 1


def test_its_monitoring_sees_the_database_go_and_come_back(
    shell: Shell, face: tuple[httpx.Client, Callable[[], None]]
) -> None:
    """A database file that is taken away is a reason of its own.

    Once it is back, so is readiness.
    """
    client, _ = face
    until(lambda: failing(client) == READY)
    away = (shell.folder / "reaper.db").rename(shell.folder / "away.db")
    until(lambda: ("database", None) in failing(client))
    assert figure(client, "reaper_database_up") == 0
    for made in shell.folder.glob("reaper.db*"):
        made.unlink()
    away.rename(shell.folder / "reaper.db")
    until(lambda: failing(client) == READY)


def test_its_monitoring_sees_a_broken_edit(
    shell: Shell, face: tuple[httpx.Client, Callable[[], None]]
) -> None:
    """What is wrong is told with file, line and column while the old policies go on, until it is
    mended.
    """
    client, _ = face
    until(lambda: failing(client) == READY)
    file = shell.folder / "policies" / "all.yaml"
    good = file.read_text("utf-8")
    file.write_text(good.replace("idle:", "idel:"), "utf-8")
    until(lambda: failing(client) == [("policies", None)])
    (reason,) = client.get("/readyz").json()["reasons"]
    assert re.search(r"all\.yaml:5:\d+: .*idel", reason["reason"])
    before = figure(client, DONE)
    until(lambda: figure(client, DONE) > before)
    assert (figure(client, "reaper_configuration_valid"), figure(client, REFUSED)) == (0, 1)
    file.write_text(good, "utf-8")
    until(lambda: failing(client) == READY)
