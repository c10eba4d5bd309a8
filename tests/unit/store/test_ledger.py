"""Intent before act, outcome after, each committed by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from support.store_builders import (
    HOUR,
    NOW,
    Book,
    a_look,
    a_pass,
    a_plan,
    a_policy,
    a_session,
    active,
    house,
)

from reaper.core.model.action import Action
from reaper.core.planning.plan import DRY_RUN, Outcome, PastStep, Plan, Result
from reaper.errors import StoreError
from reaper.store import SqlLedger, entries, list_runs, open_database
from reaper.store.history import HistoryFilter

SEEN = a_pass([a_session("s1")])
PLAN = a_plan(SEEN)
(STEP,) = PLAN.steps


def test_everything_is_committed_before_the_first_step_is_begun(
    book: Book, migrated_url: str
) -> None:
    """Inside the open run another connection sees the run, its decision and its step, and
    no event.
    """
    with book.run(SEEN, PLAN, enforcing=True):
        other = Book(open_database(migrated_url))
        counts = other.counts()
        other.database.close()

    assert (counts["runs"], counts["decisions"], counts["steps"], counts["step_events"]) == (
        1,
        1,
        1,
        0,
    )


def test_each_intent_and_outcome_is_committed_by_itself(book: Book, migrated_url: str) -> None:
    """Another connection sees the intent before the act, and the outcome right after it."""
    other, seen = Book(open_database(migrated_url)), []
    with book.run(SEEN, PLAN, enforcing=True) as run:
        run.intend(STEP, a_look(STEP, SEEN))
        seen.append(other.rows("step_events", "event"))
        run.settle(STEP, Outcome(Result.TERMINATED, "seen gone"))
        seen.append(other.rows("step_events", "event"))
    other.database.close()

    assert seen == [["intended"], ["intended", "terminated"]]


def test_an_intent_says_what_the_second_look_saw(book: Book) -> None:
    """The evidence of the act.

    When it was looked, the state, the last activity, and what each policy found.
    """
    seen = a_pass(
        [a_session()],
        rules=house(a_policy({"idle": "2h"}, name="idle")),
        learnt=[active("s1", NOW - 3 * HOUR)],
    )

    book.record(seen, Result.TERMINATED)

    (intent,) = entries(book.database, HistoryFilter(session="s1", everything=True))[1:2]
    assert intent.event == "intended"
    assert intent.evidence is not None
    assert intent.evidence["looked_at"] == "2026-11-23T12:00:00+00:00"
    assert intent.evidence["state"] == "running"
    assert (intent.evidence["last_activity"], intent.evidence["source"]) == (
        "2026-11-23T09:00:00+00:00",
        "log line 7",
    )
    assert intent.evidence["verdicts"]["idle"]["ruling"] == "offender"
    assert intent.reason == "idle 3h (log line 7)"


def test_a_step_leads_to_the_decisions_that_ask_for_it(book: Book) -> None:
    """A step names each policy that asks for it and the run of its decision, also one of an earlier
    run.
    """
    book.record(SEEN)
    again = house(a_policy(), a_policy({"age": "3h"}, name="older"))

    book.record(a_pass([a_session("s1")], rules=again), Result.FAILED)

    (last,) = entries(book.database, HistoryFilter(outcome="failed"))
    with book.database.reading() as db:
        decided = db.exec_driver_sql(
            "SELECT run_id, policy FROM decisions ORDER BY run_id, policy"
        ).all()
    assert [tuple(row) for row in decided] == [(1, "old"), (2, "older")]
    assert last.policy == "old"


def test_a_run_is_finished_when_it_is_left(book: Book) -> None:
    """While steps are under way the run is open; leaving it in order finishes it."""
    with book.run(SEEN, PLAN, enforcing=True):
        (under_way,) = list_runs(book.database)
        book.clock.at = NOW + timedelta(minutes=1)

    (done,) = list_runs(book.database)
    assert (under_way.finished_at, done.finished_at) == (None, NOW + timedelta(minutes=1))


def test_a_run_that_breaks_off_stays_visibly_unfinished(book: Book) -> None:
    """An exception is not an end."""
    book.crash(SEEN)

    (run,) = list_runs(book.database)
    assert (run.finished_at, run.outcomes) == (None, {"intended": 1})


def test_a_crash_after_the_intent_leaves_an_unsettled_step(book: Book) -> None:
    """Whether the server was asked is not known; the next run finds the step and looks."""
    book.crash(SEEN)

    assert book.ledger.unsettled("acme") == [
        PastStep(1, 1, "s1", "webui", Action.TERMINATE, asked=False)
    ]


def test_a_step_that_was_asked_and_not_seen_to_end_is_unsettled(book: Book) -> None:
    """`unconfirmed` is no end; that the server was asked is remembered."""
    book.crash(SEEN, after=Result.UNCONFIRMED)

    assert book.ledger.unsettled("acme") == [
        PastStep(1, 1, "s1", "webui", Action.TERMINATE, asked=True)
    ]


@pytest.mark.parametrize("result", [r for r in Result if r is not Result.UNCONFIRMED])
def test_a_step_that_came_to_an_end_is_settled(book: Book, result: Result) -> None:
    """Every result but `unconfirmed` is an end."""
    book.record(SEEN, result)

    assert book.ledger.unsettled("acme") == []


def test_a_later_look_settles_a_past_step_for_good(book: Book) -> None:
    """What a later run saw is one more event; nothing that was recorded is changed."""
    book.crash(SEEN)
    (past,) = book.ledger.unsettled("acme")

    book.ledger.settle_past(past, Outcome(Result.TERMINATED, "seen gone by a later run"))

    assert book.ledger.unsettled("acme") == []
    assert book.rows("step_events", "event", "detail")[1] == (
        "terminated",
        "seen gone by a later run",
    )


def test_unsettled_steps_come_oldest_first_and_of_one_account(book: Book) -> None:
    """A pass settles its own account's past, in order."""
    for account, session in (("acme", "a"), ("other", "x"), ("acme", "b")):
        book.crash(a_pass([a_session(session)], account=account))

    assert [step.session_id for step in book.ledger.unsettled("acme")] == ["a", "b"]


