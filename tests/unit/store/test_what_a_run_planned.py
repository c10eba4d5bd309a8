"""Each run keeps what it planned, why it did none of it, and what a person asked of it."""

from __future__ import annotations

import pytest
from support.store_builders import NOW, Book, a_pass, a_plan, a_session

from reaper.core.planning.plan import Plan
from reaper.core.planning.request import Request
from reaper.store import acknowledge, list_runs, pause
from reaper.store.entries import PlannedSteps, RunEntry
from reaper.store.migrate import downgrade, upgrade

SEEN = a_pass([a_session("s1"), a_session("s2")])
PLAN = a_plan(SEEN)
HALTED = Plan(PLAN.steps, halted=("this run would end 2 of 1",), room=1)
TWO = PlannedSteps(actions={"terminate": 2}, policies={"old": 2}, within_limits=2)


def newest(book: Book) -> RunEntry:
    return list_runs(book.database)[0]


@pytest.mark.parametrize("enforcing", [True, False])
def test_a_run_keeps_what_it_planned_however_often_it_plans_it(
    book: Book, *, enforcing: bool
) -> None:
    """By action and by policy, though the steps of the second one are not written again."""
    for _ in range(2):
        with book.run(SEEN, PLAN, enforcing=enforcing, blocked_reason="paused by anna"):
            pass
        assert (newest(book).planned, newest(book).blocked) == (TWO, "paused by anna")


def test_a_quiet_run_planned_nothing_and_one_of_an_earlier_version_does_not_tell(
    book: Book,
) -> None:
    """What nobody kept is not known; what there was not is nothing. The record goes down and up."""
    book.record(a_pass())
    assert newest(book).planned == PlannedSteps(actions={}, policies={}, within_limits=0)
    with book.run(SEEN, PLAN):
        pass
    downgrade(book.database, "0008")
    upgrade(book.database)
    assert (newest(book).planned, newest(book).outcomes) == (None, {"planned": 2})


def test_what_a_person_asked_of_a_run_is_kept(book: Book) -> None:
    """A tranche; a run of all that is due has none."""
    with (
        book.ledger.lease("acme"),
        book.ledger.open_run(SEEN, PLAN, enforcing=True, request=Request(at_most=2)),
    ):
        pass
    assert newest(book).request == "the oldest 2"
    with book.run(SEEN, PLAN):
        pass
    assert newest(book).request is None


def test_a_halted_run_says_whether_it_waits_and_was_acknowledged(book: Book) -> None:
    """The record of a run tells its own halt; the open one already when it begins."""
    with book.run(SEEN, HALTED, blocked_reason="halted") as run:
        assert run.holds.halted_run == run.id
    assert (newest(book).latched, newest(book).acknowledged) == (True, False)
    assert newest(book).holds.acknowledge == "reaper acknowledge 1"
    acknowledge(book.database, 1, at=NOW, by="anna@desk", reason="a new app")
    assert (newest(book).acknowledged, newest(book).holds.acknowledge) == (True, None)


@pytest.mark.parametrize("why", ["paused", "dry", "attended"])
def test_a_halt_that_calls_for_nobody_latches_nothing(book: Book, why: str) -> None:
    """Under a pause nothing would be ended anyhow, nor in a dry run; a tranche has its person."""
    if why == "paused":
        pause(book.database, "acme", at=NOW, by="anna@desk", reason="demo")
    request = Request(at_most=2) if why == "attended" else None
    with (
        book.ledger.lease("acme"),
        book.ledger.open_run(
            SEEN, HALTED, enforcing=why != "dry", blocked_reason="halted", request=request
        ),
    ):
        pass
    assert (newest(book).latched, book.ledger.holds("acme").halted_run) == (False, None)
