"""How each account stands, as monitoring asks it."""

from __future__ import annotations

from dataclasses import replace

from support.store_builders import HOUR, NOW, Book, a_look, a_pass, a_plan, a_session

from reaper.core.planning.plan import Outcome, Plan, Result
from reaper.store import Condition, acknowledge, conditions, pause, resume

SEEN = a_pass([a_session()])
PLAN = a_plan(SEEN)
(STEP,) = PLAN.steps


def acme(book: Book) -> Condition:
    return conditions(book.database, ["acme"], book.clock.now())["acme"]


def test_an_account_without_a_run(book: Book) -> None:
    """Nothing is known of it, and nothing keeps a reaper from it.

    Only accounts that were asked for are told.
    """
    book.record(a_pass([a_session()], account="globex"))
    assert conditions(book.database, ["acme"], NOW) == {"acme": Condition()}


def test_the_last_complete_run_counts(book: Book) -> None:
    """A doubtful one after it does not, nor one of another account."""
    book.record(SEEN)
    book.record(a_pass([a_session()], now=NOW + HOUR))
    book.record(a_pass([a_session()], now=NOW + 2 * HOUR, doubts=("half of it is missing",)))
    book.record(a_pass([a_session()], now=NOW + 3 * HOUR, account="globex"))
    found = acme(book)
    assert found.complete_at == NOW + HOUR
    assert found.last_run is not None
    assert (found.last_run.id, found.last_run.doubts) == (3, ["half of it is missing"])


def test_the_last_run_tells_what_needs_a_person(book: Book) -> None:
    """Not the run before it, and not one of another account."""
    blind = a_pass([a_session(f"s{n}") for n in range(3)])
    book.record(replace(blind, key_refused="the key may not do this"))
    book.record(a_pass([a_session()], account="globex", now=NOW + HOUR))
    assert acme(book).concerns == [{"check": "key", "reason": "the key may not do this"}]
    book.record(a_pass([a_session()], now=NOW + 2 * HOUR))
    assert acme(book).concerns == []


def test_a_pause_holds_until_it_ends(book: Book) -> None:
    """One for all or for the account; resumed, or over by itself."""
    pause(book.database, "globex", at=NOW, by="vera", reason="tests")
    assert not acme(book).paused
    pause(book.database, "acme", at=NOW, by="vera", reason="tests", until=NOW + HOUR)
    assert acme(book).paused
    book.clock.at += HOUR
    assert not acme(book).paused
    pause(book.database, None, at=NOW, by="vera", reason="tests")
    resume(book.database, "acme", at=NOW, by="vera")
    assert acme(book).paused
    resume(book.database, None, at=NOW, by="vera")
    assert not acme(book).paused


def test_a_halt_holds_until_it_is_acknowledged(book: Book) -> None:
    """And only its own account."""
    with book.run(SEEN, Plan(PLAN.steps, halted=("this run would end 9 of 10",))) as run:
        pass
    found = conditions(book.database, ["acme", "globex"], NOW)
    assert str(found["acme"].halted).startswith("run 1 was halted")
    assert found["globex"].halted is None
    acknowledge(book.database, run.id, at=NOW, by="vera", reason="seen")
    assert not acme(book).halted


def test_what_nobody_has_seen_the_end_of(book: Book) -> None:
    """A step is unsettled from its intent until its outcome."""
    with book.run(SEEN, PLAN) as run:
        run.intend(STEP, a_look(STEP, SEEN))
        assert acme(book).unsettled == 1
        run.settle(STEP, Outcome(Result.TERMINATED, "seen"))
    assert acme(book).unsettled == 0