def test_a_step_that_was_never_begun_is_not_unsettled(book: Book) -> None:
    """Nothing was done to it, so there is nothing to look for."""
    with book.run(SEEN, PLAN, enforcing=True):
        pass

    assert book.ledger.unsettled("acme") == []


def test_a_dry_run_leaves_nothing_unsettled_even_when_it_breaks_off(book: Book) -> None:
    """A dry run writes no intent, for nothing will be done."""
    with suppress(KeyboardInterrupt), book.run(SEEN, PLAN, enforcing=False) as run:
        run.intend(STEP, a_look(STEP, SEEN))
        raise KeyboardInterrupt

    assert book.rows("step_events", "event") == []
    assert book.ledger.unsettled("acme") == []


def test_a_dry_run_that_would_do_the_same_again_does_not_say_it_again(book: Book) -> None:
    """A quiet dry run with an offender adds its run with what it planned, what proves that, and
    nothing else, though it takes every step again.
    """
    book.record(SEEN, Result.WITHHELD, enforcing=False)
    before = book.counts()

    book.record(SEEN, Result.WITHHELD, enforcing=False)

    two = {"runs": 2, "run_plans": 2, "leaves": before["leaves"] + 2}
    assert book.counts() == {**before, **two}


def test_a_dry_run_says_a_step_again_once_its_decision_is_new(book: Book) -> None:
    """Another text of the policy withholds anew."""
    book.record(SEEN, Result.WITHHELD, enforcing=False)

    book.record(
        a_pass([a_session("s1")], rules=house(a_policy({"age": "3h"}))),
        Result.WITHHELD,
        enforcing=False,
    )

    assert book.rows("step_events", "event") == ["withheld", "withheld"]


