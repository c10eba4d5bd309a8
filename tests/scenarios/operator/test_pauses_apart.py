"""Pauses are kept apart: the account goes on when none of them holds."""

from __future__ import annotations

from datetime import timedelta

from support.command import Cli
from support.safety_cli import Desk, ended
from support.safety_house import idle

from reaper.clock import SYSTEM_CLOCK


def test_a_shorter_pause_does_not_replace_a_longer_one(reaper: Cli, desk: Desk) -> None:
    """After it has lapsed, nothing is ended, and `status` lists each with who, why and until."""
    acme = desk.acme(idle("s1"))
    reaper("run")
    first = reaper("pause", "--reason", "year end", "--by", "vera", "--until", "5h")
    second = reaper("pause", "--reason", "tests", "--by", "ben", "--until", "1h")
    assert first.code == second.code == 0
    assert "also in effect for all accounts: paused by vera until" in second.out
    later = SYSTEM_CLOCK.now() + timedelta(hours=4)
    listed = reaper("status", "-o", "json").json["pauses"]
    assert [(one["by"], one["reason"], one["until"] > later.isoformat()) for one in listed] == [
        ("vera", "year end", True),
        ("ben", "tests", False),
    ]
    assert "paused by ben" in reaper("status").out
    assert reaper("resume", "2").code == 0
    assert "paused by vera" in reaper("run", "--enforce").out
    assert ended(acme) == []


def test_resume_says_what_it_ended_and_what_still_holds(reaper: Cli, desk: Desk) -> None:
    """Every pause of its scope, each by name; those of another scope go on."""
    acme = desk.acme(idle("s1"))
    reaper("run")
    for reason in ("year end", "tests"):
        reaper("pause", "--reason", reason, "--by", "vera")
    reaper("pause", "--reason", "audit", "--by", "ben", "--account", "acme")
    said = reaper("resume")
    assert said.code == 0
    assert said.out.startswith(
        "resumed: all accounts (pause 1 by vera: year end)\n"
        "resumed: all accounts (pause 2 by vera: tests)\n"
        "acme stays as it is: paused by ben: audit (`reaper resume 3` ends it)\n"
    )
    reaper("run", "--enforce")
    assert ended(acme) == []
    assert reaper("resume", "--account", "acme").code == 0
    reaper("run", "--enforce")
    assert ended(acme) == ["s1"]


def test_resume_of_nothing_says_so(reaper: Cli, desk: Desk) -> None:
    """Exit code 1; a number that does not hold, and a number beside an account, are refused."""
    desk.acme()
    said = reaper("resume")
    assert (said.code, "nothing was paused: no pause of all accounts is in effect" in said.err) == (
        1,
        True,
    )
    assert reaper("resume", "--account", "acme").code == 1
    assert (reaper("resume", "7").code, reaper("resume", "nobody").code) == (2, 2)
    assert reaper("resume", "7", "--account", "acme").code == 2
