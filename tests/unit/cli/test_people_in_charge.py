"""What a person says holds: an acknowledgement, a pause; tests/scenarios/safety has the rest."""

import pytest
from support.cli_tools import IDLE, Cli, Open, ended, write_policies, write_settings

from reaper.emulator import Emulator

SECOND = "22222222-2222-4222-8222-222222222222"
TWO = ({"id": IDLE, "owner": "anna@Planning", "age": "9h", "idle": "5h"},
       {"id": SECOND, "owner": "ben@Supply", "age": "9h", "idle": "6h"})  # fmt: skip


@pytest.fixture
def two(tenant: Open) -> Emulator:
    """An account whose two sessions are both to go."""
    account = tenant(*TWO)
    write_policies()
    write_settings(acme=account.url)
    return account


def test_a_halted_run_is_acknowledged_by_a_person(
    reaper: Cli, two: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a limit the exit code is 5 and nothing is ended, until somebody acknowledges and the
    limit allows it.
    """
    monkeypatch.setenv("REAPER_LIMITS", '{"run": {"sessions": 1}}')
    halted = reaper("run", "--enforce", "-o", "json")
    (run,) = halted.json["runs"]
    assert (halted.code, ended(two)) == (5, [])
    assert run["halted"] == ["this run would end 2 sessions, and at most 1 are allowed"]
    monkeypatch.delenv("REAPER_LIMITS")
    assert reaper("run", "--enforce").code == 0
    assert ended(two) == []
    done = reaper("acknowledge", str(run["id"]), "--by", "anna", "--reason", "quarter end")
    assert done.code == 0
    assert done.out.startswith(f"acknowledged: run {run['id']} of acme\ndatabase: sqlite:///")
    assert reaper("acknowledge", str(run["id"])).code == 2
    assert reaper("acknowledge", "999").code == 2
    assert reaper("run", "--enforce").code == 0
    assert sorted(ended(two)) == [IDLE, SECOND]


def test_a_pause_holds_until_it_is_resumed(reaper: Cli, two: Emulator) -> None:
    """Paused, nothing is ended and every run says who paused and why.

    A plan can still be looked at.
    """
    assert reaper("pause", "--reason", "year end", "--by", "anna").code == 0
    result = reaper("run", "--enforce")
    assert (result.code, ended(two)) == (0, [])
    assert "paused by anna: year end" in result.out
    assert reaper("resume").out.startswith("resumed: all accounts (pause 1 by anna: year end)\n")
    reaper("run", "--enforce")
    assert len(ended(two)) == 2


def test_a_pause_needs_a_reason_and_a_future(reaper: Cli, two: Emulator) -> None:
    """Without a reason, for an unknown account or until a moment that is past, nothing is
    paused.
    """
    assert reaper("pause").code == 2
    assert reaper("pause", "--reason", "x", "--account", "nobody").code == 2
    assert reaper("pause", "--reason", "x", "--until", "2020-01-01").code == 2
    reaper("run", "--enforce")
    assert len(ended(two)) == 2


def test_a_dead_account_costs_no_other_its_plan(reaper: Cli, two: Emulator) -> None:
    """`reaper plan` shows the accounts that answer, tells of the one that does not, and exits with
    3.
    """
    write_settings(dead="http://127.0.0.1:9", acme=two.url)
    result = reaper("plan")
    assert (result.code, "2 to end" in result.out) == (3, True)
    assert "dead" in result.err
