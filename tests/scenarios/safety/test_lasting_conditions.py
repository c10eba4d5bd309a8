"""Alone and unreachable: since when is what the record saw, and what makes one start over."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse
from support.safety_house import House, Open, idle, refusal, rules, task

from reaper.core.language.policy import PolicySet

LOST = {
    "name": "lost", "mode": "enforce", "select": {"kind": "task"},
    "terminate_when": {"unreachable_for": "1h"}, "steps": ["terminate"],
}  # fmt: skip
ORPHANS = {**LOST, "name": "orphans", "terminate_when": {"orphan": "1h"}}
UNREACHABLE, ORPHANED = rules(LOST), rules(ORPHANS)


def go_silent(home: House, *ids: str) -> None:
    """The session's own address and its log answer 503 from now on, as those of a job that was
    killed do.
    """
    for id_ in ids:
        for what in ("log", "read"):
            home.upon(what, lambda _: refusal(503), id_=id_, nth=0)


def half_hours(home: House, house: PolicySet, count: int) -> list[bool]:
    """Whether the task was asked to end by then, in so many passes half an hour apart."""
    found = []
    for _ in range(count):
        home.pass_once(house)
        found.append(("terminate", "task") in home.endings())
        home.later(minutes=30)
    return found


def test_a_task_that_died_unnoticed_is_ended_after_its_time(house: Open) -> None:
    """Its silence counts from the first pass that met it, and another log is read each time to
    compare.
    """
    home = house(task(), idle())
    go_silent(home, "task")
    assert half_hours(home, UNREACHABLE, 3) == [False, False, True]
    assert "anna" in {a.id for a in home.asked if a.what == "log"}


def test_an_answer_in_between_starts_over(house: Open) -> None:
    """One pass in which the log answers, and the hour begins anew."""
    home = house(task(), idle())
    go_silent(home, "task")
    half_hours(home, UNREACHABLE, 2)
    home.gate.hooks.clear()
    half_hours(home, UNREACHABLE, 1)
    go_silent(home, "task")
    assert half_hours(home, UNREACHABLE, 2) == [False, False]


def test_an_outage_of_all_logs_counts_for_nothing(house: Open) -> None:
    """When no log answers it is the server, however long it lasts."""
    home = house(task(), idle())
    go_silent(home, "task", "anna")
    assert half_hours(home, UNREACHABLE, 5) == [False] * 5


def test_an_outage_at_the_last_moment_ends_nothing(house: Open) -> None:
    """Immediately before, another log is read again.

    Where that is silent, too, nothing is asked.
    """
    home = house(task(), idle())
    go_silent(home, "task")
    half_hours(home, UNREACHABLE, 2)
    home.upon("log", lambda _: refusal(503) if _looked_twice(home) else None, id_="anna", nth=0)
    assert half_hours(home, UNREACHABLE, 1) == [False]


def _looked_twice(home: House) -> bool:
    """Whether the fleet has been listed again since this pass began."""
    lists = [a for a in home.asked if a.what == "list" and a.at == home.clock.now()]
    return len(lists) > 2 * len({a.id for a in lists})  # once, and past its end


@pytest.mark.parametrize("status", [500, 404, 429])
def test_a_log_that_is_only_broken_counts_for_nothing(house: Open, status: int) -> None:
    """A gateway that finds nobody behind it says 502, 503 or 504.

    Anything else was said by somebody.
    """
    home = house(task(), idle())
    home.upon("log", lambda _: refusal(status), id_="task", nth=0)
    assert half_hours(home, UNREACHABLE, 4) == [False] * 4


def test_a_session_whose_own_address_answers_is_there(house: Open) -> None:
    """Immediately before its end the session itself is asked, too.

    That its log is silent is then not enough.
    """
    home = house(task(), idle())
    home.upon("log", lambda _: refusal(503), id_="task", nth=0)
    assert half_hours(home, UNREACHABLE, 4) == [False] * 4
    assert "read" in {a.what for a in home.asked if a.id == "task"}


def test_an_unreadable_entry_before_its_turn_keeps_an_orphan(house: Open) -> None:
    """It may be a session of the owner's, and so nothing is asked."""
    home = house(task(owner="ben@Planning"), idle())
    half_hours(home, ORPHANED, 2)
    pages = iter(
        [None, None, ["?"], []]
    )  # with and without a filter; the second look, and past its end
    home.upon("list", lambda _: unreadable(next(pages)), id_="solve", nth=0)
    assert [o.result for o in home.pass_once(ORPHANED).outcomes.values()] == ["no-longer-due"]


def unreadable(items: list[str] | None) -> JSONResponse | None:
    return None if items is None else JSONResponse({"total": 1, "items": items})


def test_an_orphaned_task_is_ended_after_its_time(house: Open) -> None:
    """Its owner has no other session in three passes within an hour."""
    home = house(task(owner="ben@Planning"), idle())
    assert half_hours(home, ORPHANED, 3) == [False, False, True]


def test_an_owner_who_comes_back_before_its_turn_keeps_it(house: Open) -> None:
    """The whole fleet is read again immediately before, so that a new session of the
    owner is seen.
    """
    home = house(task(owner="ben@Planning"), idle("ben", owner="ben@Planning", state="Terminated"))
    half_hours(home, ORPHANED, 2)
    session = home.world.get("ben")

    def comes_back(_: object) -> None:
        session.state, session.over_at = "Running", None

    home.upon("list", comes_back, nth=5)  # the first of the second look's
    report = home.pass_once(ORPHANED)
    assert [o.result for o in report.outcomes.values()] == ["no-longer-due"]
