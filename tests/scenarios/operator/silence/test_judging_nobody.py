"""A run that could judge or end (nearly) nobody never looks like one that had nothing to do."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.answering import LOGS, Answer, Instead, refused, tenant, text
from support.safety_cli import POLICIES, Cli, Desk, Result, ended
from support.safety_house import fleet, idle, task

from reaper.clock import SystemClock
from reaper.emulator import Emulator
from reaper.store import SqlLedger, open_database

QUIET = ("run", "--enforce", "--quiet")
HALF = '{"total": 40, "items": [{"id": "11111111-1111-4111-8111-'
UNDATED = json.dumps(
    {"total": 2, "items": [{"index": n, "timestamp": "soon", "message": "x"} for n in (1, 2)]}
)
OLD = POLICIES.replace("{idle: 2h}", "{age: 2h}")


def acme(
    desk: Desk, *sessions: dict[str, Any], policies: str = POLICIES
) -> tuple[Emulator, Instead]:
    account, before = tenant(desk.stack, *sessions)
    desk.write(policies, acme=account)
    return account, before


def lines(result: Result) -> list[str]:
    assert "Traceback" not in result.err
    return result.err.splitlines()


@pytest.mark.parametrize(("status", "said"), [(401, "unknown or expired"), (403, "scope Session")])
def test_a_key_that_may_not_read_logs_is_told_once(
    reaper: Cli, desk: Desk, status: int, said: str
) -> None:
    """One line and exit code 3, however many sessions there are; and the key is not tried on
    each of them.
    """
    _, before = acme(desk, *fleet(30, 30))
    before.answers[LOGS] = refused(status)
    done = reaper(*QUIET)
    assert (done.code, len(lines(done)), said in done.err) == (3, 1, True)
    assert before.count(LOGS) < 15
    shown = reaper("run", "--enforce")
    assert (shown.code, said in shown.out, said in shown.err) == (3, False, True)
    assert reaper("plan").code == reaper("sessions").code == 3


def test_a_key_without_tasks_is_told_where_a_policy_needs_them(reaper: Cli, desk: Desk) -> None:
    """One task session by its silence is enough; WebUI sessions are ended all the same."""
    silent = POLICIES + (
        "  - name: silent-tasks\n    mode: enforce\n    select: {kind: task}\n"
        "    terminate_when: {idle: {over: 2h, kinds: [task]}}\n"
    )
    account, before = acme(desk, idle(), task(idle="5h"), policies=silent)
    before.answers["pro-api"] = refused(403)
    done = reaper(*QUIET)
    assert (done.code, len(lines(done)), "scope Tasks" in done.err) == (3, 1, True)
    assert ended(account) == ["anna"]


@pytest.mark.parametrize("answer", [refused(404), text(UNDATED), text(HALF)])
def test_logs_that_tell_nothing(reaper: Cli, desk: Desk, answer: Answer) -> None:
    """A line that names the policy, how many of how many, and a cause; exit code 6."""
    _, before = acme(desk, *fleet(4, 12))
    before.answers[LOGS] = answer
    done = reaper(*QUIET)
    (line,) = lines(done)
    assert done.code == 6
    assert line.startswith("reaper: acme: policy idle left 12 of 12 sessions undetermined, for ")
    assert reaper("plan").code == 6
    (run,) = reaper("run", "--dry-run", "-o", "json").json["runs"]
    assert [one["check"] for one in run["concerns"]] == ["coverage"]
    assert "needs a person: policy idle left 12 of 12" in reaper("runs").out


def test_one_broken_log_is_the_sessions_own_trouble(reaper: Cli, desk: Desk) -> None:
    """One or two of several: the others are ended, and nobody gets mail."""
    account, before = acme(desk, *fleet(5, 30))
    before.answers["idle[01]/logs"] = refused(404)
    done = reaper(*QUIET)
    assert (done.code, lines(done), len(ended(account))) == (0, [], 3)


@pytest.mark.parametrize("kind", ["webui", "task", "solve"])
def test_a_list_that_is_half_a_document(reaper: Cli, desk: Desk, kind: str) -> None:
    """Whatever cannot be listed is exit code 3, in a dry run, too, and in every command that
    looks.
    """
    account, before = acme(desk, *fleet(3, 12), policies=OLD)
    before.answers[f"/sessions/{kind}$"] = text(HALF)
    for command in (QUIET, ("run",), ("plan",), ("sessions",), ("explain", "idle0")):
        done = reaper(*command)
        if done.code != 2:  # nobody can explain what is not listed
            assert (done.code, f"{kind}: not listed" in done.err) == (3, True), command
    assert ended(account) == []


def test_an_enforcing_run_that_could_only_observe(reaper: Cli, desk: Desk) -> None:
    """A clock that is off: exit code 6, and a line; a dry run wanted no more, and exits with 0."""
    account, _ = tenant(desk.stack, *fleet(3, 12), faults="skew:+5m")
    desk.write(OLD, acme=account)
    done = reaper(*QUIET)
    assert (done.code, ended(account)) == (6, [])
    assert lines(done)[0].startswith("reaper: acme: observed only: the server's clock is ")
    assert reaper("run", "--dry-run").code == 0


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        (POLICIES.replace("mode: enforce", "mode: observe"), "has mode observe"),
        (f"{POLICIES}    until: 2026-01-31\n", "no policy is in force"),
    ],
    ids=["observe", "over"],
)
def test_policies_that_can_end_nothing(reaper: Cli, desk: Desk, policies: str, said: str) -> None:
    """Every policy only observes, or its days are over: told with exit code 6."""
    acme(desk, *fleet(3, 12), policies=policies)
    done = reaper(*QUIET)
    assert (done.code, said in done.err) == (6, True)


def test_a_policy_that_tells_nobody(reaper: Cli, desk: Desk) -> None:
    """Where no target is named, cron's mail says so."""
    acme(desk, *fleet(1, 12), policies=POLICIES.replace("mode: enforce", "mode: notify"))
    assert "nobody is notified of what idle finds" in reaper(*QUIET).err


