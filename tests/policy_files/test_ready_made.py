"""The policies that come with the program load as they are, and do what their names say."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reaper.core.judge import judge
from reaper.core.limits import Limits
from reaper.core.memory import Memory
from reaper.core.plan import build_plan
from reaper.core.session import Activity, Session
from reaper.policy_files import load_policies, ready_made

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILES = ["idle-webui.yaml", "max-age.yaml", "owner-quota.yaml", "stuck-tasks.yaml"]


def session(
    id_: str, hours: float, owner: str = "anna@Planning", kind: str = "webui", state: str = "running"
) -> Session:
    user, environment = owner.split("@")
    created = NOW - timedelta(hours=hours)
    return Session(id_, kind, state, user, environment, "Planner", created_at=created)


def looked(id_: str, hours: float) -> Activity:
    return Activity(id_, NOW - timedelta(hours=hours), NOW, "log line 1")


def findings(file: str, *sessions: Session, activity: tuple[Activity, ...] = ()) -> tuple[set[str], set[str]]:
    """The ids of the sessions that would be ended, and of those that are only told of."""
    rules = load_policies(ready_made() / file, NOW.date()).policies
    found = judge(rules, sessions, {one.session_id: one for one in activity}, NOW)
    plan = build_plan(found, Memory(), Limits(), sessions, NOW)
    return {step.session.id for step in plan.steps}, {v.session.id for v in plan.observed}


def test_all_are_there() -> None:
    """The four ready-made files are shipped, and nothing else."""
    assert sorted(file.name for file in ready_made().iterdir()) == FILES


@pytest.mark.parametrize("file", FILES)
def test_each_loads_without_warnings(file: str) -> None:
    """A ready-made file can be used as it is, alone."""
    loaded = load_policies(ready_made() / file, date(2026, 11, 23))
    assert loaded.policies.policies
    assert not loaded.warnings


def test_they_load_together() -> None:
    """The whole folder is one set of policies, none of which has another's name."""
    loaded = load_policies(ready_made(), date(2026, 11, 23))
    assert [Path(file).name for file in loaded.files] == FILES
    assert len(loaded.policies.policies) == 6


def test_idle_webui() -> None:
    """A WebUI session idle for two hours ends; the administrator's, a service's and a busy one stay."""
    fleet = [
        session("idle", 9),
        session("active", 9, "bob@Planning"),
        session("admin", 9, "admin@ROOT"),
        session("service", 9, "svc-night@Planning"),
        session("waits", 9, "carl@Planning"),
        session("solve", 9, "carl@Planning", "solve"),
        session("unread", 9, "dora@Planning"),
    ]
    activity = [looked(one.id, 2) for one in fleet if one.id not in ("active", "unread")]
    assert findings("idle-webui.yaml", *fleet, activity=(*activity, looked("active", 1.9))) == ({"idle"}, set())


def test_max_age() -> None:
    """A WebUI session of a day ends; solves and tasks of three days are told of."""
    fleet = [session("old", 24), session("young", 23.9), session("admin", 99, "admin@ROOT")]
    fleet += [session("solve", 72, kind="solve"), session("task", 71, kind="task")]
    assert findings("max-age.yaml", *fleet) == ({"old"}, {"solve"})


def test_owner_quota() -> None:
    """Of four running sessions of an owner, the one that was not used for longest ends."""
    fleet = [session(f"s{hours}", 9) for hours in range(1, 5)]
    activity = tuple(looked(f"s{hours}", hours) for hours in range(1, 5))
    assert findings("owner-quota.yaml", *fleet, activity=activity) == ({"s4"}, set())
    assert findings("owner-quota.yaml", *fleet) == (set(), set())


def test_stuck_tasks() -> None:
    """Tasks that wait for a day or run for two are told of, and none is ended."""
    fleet = [session("waits", 24, kind="task", state="queued"), session("runs", 48, kind="task", state="solving")]
    fleet += [session("new", 23, kind="task", state="queued"), session("busy", 47, kind="task"), session("tab", 99)]
    assert findings("stuck-tasks.yaml", *fleet) == (set(), {"waits", "runs"})


def test_ready_made_policies_do_not_exempt_for_ever_unknowingly() -> None:
    """Nobody but the administrator is exempt from the ready-made policies."""
    loaded = load_policies(ready_made(), date(2026, 11, 23)).policies
    assert {str(one.owner) for policy in loaded.policies for one in policy.exempt} == {"admin@ROOT"}
    assert not loaded.protect
