"""`reaper status`: one screen for how we stand, and an exit code for who watches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.command import Cli
from support.safety_cli import Desk, ended
from support.safety_house import idle

from reaper.clock import SYSTEM_CLOCK

DAY = timedelta(days=1)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """What stands in the record, to be set back or ahead as by a clock that was wrong."""
    with closing(sqlite3.connect("reaper.db")) as db, db:
        yield db


def checks(reaper: Cli) -> list[str]:
    """Which checks need a person; the exit code and the screen say the same."""
    found = reaper("status", "-o", "json")
    status = found.json
    assert (found.code, status["well"]) == ((1, False) if status["reasons"] else (0, True))
    shown = reaper("status")
    assert (shown.code, shown.err) == (found.code, "")
    assert max(map(len, shown.out.splitlines())) <= 80
    for account in status["accounts"]:
        assert account["account"] in shown.out
    return [one["check"] for one in status["reasons"]]


def acme(reaper: Cli) -> dict[str, Any]:
    (found,) = reaper("status", "-o", "json").json["accounts"]
    return dict(found)


def test_before_the_first_run_it_says_so_and_makes_nothing(reaper: Cli, desk: Desk) -> None:
    """No platform is asked and no database is made."""
    account = desk.acme(idle("s1"))
    assert checks(reaper) == ["runs"]
    assert (account.requests, Path("reaper.db").exists()) == ([], False)


def test_all_is_well_after_a_run(reaper: Cli, desk: Desk) -> None:
    """Who made it, how, what came of it; beside cron nobody knows the next one."""
    desk.settings = {"enforce": True}
    account = desk.acme(idle("s1"), idle("s2", log_entries=0))
    reaper("run")
    assert ended(account) == ["s1"]
    assert checks(reaper) == []
    found, shown = acme(reaper), reaper("status").out
    assert found["last_run"]["outcomes"] == {"terminated": 1}
    assert (found["enforcing"], found["next_at"], found["undetermined"]) == (True, None, 0.5)
    for words in ("acme: enforcing; well", "1 terminated", "no schedule here", "enforce      idle",
                  "1 of 2 sessions (50%)", "nothing needs a person"):  # fmt: skip
        assert words in shown


def test_a_run_is_overdue_after_twice_the_interval(reaper: Cli, desk: Desk) -> None:
    """Where the settings hold an interval, the next run is known as well."""
    desk.settings = {"interval": "5m"}
    desk.acme()
    reaper("run")
    assert (checks(reaper), acme(reaper)["schedule"]) == ([], "every 5m")
    with database() as db:
        db.execute("INSERT INTO revising VALUES (1)")  # the door in the triggers
        db.execute("UPDATE runs SET started_at = datetime(started_at, '-11 minutes')")
        db.execute("DELETE FROM revising")
    assert checks(reaper) == ["runs"]
    assert "11m" in acme(reaper)["overdue"]
    assert "overdue" in reaper("status").out


def test_a_halt_names_the_run_the_limit_and_the_command(reaper: Cli, desk: Desk) -> None:
    """Until a person acknowledges it."""
    desk.settings = {"limits": {"run": {"sessions": 0}}}
    desk.acme(idle("s1"))
    assert reaper("run", "--enforce").code == 5
    assert checks(reaper) == ["halt"]
    assert "reaper acknowledge 1" in reaper("status").out
    assert "this run would end 1 session" in acme(reaper)["halted"]
    reaper("acknowledge", "1")
    assert checks(reaper) == []


def test_only_a_pause_without_an_end_needs_a_person(reaper: Cli, desk: Desk) -> None:
    """One that ends by itself is a decision."""
    desk.acme()
    reaper("run")
    reaper("pause", "--reason", "tests", "--until", "2h")
    assert checks(reaper) == []
    reaper("pause", "--reason", "year end")
    assert checks(reaper) == ["pause"]


@pytest.mark.parametrize("file", ["STOP", "reaper.yaml/STOP", "no-folder/STOP"])
def test_the_stop_file_is_told(reaper: Cli, desk: Desk, file: str) -> None:
    """There, not to be told, or where nobody can make one; below a plain file it stops as well."""
    desk.settings = {"stop_file": file}
    account = desk.acme(idle("s1"))
    if file == "STOP":
        Path(file).touch()
    reaper("run", "--enforce")
    assert "stop_file" in checks(reaper)
    assert ended(account) == (["s1"] if file.startswith("no-folder") else [])


def test_a_lease_that_ends_tomorrow_is_told_and_released(reaper: Cli, desk: Desk) -> None:
    """The clock was set back since it was taken; a run says so too, with exit code 4."""
    account = desk.acme(idle("s1"))
    reaper("run")
    tomorrow = (SYSTEM_CLOCK.now() + DAY).replace(tzinfo=None)
    with database() as db:
        db.execute("UPDATE leases SET holder = 'ben@desk', expires_at = ?", [str(tomorrow)])
    assert checks(reaper) == ["lease"]
    assert "ben@desk" in reaper("status").out
    held = reaper("run", "--enforce", "--quiet")
    assert (held.code, "`reaper release --account acme` ends it" in held.err) == (4, True)
    assert ended(account) == []
    said = reaper("release", "--account", "acme")
    assert (said.code, said.out.startswith("released: acme, which was locked by ben@desk")) == (
        0,
        True,
    )
    assert reaper("release", "--account", "acme").code == 1
    assert (checks(reaper), reaper("run", "--enforce").code) == ([], 0)
    assert ended(account) == ["s1"]


def test_what_else_needs_a_person(reaper: Cli, desk: Desk) -> None:
    """A doubtful look, a key that expires, policies that cannot be read, a session that did not
    end; a step of which nobody saw the end.
    """
    deaf = desk.acme(idle("s1"), faults="deaf:1")
    assert reaper("run", "--enforce").code == 1
    assert checks(reaper) == ["steps"]
    soon = SYSTEM_CLOCK.now().date() + DAY
    named = [{"name": "acme", "url": deaf.url, "api_key": "gone", "api_key_expires": str(soon)}]
    desk.settings = {"accounts": named}
    desk.write("policies: [{name: x}]")
    assert checks(reaper) == ["policies", "steps", "key"]
    desk.write()
    assert reaper("run", "--enforce").code == 3
    assert checks(reaper)[0] == "runs"
    assert "the key is unknown or expired" in acme(reaper)["doubts"][0]


def test_exemptions_that_end_soon_and_policies_out_of_force(reaper: Cli, desk: Desk) -> None:
    """By hand and in the policies; those that hold for long, or have ended, are left out."""
    today = SYSTEM_CLOCK.now().date()
    desk.write(
        "policies:\n"
        "  - name: idle\n    select: {kind: webui}\n    terminate_when: {idle: 2h}\n"
        "    exempt:\n"
        f"      - {{owner: b@C, reason: move, until: {today + DAY}}}\n"
        f"      - {{owner: d@E, reason: later, until: {today + 90 * DAY}}}\n"
        "  - name: old\n    select: {kind: webui}\n    terminate_when: {idle: 2h}\n"
        f"    from: {today + 2 * DAY}\n",
        acme=desk.account(),
    )
    reaper("run")
    for owner, until in (("anna@Planning", "3d"), ("eva@Supply", "30d")):
        reaper("exempt", "add", "--owner", owner, "--until", until, "--reason", "close")
    found = reaper("status", "-o", "json").json
    assert [(one["whom"], one["given"].split(" by ")[0]) for one in found["exemptions"]] == [
        ("owner anna@Planning", "exemption 1"),
        ("owner b@C", "policy idle"),
    ]
    assert [(one["name"], one["dormant"] is None) for one in found["policies"]] == [
        ("idle", True),
        ("old", False),
    ]
    assert checks(reaper) == []
