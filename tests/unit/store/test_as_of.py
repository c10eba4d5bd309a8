"""What the record tells of one session as of a moment: no more than was on it by then."""

from __future__ import annotations

from datetime import timedelta

from support.store_builders import HOUR, NOW, Book, a_pass, a_policy, a_session, house, young

from reaper.core.planning.plan import Result
from reaper.store import as_of, recorded

MINUTE = timedelta(minutes=1)
OTHER = house(a_policy({"age": "3h"}), texts={"old": "name: old  # as it was written later"})


def test_the_last_verdict_by_then_is_told_with_its_text(book: Book) -> None:
    """At the very moment of its run it is on record; a moment earlier the one before is."""
    book.record(a_pass([young("s1")]))
    book.record(a_pass([a_session("s1")], rules=OTHER, now=NOW + MINUTE))

    before = as_of(book.database, "acme", "s1", NOW + MINUTE - timedelta(microseconds=1))
    after = as_of(book.database, "acme", "s1", NOW + MINUTE)
    assert [(d.ruling, d.run) for d in before.decisions] == [("compliant", 1)]
    assert [(d.ruling, d.run) for d in after.decisions] == [("offender", 2)]
    assert list(before.texts.values()) == ["name: old  # as it was written"]
    assert list(after.texts.values()) == ["name: old  # as it was written later"]


def test_before_the_first_run_nothing_is_told(book: Book) -> None:
    """Not even a look."""
    book.record(a_pass([a_session("s1")]))

    found = as_of(book.database, "acme", "s1", NOW - MINUTE)
    assert (found.look, found.decisions, found.texts, found.steps) == (None, [], {}, [])


def test_a_verdict_that_no_later_run_repeated_is_told_with_the_last_look(book: Book) -> None:
    """It stands, though only the first run wrote it; by another text it would not."""
    book.record(a_pass([a_session("s1")]))
    book.record(a_pass([a_session("s1")], now=NOW + MINUTE))
    book.record(a_pass([], rules=OTHER, now=NOW + HOUR))

    then, later = (as_of(book.database, "acme", "s1", NOW + after) for after in (2 * MINUTE, HOUR))
    assert then.look is not None
    assert (then.look.id, then.decisions[0].run, then.stands(then.decisions[0])) == (2, 1, True)
    assert later.stands(later.decisions[0]) is False


def test_steps_are_told_with_what_came_of_them(book: Book) -> None:
    """Of this session of this account, not of one whose id only begins so."""
    book.record(a_pass([a_session("s1"), a_session("s10", user="ben")]), Result.TERMINATED)
    book.record(a_pass([a_session("s1")], account="other"), Result.FAILED)

    (step,) = as_of(book.database, "acme", "s1", NOW).steps
    assert (step.session, step.outcome, [e.event for e in step.events]) == (
        "s1",
        "terminated",
        ["intended", "terminated"],
    )


def test_sessions_on_record_are_found_by_the_beginning_of_their_id(book: Book) -> None:
    """In any case, in one account or all; a percent sign is one."""
    book.record(a_pass([a_session("Abc1"), a_session("abc2"), a_session("x%1")]))
    book.record(a_pass([a_session("abc2")], account="other"))

    assert recorded(book.database, "ABC") == [("acme", "Abc1"), ("acme", "abc2"), ("other", "abc2")]
    assert recorded(book.database, "abc", "other") == [("other", "abc2")]
    assert recorded(book.database, "%") == []