def test_no_account_at_all(reaper: Cli, desk: Desk) -> None:
    """`accounts: []` is an error, and not a good run over none."""
    desk.write(POLICIES)
    done = reaper(*QUIET)
    assert (done.code, "no account is set up" in done.err) == (2, True)


def test_an_account_that_is_held_for_ever(reaper: Cli, desk: Desk) -> None:
    """It is no news that another reaper is at work, until its last complete run is overdue."""
    acme(desk, *fleet(0, 12))
    assert reaper(*QUIET).code == 0
    store = open_database(desk.database_url)
    with SqlLedger(store, SystemClock(), "somebody", "1", lease_length=timedelta(minutes=15)).lease(
        "acme"
    ):
        beside = reaper(*QUIET)
        with sqlite3.connect("reaper.db") as db:
            db.execute("INSERT INTO revising VALUES (1)")  # the door in the triggers
            db.execute("UPDATE runs SET started_at = '2026-11-20 00:00:00.000000'")
            db.execute("DELETE FROM revising")
        db.close()
        late = reaper(*QUIET)
    store.close()
    assert (beside.code, beside.err) == (0, "")
    assert (late.code, len(lines(late))) == (6, 1)
    assert "somebody" in late.err
    assert "the last complete run began" in late.err


def test_a_reviewed_plan_that_was_not_begun(reaper: Cli, desk: Desk) -> None:
    """`reaper apply` while another reaper holds the account did nothing, and does not exit 0."""
    acme(desk, *fleet(1, 12))
    assert reaper("plan", "-o", "plan.json").code == 0
    store = open_database(desk.database_url)
    with SqlLedger(store, SystemClock(), "somebody", "1", lease_length=timedelta(minutes=15)).lease(
        "acme"
    ):
        done = reaper("apply", "plan.json", "--enforce")
    store.close()
    assert (done.code, "somebody" in done.err) == (6, True)
    assert Path("plan.json").exists()
