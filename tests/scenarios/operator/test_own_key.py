"""What a key is: when it expires, what it may, and whether it sees everybody's sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.safety_cli import Cli, Desk, ended

from reaper.emulator import DEFAULT_KEY, Emulator

QUOTA = """\
policies:
  - name: quota
    mode: enforce
    select: {kind: webui}
    terminate_when: {owner_sessions: {over: 1, keep: oldest}}
"""
SEATS = """\
policies:
  - name: seats
    mode: enforce
    select: {kind: webui}
    terminate_when: {seats: {high: 1, low: 1, floor: 10m}}
"""
EITHER = """\
policies:
  - name: either
    mode: enforce
    select: {kind: webui}
    terminate_when: {any: [{idle: 2h}, {owner_sessions: {over: 1, keep: oldest}}]}
"""
ANNAS = [
    {"id": "a", "owner": "anna@Planning", "age": "9h", "idle": "3h"},
    {"id": "b", "owner": "anna@Planning", "age": "8h", "idle": "1h"},
    {"id": "c", "owner": "anna@Planning", "age": "7h", "idle": "1h"},
]
OTHERS = [{"id": "d", "owner": "ben@Supply", "age": "9h", "idle": "9h"}]


def tenant(desk: Desk, policies: str = QUOTA, **key: Any) -> Emulator:  # noqa: ANN401 - of a Key
    account = desk.account(*ANNAS, *OTHERS, keys=[{"key": DEFAULT_KEY, **key}])
    desk.settings["limits"] = {"run": {"sessions": 10, "percent": 100}}
    desk.write(policies, acme=account)
    return account


def checks(reaper: Cli) -> dict[str, tuple[bool | None, str, str]]:
    done = reaper("doctor", "-o", "json")
    return {c["name"]: (c["ok"], c["detail"], c["advice"]) for c in done.json["acme"]}


@pytest.mark.parametrize(
    ("expires", "written", "told"),
    [
        ("2037-06-30T00:00:00Z", None, "it expires on 2037-06-30; with api_key_expires"),
        ("2037-06-30T00:00:00Z", "2037-06-30", "it expires on 2037-06-30"),
        ("2037-06-30T00:00:00Z", "2038-06-30", "and the settings say 2038-06-30"),
        ("2h", None, "it expire"),
    ],
)
def test_the_day_comes_from_the_server(
    reaper: Cli, desk: Desk, expires: str, written: str | None, told: str
) -> None:
    """Where the key may ask, the user-manager's day is the one that counts."""
    tenant(desk, expires=expires)
    if written:
        _set_expiry(written)
    ok, detail, advice = checks(reaper)["key expiry"]
    well = expires != "2h" and written in (None, expires[:10])
    assert (ok, told in detail, bool(advice)) == (well, True, not well)


def _set_expiry(day: str) -> None:
    settings = json.loads(Path("reaper.yaml").read_text("utf-8"))
    settings["accounts"][0]["api_key_expires"] = day
    Path("reaper.yaml").write_text(json.dumps(settings), "utf-8")


def test_the_scopes_come_from_the_server(reaper: Cli, desk: Desk) -> None:
    """They are named; a key that may not ask is not held to have done anything wrong."""
    tenant(desk)
    assert checks(reaper)["scopes"][:2] == (True, "the key has APIKey, Session, Tasks")
    tenant(desk, scopes=["Session", "Tasks"])
    assert "scopes" not in checks(reaper)
    done = reaper("doctor", "-o", "json")
    (user,) = [c for c in done.json["acme"] if c["name"] == "user"]
    assert (done.code, user["ok"], "scope APIKey" in user["advice"]) == (0, None, True)


def test_the_doctor_says_that_a_key_sees_its_own_user_only(reaper: Cli, desk: Desk) -> None:
    """With what that means: which rules stay undetermined."""
    tenant(desk, user="anna@Planning", administrator=False)
    ok, detail, advice = checks(reaper)["user"]
    assert (ok, "not an administrator" in detail) == (False, True)
    assert "quotas, seats and orphans stay undetermined" in advice
    assert reaper("doctor").code == 3


@pytest.mark.parametrize("policies", [QUOTA, SEATS])
def test_a_part_of_the_fleet_weighs_nobody(reaper: Cli, desk: Desk, policies: str) -> None:
    """An administrator's key ends by a quota or for want of seats; that of a user without the others
    ends nobody, says why, and needs a person.
    """
    account = tenant(desk, policies, user="anna@Planning", administrator=False)
    run = reaper("run", "--enforce")
    assert (run.code, ended(account)) == (6, [])
    assert "needs a person:" in run.out
    assert "3 undetermined" in run.out
    why = " ".join(reaper("explain", "b").out.split())
    assert "the key's user is not an administrator" in why
    account = tenant(desk, policies)
    out = reaper("run", "--enforce").out
    assert ended(account) != [], out


def test_other_rules_judge_as_ever(reaper: Cli, desk: Desk) -> None:
    """What a session tells by itself ends it; what only the quota asks for does not."""
    account = tenant(desk, EITHER, user="anna@Planning", administrator=False)
    reaper("run", "--enforce")
    assert ended(account) == ["a"]


def test_a_server_without_user_manager_is_as_before(reaper: Cli, desk: Desk) -> None:
    """Where nobody can be asked, whether the key's user is an administrator is left open."""
    account = tenant(desk, scopes=["Session", "Tasks"])
    reaper("run", "--enforce")
    assert sorted(ended(account)) == ["b", "c"]


def test_nobody_asks_where_no_policy_weighs(reaper: Cli, desk: Desk) -> None:
    """The question costs a request only where its answer matters."""
    account = tenant(desk, QUOTA.replace("owner_sessions: {over: 1, keep: oldest}", "idle: 2h"))
    reaper("run")
    assert [r.path for r in account.requests if "user-manager" in r.path] == []
    desk.write(QUOTA, acme=account)
    reaper("run")
    assert len([r.path for r in account.requests if "user-manager" in r.path]) == 1