def test_a_dry_run_says_a_step_again_that_broke_off_unsaid(book: Book) -> None:
    """Only a step that was withheld is said; one that was planned and not reached is not."""
    with book.run(SEEN, PLAN, enforcing=False):
        pass

    book.record(SEEN, Result.WITHHELD, enforcing=False)

    assert len(book.rows("steps", "id")) == 2
    assert book.rows("step_events", "event") == ["withheld"]


def test_a_dry_run_says_once_that_a_session_came_back(book: Book) -> None:
    """That, too, is not written again while nothing changes."""
    came_back = Plan(came_back=PLAN.steps)
    for _ in range(2):
        with book.run(SEEN, came_back, enforcing=False) as run:
            run.settle(STEP, Outcome(Result.CAME_BACK, "it runs again"))

    assert book.rows("step_events", "event") == ["came-back"]


@pytest.mark.parametrize("enforcing", [True, False])
def test_steps_that_are_barred_for_the_same_reason_are_said_once(
    book: Book, *, enforcing: bool
) -> None:
    """A run that a limit halts or a person forbids says its steps once, not at every pass while it
    lasts.
    """
    for why in ("halted: too many", "halted: too many", "paused by anna"):
        with book.run(SEEN, PLAN, enforcing=enforcing, blocked_reason=why) as run:
            run.settle(STEP, Outcome(Result.WITHHELD, why))

    assert book.rows("step_events", "detail") == ["halted: too many", "paused by anna"]


def test_a_dry_run_says_a_step_again_that_would_now_do_something_else(book: Book) -> None:
    """To interrupt a session and to end it are two steps, though the decision is one."""
    book.record(SEEN, Result.WITHHELD, enforcing=False)
    other = replace(STEP, action=Action.INTERRUPT_SOLVE)

    with book.run(SEEN, Plan((other,)), enforcing=False) as run:
        run.settle(other, Outcome(Result.WITHHELD, DRY_RUN))

    assert book.rows("steps", "action") == ["interrupt-solve", "terminate"]


def test_an_enforcing_run_records_its_step_after_a_dry_run_withheld_it(book: Book) -> None:
    """What a dry run said never stands in for an act."""
    book.record(SEEN, Result.WITHHELD, enforcing=False)

    book.record(SEEN, Result.TERMINATED, enforcing=True)

    assert book.rows("step_events", "event") == ["intended", "terminated", "withheld"]


def test_a_thousand_steps_keep_their_ids_apart(book: Book) -> None:
    """Each outcome lands on the step of its own session."""
    seen = a_pass([a_session(f"s{number}") for number in range(1_000)])
    plan = a_plan(seen)
    steps = plan.steps
    with book.run(seen, plan) as run:
        run.settle(steps[777], Outcome(Result.TERMINATED, "seen gone"))

    assert book.rows("step_events JOIN steps ON steps.id = step_id", "session_id") == [
        steps[777].session.id
    ]


def test_a_run_that_cannot_be_recorded_is_never_opened(book: Book) -> None:
    """No decision without its record.

    The caller never gets to act, and nothing of the run is kept.
    """
    with book.database.writing() as db:
        for table in ("open_steps", "step_events", "steps"):
            db.exec_driver_sql(f"DROP TABLE {table}")
    reached = False

    with pytest.raises(StoreError), book.run(SEEN, PLAN, enforcing=True):
        reached = True

    assert not reached
    assert book.rows("runs", "id") == []
    assert book.rows("decisions", "session_id") == []


def test_a_step_can_be_settled_after_the_database_was_opened_anew(
    book: Book, migrated_url: str
) -> None:
    """The memory is the database's, not the process's."""
    book.crash(SEEN)
    anew = open_database(migrated_url)
    ledger = SqlLedger(anew, book.clock, "bob@other", "1.2.4")

    (past,) = ledger.unsettled("acme")
    ledger.settle_past(past, Outcome(Result.FAILED, "still running"))
    anew.close()

    assert book.ledger.unsettled("acme") == []
