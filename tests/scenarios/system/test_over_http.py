"""The daemon's HTTP face, asked from another process."""

import json
import signal

import httpx
import pytest
from support.processes import FLEET, Shell, Start, wait_for


@pytest.mark.slow
def test_the_daemon_answers_while_it_runs(shell: Shell, start: Start) -> None:
    """It says at which address.

    What its runs have seen can be read there, and it leaves with exit code 0 at once.
    """
    start(scenario=FLEET)
    shell.environment["REAPER_HTTP"] = json.dumps({"listen": "127.0.0.1:0"})
    with shell.started("daemon", "--interval", "1s") as daemon:
        assert daemon.stderr is not None
        url = wait_for(daemon.stderr, r'"url": "(http://127\.0\.0\.1:\d+)"')[1]
        wait_for(daemon.stderr, r'"run ended".*"run": 1')
        with httpx.Client(base_url=url, trust_env=False) as client:
            run = client.get("/api/v1/runs/1").raise_for_status().json()
            assert (run["account"], run["sessions"]) == ("acme", 3)
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate(timeout=30)
    assert daemon.returncode == 0


@pytest.mark.slow
def test_an_address_that_is_taken_is_told_before_anything_is_looked_at(
    shell: Shell, start: Start
) -> None:
    """It is a mistake in the settings: exit code 2 and one line."""
    account = start(scenario=FLEET)
    taken = httpx.URL(account.url)
    shell.environment["REAPER_HTTP"] = json.dumps({"listen": f"127.0.0.1:{taken.port}"})
    refused = shell("daemon")
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        f"reaper: http.listen: 127.0.0.1:{taken.port} cannot be listened on"
    )
    assert refused.stderr.count("\n") == 1
