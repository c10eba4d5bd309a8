"""A first backlog: the oldest few at a time, by a person, within the limits."""

from __future__ import annotations

import pytest
from support.safety_cli import Cli, Desk, ended
from support.safety_house import idle

from reaper.emulator import Emulator

THREE = ("apply", "--at-most", "3", "--oldest")


@pytest.fixture
def backlog(desk: Desk) -> Emulator:
    """Seven sessions are due, s0 the oldest, and a run may end three."""
    desk.settings["limits"] = {"run": {"sessions": 3}}
    return desk.acme(*(idle(f"s{n}", f"o{n}@Planning", age=f"{20 - n}h") for n in range(7)))


def test_a_backlog_goes_in_tranches_past_the_halt(reaper: Cli, backlog: Emulator) -> None:
    """The oldest go first, a dry run shows which; what is left is planned on, nothing goes by itself
    before a person acknowledges the halt, and who took each tranche is on record.
    """
    assert reaper("run", "--enforce").code == 5
    dry = reaper(*THREE)
    assert (dry.code, ended(backlog)) == (0, [])
    assert "--enforce would end 3" in dry.out
    assert "4 more sessions are due" in dry.out
    assert (reaper(*THREE, "--enforce").code, ended(backlog)) == (0, ["s0", "s1", "s2"])
    behind = reaper("run", "--enforce", "-o", "json").json["runs"][0]
    assert (behind["planned"]["policies"], behind["acknowledge"]) == ({"idle": 4}, 1)
    assert (reaper(*THREE, "--enforce").code, len(ended(backlog))) == (0, 6)
    assert (reaper("run", "--enforce").code, len(ended(backlog))) == (0, 6)
    assert reaper("acknowledge", "1").code == 0
    assert (reaper("run", "--enforce").code, len(ended(backlog))) == (0, 7)
    requests = [run["request"] for run in reaper("runs", "-o", "json").json["runs"]]
    assert requests.count("the oldest 3") == 3


def test_a_tranche_over_a_limit_ends_nothing_and_calls_nobody_else(
    reaper: Cli, backlog: Emulator
) -> None:
    """A limit never truncates: four of three ends none, says how many there is room for, and leaves
    no halt behind.
    """
    over = reaper("apply", "--at-most", "4", "--oldest", "--enforce")
    assert (over.code, ended(backlog)) == (5, [])
    assert "this run would end 4 sessions, and at most 3 are allowed" in over.out
    assert "--at-most 3 --oldest" in over.out
    assert reaper("acknowledge", "1").code == 2
    assert (reaper(*THREE, "--enforce").code, len(ended(backlog))) == (0, 3)


def test_tranches_count_towards_the_hour(reaper: Cli, desk: Desk, backlog: Emulator) -> None:
    """The second one would make six within the hour, and four are allowed."""
    desk.settings["limits"]["hour"] = {"sessions": 4}
    desk.write(acme=backlog)
    codes = [reaper(*THREE, "--enforce").code for _ in range(2)]
    assert (codes, len(ended(backlog))) == ([0, 5], 3)
    assert reaper("apply", "--at-most", "1", "--oldest", "--enforce").code == 0


def test_a_pause_holds_a_tranche(reaper: Cli, backlog: Emulator) -> None:
    """A pause is for everybody; so is an exemption."""
    reaper("exempt", "add", "--session", "s0", "--forever", "--reason", "the board")
    reaper("pause", "--reason", "year-end close")
    assert "paused by" in reaper(*THREE, "--enforce").out
    assert ended(backlog) == []
    reaper("resume")
    reaper(*THREE, "--enforce")
    assert ended(backlog) == ["s1", "s2", "s3"]


def test_a_reviewed_plan_is_taken_in_tranches(reaper: Cli, backlog: Emulator) -> None:
    """Of the plan the oldest, minus what is no longer due; nothing else, be it older."""
    assert reaper("plan", "-o", "plan.json").code == 5
    backlog.world.touch("s1")
    backlog.world.add_session(**idle("new", "fay@Planning", age="30h"))
    first = reaper("apply", "plan.json", *THREE[1:], "--enforce")
    assert (first.code, ended(backlog)) == (0, ["s0", "s2", "s3"])
    assert "no longer due: webui s1" in first.out
    assert "not reviewed, left alone: webui new" in first.out
    assert "3 more sessions are due" in first.out
    assert reaper("apply", "plan.json", *THREE[1:], "--enforce").code == 0
    assert sorted(ended(backlog)) == ["s0", "s2", "s3", "s4", "s5", "s6"]


def test_a_tranche_is_of_each_named_account(reaper: Cli, desk: Desk) -> None:
    """Without a name it is of each; a plan without the account is refused."""
    acme, globex = (desk.account(idle("s1"), idle("s2", "ben@Supply")) for _ in range(2))
    desk.write(acme=acme, globex=globex)
    reaper("apply", "--account", "globex", "--at-most", "1", "--oldest", "--enforce")
    assert (len(ended(acme)), len(ended(globex))) == (0, 1)
    reaper("plan", "--account", "acme", "-o", "plan.json")
    wrong = reaper("apply", "plan.json", "--account", "globex")
    assert (wrong.code, wrong.one_line) == (2, True)
    assert "plan.json has no plan for account 'globex'; it has acme" in wrong.err


@pytest.mark.usefixtures("backlog")
@pytest.mark.parametrize(
    "half", [(), ("--at-most", "3"), ("--oldest",), ("plan.json", "--at-most", "3")]
)
def test_half_a_tranche_is_a_slip(reaper: Cli, half: tuple[str, ...]) -> None:
    """How many and which are said together, or a plan is named."""
    slip = reaper("apply", *half, "--enforce")
    assert (slip.code, "Error: " in slip.err) == (2, True)
