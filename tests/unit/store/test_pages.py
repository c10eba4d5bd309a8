"""Reading the record page by page: everything once, in order, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
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

from reaper.core.planning.plan import Result
from reaper.store import (
    HistoryFilter,
    Position,
    decisions_page,
    entries,
    list_runs,
    policies_page,
    sessions_page,
    steps_page,
)

RULES = house(
    a_policy(), a_policy({"idle": "1h"}, name="idle", mode="observe"), texts={"old": "name: old"}
)


@pytest.fixture
def story(book: Book) -> Book:
    """Three passes of two accounts, in which verdicts change and steps come to an end or
    break off.
    """
    fleet = [a_session("a"), a_session("B", user="bob"), young("c")]
    book.record(a_pass(fleet, rules=RULES, learnt=[active("a", NOW)]), Result.TERMINATED)
    book.clock.at = NOW + HOUR
    book.record(
        a_pass([a_session("x", kind="webui")], rules=RULES, now=NOW + HOUR, account="other"),
        Result.FAILED,
    )
    book.clock.at = NOW + 2 * HOUR
    book.crash(a_pass(fleet[1:], rules=RULES, now=NOW + 2 * HOUR))
    return book


Read = Callable[[Book, HistoryFilter, Position | None], list[Any]]
READERS: dict[str, Read] = {
    "decisions": lambda book, asked, behind: decisions_page(book.database, asked, behind),
    "steps": lambda book, asked, behind: steps_page(book.database, asked, behind),
    "sessions": lambda book, asked, behind: sessions_page(book.database, asked, behind),
    "policies": lambda book, asked, behind: policies_page(
        book.database, limit=asked.limit, behind=behind
    ),
    "runs": lambda book, asked, behind: list_runs(
        book.database, limit=asked.limit, below=int(behind[0]) if behind else None
    ),
}


def walk(
    read: Read, book: Book, asked: HistoryFilter, between: Callable[[], object] = lambda: None
) -> list[Any]:
    found: list[Any] = []
    behind: Position | None = None
    while page := read(book, asked, behind):
        found += page
        behind = page[-1].position
        between()
    return found


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_pages_of_any_size_tell_the_same(story: Book, read: Read) -> None:
    """Page by page each entry comes once, in the order of the whole."""
    whole = read(story, HistoryFilter(limit=1000), None)
    assert len(whole) >= 2
    for limit in (1, 2, 1000):
        assert walk(read, story, HistoryFilter(limit=limit)) == whole


@pytest.mark.parametrize("kind", ["decisions", "steps", "runs"])
def test_what_is_added_meanwhile_neither_repeats_nor_hides_anything(story: Book, kind: str) -> None:
    """New entries come before the first page, where whoever reads on does not meet them."""
    whole = READERS[kind](story, HistoryFilter(limit=1000), None)
    more = iter(range(100))

    def meanwhile() -> None:
        story.record(
            a_pass([a_session(f"new{next(more)}")], account="third", now=story.clock.at),
            Result.TERMINATED,
        )

    assert walk(READERS[kind], story, HistoryFilter(limit=1), meanwhile) == whole


def test_decisions_tell_what_the_history_tells(story: Book) -> None:
    """Each decision of the history is among them, with its evidence."""
    told = {
        (d.run, d.session, d.policy, d.ruling, d.reason)
        for d in decisions_page(story.database, HistoryFilter())
    }
    history = entries(story.database, HistoryFilter(everything=True, limit=1000))
    assert told == {
        (e.run, e.session, e.policy, e.event, e.reason) for e in history if e.action is None
    }
    assert all(
        d.evidence["findings"][0]["rule"]
        for d in decisions_page(story.database, HistoryFilter(session="a"))
    )


def test_a_step_tells_all_that_happened_to_it(story: Book) -> None:
    """Its outcome is its last event, and one that was never begun is planned."""
    told = {
        (s.run, s.session): (s.outcome, [e.event for e in s.events])
        for s in steps_page(story.database, ALL)
    }
    assert told[1, "a"] == ("terminated", ["intended", "terminated"])
    assert told[2, "x"] == ("failed", ["intended", "failed"])
    assert told[3, "B"] == ("intended", ["intended"])
    assert told[3, "c"] == ("planned", [])


ALL = HistoryFilter(limit=1000)


def test_sessions_are_those_of_the_last_complete_look(story: Book) -> None:
    """One that is no longer listed is gone.

    Each has its gravest ruling and the verdict of each policy.
    """
    told = {(s.account, s.session): s for s in sessions_page(story.database, ALL)}
    assert list(told) == [("acme", "B"), ("acme", "c"), ("other", "x")]
    bob = told["acme", "B"]
    assert (bob.ruling, bob.kind, bob.owner, bob.last_activity) == (
        "offender",
        "webui",
        "bob@Planning",
        None,
    )
    assert [(v.policy, v.ruling) for v in bob.verdicts] == [
        ("idle", "undetermined"),
        ("old", "offender"),
    ]
    assert [v.offender_since for v in bob.verdicts] == [None, NOW]


def test_a_session_has_its_last_activity(book: Book) -> None:
    """As far as it is known."""
    book.record(a_pass([a_session("a")], rules=RULES, learnt=[active("a", NOW - HOUR)]))
    (told,) = sessions_page(book.database, ALL)
    assert told.last_activity == NOW - HOUR


SESSIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"account": "other"}, ["x"]),
    ({"session": "b"}, ["B"]),
    ({"owner": "BOB@*"}, ["B"]),
    ({"policy": "old"}, ["B", "c", "x"]),
    ({"policy": "ol"}, []),
    ({"outcome": "undetermined"}, ["B", "c", "x"]),
    ({"outcome": "exempt"}, []),
    ({"since": NOW + HOUR}, ["c", "x"]),
    ({"until": NOW + HOUR}, ["B"]),
]
STEPS: list[tuple[dict[str, Any], list[tuple[int, str]]]] = [
    ({"outcome": "planned"}, [(3, "c")]),
    ({"outcome": "intended"}, [(3, "B")]),
    ({"outcome": "terminated", "session": "a"}, [(1, "a")]),
    ({"until": NOW + HOUR, "session": "B"}, [(1, "B")]),
    ({"account": "nobody"}, []),
]


def test_what_fits(story: Book) -> None:
    """The filters are those of the history.

    Since and until are of when a verdict was taken, an outcome the last.
    """
    for asked, sessions in SESSIONS:
        assert [
            s.session for s in sessions_page(story.database, replace(ALL, **asked))
        ] == sessions, asked
    for asked, steps in STEPS:
        assert [
            (s.run, s.session) for s in steps_page(story.database, replace(ALL, **asked))
        ] == steps, asked


def test_runs_of_some_time(story: Book) -> None:
    """Since is included, until is not."""
    found = list_runs(story.database, since=NOW + HOUR, until=NOW + 2 * HOUR)
    assert [run.account for run in found] == ["other"]


def test_policies_have_their_texts(story: Book) -> None:
    """As they were written, by name."""
    assert [(p.name, p.first_seen_at) for p in policies_page(story.database)] == [
        ("idle", NOW),
        ("old", NOW),
    ]
    assert [p.text for p in policies_page(story.database, name="old")] == ["name: old"]
