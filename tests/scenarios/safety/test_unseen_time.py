"""What lasts, lasts over looks that follow one another.

Time in which nobody looked counts for nothing.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.safety_house import IDLE, House, Open, idle, refusal, rules, task

from reaper.core.language.policy import PolicySet
from reaper.store import open_database

PATIENT = rules({**IDLE, "after": {"for": "20s"}})
ORPHANS = rules(
    {
        "name": "orphans",
        "mode": "enforce",
        "select": {"kind": "task"},
        "terminate_when": {"orphan": "20s"},
    }
)
LOST = rules(
    {
        "name": "lost",
        "mode": "enforce",
        "select": {"kind": "task"},
        "terminate_when": {"unreachable_for": "20s"},
    }
)
LASTING: dict[str, tuple[PolicySet, str]] = {
    "after": (PATIENT, "anna"),
    "orphan": (ORPHANS, "task"),
    "unreachable": (LOST, "task"),
}


def open_to_all(house: Open) -> House:
    """An idle session, and a task of somebody who has no other, which has gone silent."""
    home = house(task(owner="ben@Planning"), idle())
    for what in ("log", "read"):
        home.upon(what, lambda _: refusal(503), id_="task", nth=0)
    return home


def due(home: House, policies: PolicySet, **later: float) -> list[str]:
    """Whom a pass plans to end, so long after the one before."""
    home.later(**later)
    return [step.session.id for step in home.pass_once(policies, enforce=False).plan.steps]


@pytest.mark.parametrize(("policies", "who"), list(LASTING.values()), ids=list(LASTING))
def test_two_looks_tell_nothing_of_the_time_between_them(
    house: Open, policies: PolicySet, who: str
) -> None:
    """Two looks 23 seconds apart do not show that something lasted for 20.

    Three on end are taken to.
    """
    home = open_to_all(house)
    assert [due(home, policies, seconds=23) for _ in range(3)] == [[], [], [who]]


@pytest.mark.parametrize(("policies", "who"), list(LASTING.values()), ids=list(LASTING))
def test_a_reaper_that_was_down_starts_over(house: Open, policies: PolicySet, who: str) -> None:
    """What was seen three times before two hours in which nobody looked is seen for the first time
    after them.
    """
    home = open_to_all(house)
    assert [due(home, policies, seconds=23) for _ in range(3)] == [[], [], [who]]
    assert [due(home, policies, hours=2), *(due(home, policies, seconds=23) for _ in range(2))] == [
        [],
        [],
        [who],
    ]


@pytest.mark.parametrize(("policies", "who"), list(LASTING.values()), ids=list(LASTING))
def test_a_restored_database_starts_over(
    house: Open, tmp_path: Path, policies: PolicySet, who: str
) -> None:
    """A copy from yesterday says what lasted yesterday.

    What was recorded since is gone, and ends nobody.
    """
    home = open_to_all(house)
    for _ in range(2):
        due(home, policies, seconds=23)
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "reaper.db", backup)
    assert due(home, policies, seconds=23) == [who]
    home.later(hours=24)
    restored = open_database(f"sqlite:///{backup}")
    assert home.pass_once(policies, database=restored, enforce=False).plan.steps == ()
    restored.close()


@pytest.mark.parametrize(
    "doubt", [{"extra_doubts": ["the clock was set"]}, {}], ids=["clock", "a list that failed"]
)
def test_time_that_a_doubtful_look_saw_first_counts_for_nothing(
    house: Open, doubt: dict[str, Any]
) -> None:
    """Two days behind, or after a list that answered 500: the next whole look is the first."""
    home = house(idle())
    policies = rules({**IDLE, "after": {"for": "24h"}})
    home.clock.at -= timedelta(days=2)
    if not doubt:
        home.upon("list", lambda _: refusal(500), id_="task")
    assert not home.pass_once(policies, **doubt).observation.complete
    home.clock.at += timedelta(days=2)
    assert [due(home, policies, seconds=5), due(home, policies, minutes=30)] == [[], []]


SILENT_SOLVES = rules(
    {
        "name": "silent", "mode": "enforce", "select": {"kind": "solve"},
        "terminate_when": {"idle": {"over": "2h", "kinds": ["solve"]}},
    }
)  # fmt: skip


@pytest.mark.parametrize("started", [None, "2026-11-23T03:00:00Z"])
def test_a_session_that_goes_back_to_the_queue_begins_anew(
    house: Open, started: str | None
) -> None:
    """Running, queued, running.

    Its log is silent for hours, and the server tells the first start or none.
    """
    home = house(
        {**idle("solve"), "kind": "solve", "send": {"started_at": started, "state": "Queued"}}
    )
    assert due(home, SILENT_SOLVES) == []
    home.world.get("solve").send["state"] = "Running"
    assert [due(home, SILENT_SOLVES, minutes=5), due(home, SILENT_SOLVES, minutes=55)] == [[], []]
    assert due(home, SILENT_SOLVES, minutes=65) == ["solve"]


def test_a_session_that_was_just_started_again_is_not_idle(house: Open) -> None:
    """Its last line is five hours old, and it has been running for a minute."""
    home = house(idle(send={"started_at": "2026-11-23T11:59:00Z"}))
    assert home.outcomes(rules(IDLE)) == {}
    home.later(hours=2)
    assert home.outcomes(rules(IDLE)) == {"anna": "terminated"}


def test_doubtful_looks_do_not_bridge_a_gap(house: Open) -> None:
    """Two hours of nothing but doubtful looks are two hours in which nobody looked."""
    home = house(idle())
    policies = rules({**IDLE, "after": {"for": "2h"}})
    assert due(home, policies) == []
    for _ in range(4):
        home.later(minutes=30)
        home.pass_once(policies, extra_doubts=["some doubt"])
    assert [due(home, policies, minutes=1), due(home, policies, minutes=30)] == [[], []]


def test_whoever_is_seen_often_enough_is_ended(house: Open) -> None:
    """Looks that follow one another count, a dry run's as well."""
    home = house(idle())
    policies = rules({**IDLE, "after": {"for": "2h"}})
    assert [due(home, policies, minutes=30) for _ in range(5)] == [[], [], [], [], ["anna"]]
