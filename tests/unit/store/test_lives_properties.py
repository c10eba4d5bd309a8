"""Whatever looks show, the lives on record show the same again."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.store_builders import ACTOR, NOW, Book, a_pass, a_session, active

from reaper.core.model.session import Activity, Phase, Session
from reaper.store import LifeFilter, SqlLedger, reading_lives

STATES = ("queued", "running", "strange", "finished", None)
IDS = ("a", "b", "c")
EVERY = timedelta(minutes=5)
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
accounts = (f"account{number}" for number in count())

one_look = st.tuples(st.booleans(), st.dictionaries(st.sampled_from(IDS), st.sampled_from(STATES)))
asked = st.none() | st.integers(0, 40)
"""How many minutes ago a log tells the last activity; None where it was not read."""


def alive(session: Session | None) -> bool:
    return session is not None and session.phase is not Phase.OVER


@FEW
@given(looks=st.lists(one_look, max_size=8))
def test_a_life_shows_at_each_whole_look_what_that_look_showed(
    book: Book, looks: list[tuple[bool, dict[str, str | None]]]
) -> None:
    """Who was there, and in which state; that a record of what is over vanished is no change."""
    account, shown = next(accounts), []
    for number, (whole, states) in enumerate(looks):
        now = NOW + number * EVERY
        fleet = [a_session(id_, kind="solve", state=state) for id_, state in states.items()]
        doubts = () if whole else ("solve: the list broke off",)
        book.record(a_pass(fleet, now=now, account=account, doubts=doubts))
        if whole:
            shown.append((now, {s.id: s.state for s in fleet if alive(s)}))

    lives = list(reading_lives(book.database, LifeFilter(account=account)))

    for now, expected in shown:
        there = {life.session.id: life.session_at(now) for life in lives}
        assert {id_: s.state for id_, s in there.items() if s and alive(s)} == expected
    last = shown[-1][1] if shown else {}
    assert {life.session.id for life in lives if life.over_at is None} == last.keys()


@FEW
@given(read=st.lists(asked, min_size=1, max_size=12), grain=st.sampled_from([0, 10]))
def test_the_steps_tell_at_each_look_what_its_log_told(
    book: Book, read: list[int | None], grain: int
) -> None:
    """Exactly, where each activity is kept by itself; else within a stretch that holds it."""
    account, told = next(accounts), []
    ledger = SqlLedger(book.database, book.clock, ACTOR, "1", grain=timedelta(minutes=grain))
    for number, ago in enumerate(read):
        now = NOW + number * EVERY
        learnt = [
            Activity("a", now - timedelta(minutes=ago), now, active("a", None).source)
        ] if ago is not None else []  # fmt: skip
        seen = a_pass([a_session("a")], now=now, account=account, learnt=learnt)
        book.ledger = ledger
        book.record(seen)
        told += [(now, one.at) for one in learnt if one.at]

    (life,) = reading_lives(book.database, LifeFilter(account=account))

    for now, at in told:
        step = life.step_at(now)
        assert step is not None
        assert step.since <= at <= step.at
        assert step.at == at or (grain and step.at <= step.silent_until)
