"""The life of each session is on record, from first sight to last, as complete looks showed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.store_builders import NOW, Book, a_pass, a_session, active

from reaper.core.model.life import ActivityStep, EndedBy, Life, Sight, StateChange
from reaper.core.model.session import Activity, Problem, Session, Unreadable
from reaper.core.planning.plan import Result
from reaper.store import LifeFilter, looks, open_database, prune, reading_lives, transfer
from reaper.store.migrate import downgrade, upgrade

MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOW + minutes * MINUTE


def lives(book: Book, **wanted: object) -> list[Life]:
    return list(reading_lives(book.database, LifeFilter(**wanted)))  # type: ignore[arg-type]


def life(book: Book, session: str = "s1") -> Life:
    (found,) = lives(book, session=session)
    return found


def look(book: Book, minutes: float, *sessions: Session, **more: object) -> None:
    book.record(a_pass(sessions, now=at(minutes), **more))  # type: ignore[arg-type]


def learnt(minutes: float, at_: float) -> list[Activity]:
    return [replace(active("s1", at(at_)), learnt_at=at(minutes))]


def test_a_life_begins_at_first_sight_and_ends_where_the_list_no_longer_holds_it(
    book: Book,
) -> None:
    """In between only what changed is written, with the look that first showed it."""
    queued = a_session(kind="solve", state="queued", name="plan", app_version="2.1")
    running = replace(queued, state="running", started_at=at(7), gb_hours=0.25, run_time=180.0)
    for minutes, sessions in (
        (0, [queued]), (5, [queued]), (10, [running]), (15, [replace(running, gb_hours=1.5)]),
        (20, []), (25, []),
    ):  # fmt: skip
        look(book, minutes, *sessions)

    one = life(book)

    assert one.changes == (
        StateChange(at(0), "queued"),
        StateChange(at(10), "running", gb_hours=0.25, run_time=180.0),
        StateChange(at(20), None, Sight.GONE),
    )
    assert (one.first_seen_at, one.last_seen_at, one.over_at) == (at(0), at(15), at(20))
    assert one.ended_by is EndedBy.OTHERS
    assert (one.session.owner, one.session.app_version, one.session.started_at) == (
        "anna@Planning", "2.1", at(7),
    )  # fmt: skip


def test_a_doubtful_look_ends_nothing_and_a_session_that_stays_is_seen_by_the_last_whole_one(
    book: Book,
) -> None:
    """Nobody knows what a list that broke off did not show."""
    look(book, 0, a_session())
    look(book, 5, doubts=("webui: the list broke off",))
    look(book, 10, a_session())
    look(book, 15, doubts=("webui: the list broke off",))

    one = life(book)

    assert [change.at for change in one.changes] == [at(0)]
    assert (one.last_seen_at, one.over_at, one.ended_by) == (at(10), None, None)
    assert looks(book.database, LifeFilter(until=at(10))) == [(at(0), True), (at(5), False)]


@pytest.mark.parametrize("id_", ["s1", None], ids=["its own entry", "an entry without an id"])
def test_what_may_be_behind_an_unreadable_entry_is_not_gone(book: Book, id_: str | None) -> None:
    """It is there or not; that is told once, and settled by the next look that can be read."""
    entry = Unreadable("webui", id_, "no time")
    look(book, 0, a_session())
    for minutes in (5, 10):
        look(book, minutes, unreadable=(entry,))
    hidden = life(book)
    look(book, 15, a_session())

    assert [(change.at, change.sight) for change in life(book).changes] == [
        (at(0), Sight.LISTED), (at(5), Sight.UNREADABLE), (at(15), Sight.LISTED),
    ]  # fmt: skip
    assert (hidden.over_at, len(hidden.changes)) == (None, 2)


def test_a_session_that_is_read_in_part_keeps_what_was_told_of_it(book: Book) -> None:
    """What could not be read is unknown at that moment, and no new fact."""
    broken = a_session(state=None, name=None, problems=(Problem("state", "state: 7 is not text"),))
    look(book, 0, a_session(name="plan"))
    look(book, 5, broken)

    one = life(book)
    then = one.session_at(at(5))

    assert one.changes[1:] == (StateChange(at(5), None, Sight.UNREADABLE),)
    assert then is not None
    assert (one.session.name, then.half_read) == ("plan", True)


def test_a_session_that_comes_back_goes_on_with_its_life(book: Book) -> None:
    """A list may hold again what it did not hold before; the gap is on record."""
    for minutes, sessions in ((0, [a_session()]), (5, []), (10, [a_session()])):
        look(book, minutes, *sessions)

    one = life(book)

    assert [change.sight for change in one.changes] == [Sight.LISTED, Sight.GONE, Sight.LISTED]
    assert (one.over_at, one.last_seen_at, one.session_at(at(5))) == (None, at(10), None)


def test_a_session_that_is_listed_as_over_is_over_and_then_left_alone(book: Book) -> None:
    """That its record vanishes later is no change of its life."""
    over = a_session(state="terminated", ended_at=at(3), gb_hours=2.0)
    for minutes, sessions in ((0, [a_session()]), (5, [over]), (10, [over]), (15, []), (20, [])):
        look(book, minutes, *sessions)

    one = life(book)

    assert one.changes[1:] == (StateChange(at(5), "terminated", gb_hours=2.0),)
    assert (one.over_at, one.last_seen_at, one.session.ended_at) == (at(5), at(10), at(3))


def test_who_ended_it_is_the_reaper_where_it_saw_the_end_that_it_had_asked_for(book: Book) -> None:
    """What was gone already, or failed, others ended."""
    for name, result in (("a", Result.TERMINATED), ("b", Result.ALREADY_GONE)):
        book.record(a_pass([a_session(name)], account=name), result)
        book.record(a_pass([], account=name, now=at(5)))

    assert [one.ended_by for one in lives(book)] == [EndedBy.REAPER, EndedBy.OTHERS]


def test_activity_is_kept_in_stretches_with_the_silence_behind_each(book: Book) -> None:
    """A log that is read again and shows nothing newer lengthens the silence without a row."""
    session = a_session()
    for minutes, active_at in ((5, 4), (10, 9), (60, 20), (65, 20), (70, 20), (75, 72), (80, 72)):
        look(book, minutes, session, learnt=learnt(minutes, active_at))
        if minutes == 70:
            before = life(book).steps
    look(book, 85)

    assert life(book).steps == (
        ActivityStep(at(4), at(9), at(10)),
        ActivityStep(at(20), at(20), at(70)),
        ActivityStep(at(72), at(72), at(80), "log line 7"),
    )
    assert before[0] == life(book).steps[0]
    assert before[1] == replace(life(book).steps[1], source="log line 7")


def test_silence_ends_where_a_look_no_longer_reads_the_log(book: Book) -> None:
    """What no look asked for, nobody knows: neither that it was active nor that it was not."""
    session = a_session()
    for minutes in (5, 10, 15):
        look(book, minutes, session, learnt=learnt(minutes, 4))
    for minutes in (20, 25):
        look(book, minutes, session)

    assert life(book).steps == (ActivityStep(at(4), at(4), at(15), "log line 7"),)


def test_a_log_that_is_read_otherwise_than_before_begins_another_step(book: Book) -> None:
    """From the look on that read it so; what was known until then stays as it was."""
    session = a_session()
    look(book, 5, session, learnt=learnt(5, 5))
    look(book, 10, session, learnt=learnt(10, 1))

    one = life(book)

    assert one.step_at(at(5)) == ActivityStep(at(5), at(5), at(5))
    assert one.step_at(at(10)) == ActivityStep(at(1), at(1), at(10), "log line 7")


def test_lives_go_down_and_begin_anew(book: Book) -> None:
    """A version before keeps what it knew of activity, and the next look begins the lives again."""
    look(book, 0, a_session(), learnt=learnt(0, -5))

    downgrade(book.database, "0012")
    kept = book.rows("activity", "session_id", "source")
    upgrade(book.database)
    look(book, 5, a_session(), learnt=learnt(5, -5))
    look(book, 10, a_session(), learnt=learnt(10, 9))

    one = life(book)
    assert kept == [("s1", "log line 7")]
    assert (one.first_seen_at, len(one.changes)) == (at(5), 1)
    assert one.steps == (
        ActivityStep(at(-5), at(-5), at(5)),
        ActivityStep(at(9), at(9), at(10), "log line 7"),
    )


def test_lives_move_with_the_rest(book: Book, tmp_path: Path) -> None:
    """In another database they read the same, and go on."""
    look(book, 0, a_session(), a_session("s2"), learnt=learnt(0, -5))
    look(book, 5, a_session(), learnt=learnt(5, 5))
    before = lives(book)
    other = Book(open_database(f"sqlite:///{tmp_path / 'other.db'}"))

    transfer(book.database, other.database)

    assert lives(other) == before
    look(other, 10, a_session("s3"))
    assert [one.last_seen_at for one in lives(other)] == [at(5), at(0), at(10)]
    other.database.close()


def test_lives_are_chosen_by_account_and_span(book: Book) -> None:
    """A life belongs to a span in which it was seen at any moment."""
    look(book, 0, a_session("old"))
    look(book, 5, a_session("new"))
    book.record(a_pass([a_session("other")], account="globex", now=at(5)))

    def ids(**wanted: object) -> list[str]:
        return [one.session.id for one in lives(book, **wanted)]

    assert ids(account="acme") == ["old", "new"]
    assert ids(since=at(1)) == ["new", "other"]
    assert ids(until=at(5)) == ["old"]


def test_lives_are_forgotten_when_no_look_has_shown_them_for_so_long(book: Book) -> None:
    """With all that belongs to them; who is still there is not."""
    look(book, 0, a_session("old"), a_session(), learnt=learnt(0, 0))
    look(book, 5, a_session("old"))
    look(book, 10, a_session("old"))

    told = prune(book.database, at(1))

    assert {t: told[t] for t in ("lives", "life_changes", "activity_steps")} == {
        "lives": 1, "life_changes": 2, "activity_steps": 1,
    }  # fmt: skip
    assert [one.session.id for one in lives(book)] == ["old"]
