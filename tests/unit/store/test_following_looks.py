"""What a look writes of what lasts.

A doubtful one nothing, and one after a gap that all of it begins anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from support.laws import examples
from support.store_builders import (
    HOUR,
    NOW,
    Book,
    a_pass,
    a_policy,
    a_session,
    active,
    house,
    young,
)

from reaper.core.judging.verdict import Observation
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Session
from reaper.core.planning.memory import Memory, Streak
from reaper.core.planning.plan import build_plan

ORPHANS = house(a_policy({"orphan": "1h"}, select={"kind": "solve"}))
NEVER = datetime.max.replace(tzinfo=UTC)
FIVE = timedelta(minutes=5)
KEY = ("s1", "old")
DOUBT = ("the server's clock is 2d behind this machine's",)


def a_solve(**more: Any) -> Session:  # noqa: ANN401 - any field of a session
    return a_session(kind="solve", **more)


def streak(book: Book) -> Streak | None:
    return book.ledger.recall("acme").streaks.get(KEY)


def test_a_doubtful_look_begins_no_streak(book: Book) -> None:
    """Since when a session is an offender counts from the first look without a doubt, however long
    ago another was.
    """
    book.record(a_pass([a_session()], doubts=DOUBT, now=NOW - 48 * HOUR))
    assert streak(book) is None
    book.record(a_pass([a_session()]))
    found = streak(book)
    assert found is not None
    assert (found.since, found.looks) == (NOW, 1)


def test_a_doubtful_look_does_not_lengthen_a_streak(book: Book) -> None:
    """It is none of the runs on end, and what it could not notify ends nothing."""
    book.record(a_pass([a_session()]))
    book.record(a_pass([a_session()], doubts=DOUBT, now=NOW + FIVE))
    book.record(a_pass([a_session(state="napping")], doubts=DOUBT, now=NOW + FIVE))
    found = streak(book)
    assert found is not None
    assert (found.since, found.looks) == (NOW, 1)


def test_what_a_doubtful_look_shows_in_a_sessions_favour_counts(book: Book) -> None:
    """One in which the session is in order starts the count over, as any other does."""
    book.record(a_pass([a_session()]))
    book.record(a_pass([young()], doubts=DOUBT, now=NOW + FIVE))
    assert streak(book) is None
    book.record(a_pass([a_session()], now=NOW + 2 * FIVE))
    found = streak(book)
    assert found is not None
    assert found.since == NOW + 2 * FIVE


def test_a_streak_starts_over_after_a_gap(book: Book) -> None:
    """In a look that does not follow the one before, an offender is one from then on.

    Its decision stands.
    """
    book.record(a_pass([a_session()]))
    book.record(replace(a_pass([a_session()], now=NOW + 2 * HOUR), follows=False))
    found = streak(book)
    assert found is not None
    assert (found.since, found.looks) == (NOW + 2 * HOUR, 1)
    assert len(book.rows("decisions", "run_id")) == 1


def test_a_condition_starts_over_after_a_gap(book: Book) -> None:
    """An orphan is one from then on."""
    book.record(a_pass([a_solve()], rules=ORPHANS))
    book.record(a_pass([a_solve()], rules=ORPHANS, now=NOW + FIVE))
    assert book.ledger.recall("acme").lasting == {("s1", "alone"): NOW}
    book.record(replace(a_pass([a_solve()], rules=ORPHANS, now=NOW + 2 * HOUR), follows=False))
    assert book.ledger.recall("acme").lasting == {("s1", "alone"): NOW + 2 * HOUR}


OVER = a_solve(state="finished", ended_at=NOW)


def test_what_runs_again_was_not_over_since(book: Book) -> None:
    """A record is deleted by its last end: the first sight of an end before it ran again is forgotten,
    also by a look that shows nobody over.
    """
    book.record(a_pass([OVER], rules=ORPHANS))
    assert book.ledger.recall("acme").seen_over == {"s1": NOW}
    book.record(a_pass([a_solve()], rules=ORPHANS, now=NOW + FIVE))
    assert book.ledger.recall("acme").seen_over == {}


@pytest.mark.parametrize(
    "doubtful",
    [
        a_pass([a_solve()], rules=ORPHANS, doubts=DOUBT),
        a_pass([OVER], rules=ORPHANS, doubts=DOUBT),
        a_pass([a_session()], learnt=[active("s1", NOW)], doubts=DOUBT),
        replace(a_pass([a_solve()], rules=ORPHANS), extra_doubts=DOUBT),
        replace(a_pass([OVER], rules=ORPHANS), extra_doubts=DOUBT),
        replace(a_pass([a_session()], learnt=[active("s1", NOW)]), extra_doubts=DOUBT),
    ],
)
def test_a_doubtful_look_leaves_nothing_behind(book: Book, doubtful: Observation) -> None:
    """No streak, no condition, no first sight of an end, no activity.

    Whether the list or a clock was in doubt.
    """
    before = book.ledger.recall("acme")
    book.record(doubtful)
    assert replace(book.ledger.recall("acme"), fleet=before.fleet) == before


def test_a_look_tells_when_it_was(book: Book) -> None:
    """The last look without a doubt is the one that others follow."""
    assert book.ledger.recall("acme").looked_at is None
    book.record(a_pass([a_session()]))
    book.record(a_pass([a_session()], doubts=DOUBT, now=NOW + HOUR))
    assert book.ledger.recall("acme").looked_at == NOW


Looks = list[tuple[int, bool]]
"""Minutes since the look before, and whether it could be acted upon."""

looks = st.lists(
    st.tuples(st.sampled_from([1, 5, 10, 15, 16, 120]), st.booleans()), min_size=1, max_size=8
)
waits = st.sampled_from([{"for": "20s"}, {"for": "15m"}, {"for": "1h"}, {"observations": 3}])
_numbers = count()


def first_end(book: Book, policies: PolicySet, looks: Looks) -> datetime:
    """When an offender that never ceases to be one is first planned to end, in an account of its
    own.
    """
    account, now = f"a{next(_numbers)}", NOW
    for minutes, whole in looks:
        now += timedelta(minutes=minutes)
        book.clock.at = now
        memory = book.ledger.recall(account).at(now, timedelta(minutes=15))
        doubts = () if whole else DOUBT
        seen = a_pass([a_session()], rules=policies, doubts=doubts, now=now, account=account)
        if whole and build_plan(seen.verdicts, memory, Limits(), seen.snapshot.sessions, now).steps:
            return now
        book.record(replace(seen, follows=memory.follows))
    return NEVER


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks, waits, st.data())
def test_a_gap_or_a_doubtful_look_never_makes_an_end_earlier(
    book: Book,
    looks: Looks,
    after: dict[str, Any],
    data: st.DataObject,
) -> None:
    """However many looks at a lasting offender are left out or in doubt, it is not ended sooner for
    it.
    """
    policies = house(a_policy(after=after))
    number = data.draw(st.integers(0, len(looks) - 1))
    minutes, _ = looks[number]
    doubtful = [*looks[:number], (minutes, False), *looks[number + 1 :]]
    found = first_end(book, policies, looks)
    assert first_end(book, policies, doubtful) >= found
    if number + 1 < len(looks):
        later, whole = looks[number + 1]
        missed = [*looks[:number], (minutes + later, whole), *looks[number + 2 :]]
        assert first_end(book, policies, missed) >= found


@examples(30)
@given(
    st.integers(0, 300),
    st.integers(0, 4),
    st.sampled_from([{"for": "20s"}, {"for": "2h"}, {"observations": 2}]),
)
def test_an_older_record_never_makes_an_end_earlier(
    minutes: int, looks: int, after: dict[str, Any]
) -> None:
    """What a restored database remembers ends nobody whom an empty one would not, once it is older
    than a gap.
    """
    policy = a_policy(after=after)
    seen = a_pass([a_session()], rules=house(policy))
    last = NOW - timedelta(minutes=minutes)
    streaks = {KEY: Streak(policy.hash, last - 5 * HOUR, looks)} if looks else {}
    memory = Memory(streaks=streaks, looked_at=last).at(NOW, timedelta(minutes=15))
    steps = build_plan(seen.verdicts, memory, Limits(), seen.snapshot.sessions, NOW).steps
    assert not steps or minutes <= 15
