"""What is left when a process is told to stop, or dies."""

import json
import signal

import pytest
from support.processes import FLEET, Shell, Start, wait_for

MANY = "sessions:\n" + "".join(
    f"  - {{owner: u{n}@Planning, age: 9h, idle: 5h}}\n" for n in range(40)
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_passes_until_it_is_told_to_stop(
    shell: Shell, start: Start, number: signal.Signals
) -> None:
    """Passes follow one another; a signal lets the daemon leave with exit code 0."""
    start(scenario=FLEET)
    with shell.started("daemon", "--interval", "1s") as daemon:
        assert daemon.stderr is not None
        wait_for(daemon.stderr, r'"run ended".*"run": 2, .*\{"withheld": 1\}')
        daemon.send_signal(number)
        _, rest = daemon.communicate(timeout=30)
    assert (daemon.returncode, json.loads(rest.splitlines()[-1])["event"]) == (0, "daemon ended")
    assert "Traceback" not in rest


@pytest.mark.slow
def test_a_stopped_daemon_finishes_the_step_under_way(shell: Shell, start: Start) -> None:
    """SIGTERM amid an enforcing pass.

    What was begun is recorded, what was not is left alone, the exit code is 0.
    """
    account = start("--latency", "40", scenario=MANY)
    with shell.started("daemon", "--enforce") as daemon:
        while not account.ended():
            assert daemon.poll() is None
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=30)
    assert (daemon.returncode, "Traceback" in said) == (0, False)
    ended, (run,) = account.ended(), shell.json("runs")["runs"]
    assert 0 < len(ended) < 40
    assert run["outcomes"] == {"terminated": len(ended), "planned": 40 - len(ended)}
    assert run["finished_at"] is not None


@pytest.mark.slow
def test_a_daemon_outlives_the_account(shell: Shell, start: Start) -> None:
    """An account that goes away is said, and the daemon goes on."""
    account = start(scenario=FLEET)
    with shell.started("daemon", "--interval", "1s") as daemon:
        assert daemon.stderr is not None
        wait_for(daemon.stderr, r'"run begun".*"sessions": 3,')
        account.kill()
        wait_for(daemon.stderr, r"the connection was refused")
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
    assert daemon.returncode == 0


@pytest.mark.slow
def test_the_account_dies_amid_an_enforcing_run(shell: Shell, start: Start) -> None:
    """After kill -9 of the server the history tells which sessions were seen to end, and which were
    not.
    """
    shell.environment["REAPER_CONFIRM_WITHIN"] = "1s"
    account = start("--latency", "40", scenario=MANY)
    with shell.started("run", "--enforce", "-o", "json") as run:
        while len(ended := account.ended()) < 3:
            assert run.poll() is None
        account.kill()
        out, err = run.communicate(timeout=100)
    assert run.returncode in (1, 3)
    assert "Traceback" not in err
    seen = {e["session"] for e in shell.json("history", "--outcome", "terminated")["history"]}
    unseen = {
        e["session"]
        for e in shell.json("history", "--outcome", "failed", "--limit", "500")["history"]
    }
    unseen |= {
        e["session"]
        for e in shell.json("history", "--outcome", "unconfirmed", "--limit", "500")["history"]
    }
    spared = {
        e["session"]
        for e in shell.json("history", "--outcome", "withheld", "--limit", "500")["history"]
    }
    assert set(ended[:-1]) <= seen
    assert 0 < len(unseen) < 10
    assert len(seen) + len(unseen) + len(spared) == len(seen | unseen | spared) == 40
    assert out.count('"terminated"') == len(seen)


@pytest.mark.slow
def test_the_reaper_dies_amid_an_enforcing_run(shell: Shell, start: Start) -> None:
    """After kill -9 of the reaper nothing is claimed that was not seen, and the next run settles
    the rest.
    """
    shell.environment |= {"REAPER_LEASE": "2s", "REAPER_TIMEOUT": "1s"}
    account = start("--latency", "40", scenario=MANY)
    with shell.started("run", "--enforce") as run:
        while len(account.ended()) < 3:
            assert run.poll() is None
        run.kill()
        run.wait()
    ended = set(account.ended())
    claimed = {e["session"] for e in shell.json("history", "--outcome", "terminated")["history"]}
    unsettled = {e["session"] for e in shell.json("history", "--outcome", "intended")["history"]}
    assert claimed <= ended <= claimed | unsettled
    assert claimed.isdisjoint(unsettled)
    assert shell.json("runs")["runs"][0]["finished_at"] is None
    while not (runs := shell.json("run")["runs"]):  # the dead one's lease holds for two seconds
        pass
    assert {s["session"] for s in runs[0]["settled"]} == unsettled
