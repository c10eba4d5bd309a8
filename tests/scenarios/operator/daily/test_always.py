"""`always`: everything that is selected, while the window is open."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.safety_cli import Cli, Desk, ended
from support.safety_house import idle, task

from reaper.clock import SYSTEM_CLOCK
from reaper.emulator import Emulator

POLICY = """\
policies:
  - name: shutdown
    mode: enforce
    select: {{environment: Test}}
    terminate_when: {{always: true}}
    exempt: [{{owner: eva@Test, reason: endurance}}]
    only_during: {hours}
    limits: {{sessions: 5}}
"""


@pytest.fixture
def fleet(desk: Desk) -> Emulator:
    desk.settings = {"limits": {"run": {"sessions": 5}}}
    return desk.account(
        idle("used", "anna@Test", age="1m", idle="1s"),
        idle("exempt", "eva@Test"),
        idle("other", "ben@Planning"),
        idle("unread", "carl@Test", log_entries=0, idle=None),
        task("task", owner="svc@Test"),
    )


def in_days(days: int) -> str:
    return str(SYSTEM_CLOCK.now().date() + timedelta(days=days))


def test_everything_that_is_selected_goes_while_the_window_is_open(
    reaper: Cli, desk: Desk, fleet: Emulator
) -> None:
    """Also what is in use and what computes, the latter by its gentle steps; not who is exempt or
    not selected, and no log is read to decide.
    """
    desk.write(POLICY.format(hours=f"{{windows: daily UTC, except: [{in_days(300)}]}}"), acme=fleet)
    run = reaper("run", "--enforce", "-o", "json")
    assert (run.code, set(ended(fleet))) == (0, {"used", "unread"})
    steps = run.json["runs"][0]["steps"]
    assert {(step["session"], step["action"]) for step in steps if step["kind"] == "task"} == {
        ("task", "interrupt-solve")
    }
    reasons = {step["reason"] for step in steps}
    assert reasons == {"every session that the policy selects, in use or not"}
    assert run.json["runs"][0]["probes"] == 0


def test_nothing_goes_while_the_window_is_closed(reaper: Cli, desk: Desk, fleet: Emulator) -> None:
    """The offenders wait for it to open."""
    days = ", ".join(in_days(n) for n in range(-1, 2))
    desk.write(POLICY.format(hours=f"{{windows: daily UTC, except: [{days}]}}"), acme=fleet)
    run = reaper("run", "--enforce", "-o", "json").json["runs"][0]
    assert (ended(fleet), len(run["waiting"])) == ([], 3)


@pytest.mark.parametrize("hours", ["", "    only_during: daily UTC\n"])
def test_without_hours_nothing_loads(reaper: Cli, hours: str) -> None:
    """A policy that would end everything in each run is an error, in whatever mode."""
    lines = POLICY.format(hours="x").splitlines(keepends=True)
    Path("policies").mkdir()
    text = "".join(line for line in lines if "only_during" not in line)
    Path("policies/all.yaml").write_text(text + hours, "utf-8")
    wrong = reaper("policy", "check", "policies")
    assert (wrong.code, "ends every session" in wrong.err) == (2, True)
