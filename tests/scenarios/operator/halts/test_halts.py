"""A halt, a pause, a dry run: what was planned, what holds it back, and the way on."""

from __future__ import annotations

from typing import Any

import pytest
from support.safety_cli import Cli, Desk, ended
from support.safety_house import idle

from reaper.emulator import Emulator

TRANCHE = "`reaper apply --account acme --at-most 1 --oldest` takes the oldest 1 by hand"
OVER = "this run would end 2 sessions, and at most 1 are allowed"
PAUSED = "paused by vera: year-end close (`reaper resume 1` ends it)"


@pytest.fixture
def backlog(desk: Desk) -> Emulator:
    """Two sessions are due, and a run may end one."""
    desk.settings["limits"] = {"run": {"sessions": 1}}
    return desk.acme(idle("s1", "anna@Planning", age="12h"), idle("s2", "ben@Planning"))


def last_run(reaper: Cli) -> dict[str, Any]:
    found: dict[str, Any] = reaper("runs", "-o", "json").json["runs"][0]
    return found


@pytest.mark.usefixtures("backlog")
def test_all_name_the_run_that_the_account_waits_for(reaper: Cli) -> None:
    """A later run behind the halt names the first one, which can be acknowledged, and not itself:
    in cron's mail, the report, the plan, the explanation and as JSON.
    """
    codes = [reaper("run", "--enforce", "--quiet").code for _ in range(2)]
    quiet = reaper("run", "--enforce", "--quiet")
    assert (codes, quiet.code, quiet.one_line) == ([5, 5], 5, True)
    assert f"run 3 was halted: {OVER} (`reaper acknowledge 1` lets it go on" in quiet.err
    for told in (quiet.err, reaper("run", "--enforce").out, reaper("plan").out):
        assert "`reaper acknowledge 1`" in told
        assert TRANCHE in " ".join(told.split())
    assert reaper("run", "-o", "json").json["runs"][0]["acknowledge"] == 1
    words = reaper("explain", "s1", "-o", "json").json["live"]["next_run"]["words"]
    assert "`reaper acknowledge 1`" in words
    assert TRANCHE in words


@pytest.mark.usefixtures("backlog")
def test_another_number_than_that_is_refused_with_the_right_one(reaper: Cli) -> None:
    """Run 2 was halted, too, and nobody waits for it."""
    reaper("run", "--enforce")
    reaper("run", "--enforce")
    wrong = reaper("acknowledge", "2")
    assert (wrong.code, wrong.one_line) == (2, True)
    assert "its account waits for run 1; `reaper acknowledge 1`" in wrong.err
    assert reaper("acknowledge", "1").code == 0


def test_what_waits_behind_a_halt_and_fits_the_limits_names_the_way_too(
    reaper: Cli, backlog: Emulator
) -> None:
    """A session went by itself: the rest is within the limit, and waits for the same person."""
    reaper("run", "--enforce")
    backlog.world.end("s2")
    quiet = reaper("run", "--enforce", "--quiet")
    assert (quiet.code, quiet.one_line, ended(backlog)) == (0, True, [])
    assert "1 session due but left alone: run 1 was halted by a limit" in quiet.err
    assert TRANCHE in quiet.err


@pytest.mark.usefixtures("backlog")
def test_the_list_of_runs_shows_a_halted_run_with_its_limit(reaper: Cli) -> None:
    """Also one whose steps were written by an earlier run; the way on until it is acknowledged."""
    for _ in range(2):
        reaper("run", "--enforce")
    table = " ".join(reaper("runs").out.split())
    assert table.count(f"halted: {OVER}") == 2
    assert table.count("`reaper acknowledge 1` lets it go on") == 1
    assert "nothing to end" not in table
    reaper("acknowledge", "1")
    assert "acknowledge" not in reaper("runs").out
    assert last_run(reaper)["acknowledged"] is False
    assert reaper("runs", "-o", "json").json["runs"][1]["acknowledged"] is True


@pytest.mark.usefixtures("backlog")
def test_every_run_keeps_what_it_planned(reaper: Cli, desk: Desk) -> None:
    """A repeated dry run and a repeated run under a pause show how many they would have ended, by
    action and policy, though their steps are not written again.
    """
    desk.settings["limits"] = {}
    desk.write(acme=desk.account(idle("s1", "anna@Planning"), idle("s2", "ben@Planning")))
    planned = {"actions": {"terminate": 2}, "policies": {"idle": 2}, "within_limits": 2}
    for _ in range(2):
        reaper("run")
        assert last_run(reaper)["planned"] == planned
    reaper("pause", "--reason", "year-end close", "--by", "vera")
    for _ in range(2):
        reaper("run", "--enforce")
        assert (last_run(reaper)["planned"], last_run(reaper)["blocked"]) == (planned, PAUSED)
    table = " ".join(reaper("runs").out.split())
    assert table.count("2 would end (dry run)") == 2
    assert table.count(f"2 due, {PAUSED}") == 2


def test_a_run_over_a_limit_during_a_pause_latches_nothing(reaper: Cli, backlog: Emulator) -> None:
    """The pause is told first. Once it is over, and so is the excess, the next run goes on."""
    reaper("pause", "--reason", "year-end close", "--by", "vera")
    quiet = reaper("run", "--enforce", "--quiet")
    first, second = quiet.err.splitlines()
    assert (quiet.code, first) == (5, f"reaper: acme: 2 sessions due but left alone: {PAUSED}")
    assert second.startswith(f"reaper: acme: once that is over, a limit halts it: {OVER}")
    assert "acknowledge" not in quiet.err
    table = reaper("run", "--enforce").out
    assert table.index("withheld: paused by vera") < table.index(f"halted: {OVER}")
    assert last_run(reaper)["latched"] is False
    reaper("resume")
    backlog.world.end("s2")
    assert (reaper("run", "--enforce").code, ended(backlog)) == (0, ["s1"])


def test_plan_and_dry_run_say_of_a_pause_what_explain_says(reaper: Cli, desk: Desk) -> None:
    """One pause, in the same words wherever somebody asks what a run would do."""
    desk.acme(idle("s1", "anna@Planning"))
    reaper("pause", "--reason", "year-end close", "--by", "vera")
    dry = reaper("run").out
    assert reaper("plan").code == 0
    for told in (reaper("plan").out, dry, reaper("explain", "s1").out):
        assert PAUSED in " ".join(told.split())
    assert "--enforce would end nothing either" in dry
    assert reaper("run", "-o", "json").json["runs"][0]["blocked"] == PAUSED
