"""What a person says holds: a reviewed plan, an acknowledgement, a pause."""

import json
from pathlib import Path

import pytest
from cli_tools import IDLE, POLICIES, Cli, Open, ended, is_one_line, write_policies, write_settings

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


def test_a_reviewed_plan_is_applied_and_nothing_else(reaper: Cli, two: Emulator) -> None:
    """What changed since the review is told one by one; what was not reviewed is left alone."""
    assert reaper("plan", "-o", "plan.json").code == 0
    two.world.touch(IDLE)
    new = two.world.add_session(owner="eva@Supply", age="9h", idle="5h")
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(two)) == (0, [SECOND])
    assert f"no longer due: webui {IDLE} of anna@Planning: idle 0s" in result.out
    assert f"not reviewed, left alone: webui {new.id} of eva@Supply" in result.out


def test_applying_takes_the_second_yes_too(reaper: Cli, two: Emulator) -> None:
    """Without --enforce, apply only tells what it would do."""
    reaper("plan", "-o", "plan.json")
    assert reaper("apply", "plan.json").code == 0
    assert ended(two) == []


def tampered(plan: dict[str, object]) -> None:
    plan["plans"][0]["steps"].pop()  # type: ignore[index]


def aged(plan: dict[str, object]) -> None:
    plan["plans"][0]["made_at"] = "2026-01-01T00:00:00Z"  # type: ignore[index]


@pytest.mark.parametrize("change", [tampered, aged])
def test_a_plan_that_was_changed_is_refused(reaper: Cli, two: Emulator, change: object) -> None:
    """Any change of its content breaks the seal: one line, exit code 2, nothing is ended."""
    reaper("plan", "-o", "plan.json")
    plan = json.loads(Path("plan.json").read_text("utf-8"))
    change(plan)  # type: ignore[operator]
    Path("plan.json").write_text(json.dumps(plan), "utf-8")
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, is_one_line(result), ended(two)) == (2, True, [])
    assert "it was changed after it was made" in result.err


def test_a_plan_of_other_policies_is_refused(reaper: Cli, two: Emulator) -> None:
    """A plan is only good for the policies that it was made by."""
    reaper("plan", "-o", "plan.json")
    write_policies(POLICIES.replace("idle: 2h", "idle: 3h"))
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(two)) == (2, [])
    assert "the policies have changed since" in result.err


def test_a_plan_of_another_address_is_refused(reaper: Cli, two: Emulator, tenant: Open) -> None:
    """An account of the same name at another address is another account."""
    reaper("plan", "-o", "plan.json")
    other = tenant(*TWO)
    write_settings(acme=other.url)
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(two), ended(other)) == (2, [], [])
    assert f"it was made for {two.url}" in result.err


def test_a_plan_that_is_too_old_is_refused(reaper: Cli, two: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """How old a plan may be is a setting."""
    reaper("plan", "-o", "plan.json")
    monkeypatch.setenv("REAPER_PLAN_AGE", "1s")
    later = "reaper.clock.SystemClock.now"
    made = json.loads(Path("plan.json").read_text("utf-8"))["plans"][0]["made_at"]
    from datetime import datetime, timedelta  # noqa: PLC0415 - for this one moment

    monkeypatch.setattr(later, lambda _: datetime.fromisoformat(made) + timedelta(seconds=2))
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(two)) == (2, [])
    assert "it was made 2s ago, and may be 1s old" in result.err


@pytest.mark.parametrize("text", ["", "[]", '{"plans": 3}', "not json"])
def test_what_is_no_plan_is_refused(reaper: Cli, two: Emulator, text: str) -> None:
    """A file that is no plan is told in one line."""
    Path("plan.json").write_text(text, "utf-8")
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, is_one_line(result), ended(two)) == (2, True, [])


def test_a_halted_run_is_acknowledged_by_a_person(reaper: Cli, two: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a limit the exit code is 5 and nothing is ended, until somebody acknowledges and the limit allows it."""
    monkeypatch.setenv("REAPER_LIMITS", '{"run": {"sessions": 1}}')
    halted = reaper("run", "--enforce", "-o", "json")
    (run,) = halted.json["runs"]
    assert (halted.code, ended(two)) == (5, [])
    assert run["halted"] == ["this run would end 2 sessions, and at most 1 are allowed"]
    monkeypatch.delenv("REAPER_LIMITS")
    assert reaper("run", "--enforce").code == 0
    assert ended(two) == []
    done = reaper("acknowledge", str(run["id"]), "--by", "anna", "--reason", "quarter end")
    assert (done.code, done.out) == (0, f"acknowledged: run {run['id']}\n")
    assert reaper("acknowledge", str(run["id"])).code == 2
    assert reaper("acknowledge", "999").code == 2
    assert reaper("run", "--enforce").code == 0
    assert sorted(ended(two)) == [IDLE, SECOND]


def test_a_pause_holds_until_it_is_resumed(reaper: Cli, two: Emulator) -> None:
    """Paused, nothing is ended and every run says who paused and why; a plan can still be looked at."""
    assert reaper("pause", "--reason", "year end", "--by", "anna").code == 0
    result = reaper("run", "--enforce")
    assert (result.code, ended(two)) == (0, [])
    assert "paused by anna: year end" in result.out
    assert reaper("resume").out == "resumed: all accounts\n"
    reaper("run", "--enforce")
    assert len(ended(two)) == 2


def test_a_pause_needs_a_reason_and_a_future(reaper: Cli, two: Emulator) -> None:
    """Without a reason, for an unknown account or until a moment that is past, nothing is paused."""
    assert reaper("pause").code == 2
    assert reaper("pause", "--reason", "x", "--account", "nobody").code == 2
    assert reaper("pause", "--reason", "x", "--until", "2020-01-01").code == 2
    reaper("run", "--enforce")
    assert len(ended(two)) == 2


def test_a_dead_account_costs_no_other_its_plan(reaper: Cli, two: Emulator) -> None:
    """`reaper plan` shows the accounts that answer, tells of the one that does not, and exits with 3."""
    write_settings(dead="http://127.0.0.1:9", acme=two.url)
    result = reaper("plan")
    assert (result.code, "2 to end" in result.out) == (3, True)
    assert "dead" in result.err
