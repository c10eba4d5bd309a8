"""Reading the record: what fits, the newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.store_builders import (
    HOUR,
    NOW,
    Book,
    a_pass,
    a_plan,
    a_policy,
    a_session,
    house,
    young,
)

from reaper.core.planning.plan import Outcome, Result
from reaper.store import HistoryEntry, HistoryFilter, entries, list_runs


def events(book: Book, **asked: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any filter
    """Session and event of each entry that fits, as they are shown."""
    return [
        (entry.session, entry.event) for entry in entries(book.database, HistoryFilter(**asked))
    ]


@pytest.fixture
def story(book: Book) -> Book:
    """Three passes of two accounts: one ended, one failed, one broke off.

    One session was left alone.
    """
    book.record(a_pass([a_session("ended"), young("spared")]), Result.TERMINATED)
    book.clock.at = NOW + HOUR
    other = a_pass(
        [a_session("failing", user="Bob", environment="ROOT")], now=NOW + HOUR, account="other"
    )
    book.record(other, Result.FAILED)
    book.clock.at = NOW + 2 * HOUR
    book.crash(a_pass([a_session("broken", user="b%b", environment="ROOT")], now=NOW + 2 * HOUR))
    return book


def test_the_newest_comes_first_and_an_outcome_before_its_intent_and_decision(story: Book) -> None:
    """Read from the bottom, it is the story as it happened.

    Verdicts that left a session alone are not shown.
    """
    assert events(story) == [
        ("broken", "intended"),
        ("broken", "offender"),
        ("failing", "failed"),
        ("failing", "intended"),
        ("failing", "offender"),
        ("ended", "terminated"),
        ("ended", "intended"),
        ("ended", "offender"),
    ]


@pytest.mark.parametrize(
    "asked",
    [{"everything": True}, {"session": "spared"}, {"outcome": "compliant"}],
    ids=["all", "named", "asked"],
)
def test_why_a_session_was_left_alone_is_shown_when_asked_for(
    story: Book, asked: dict[str, Any]
) -> None:
    """With everything, for a named session, or by the ruling itself."""
    assert ("spared", "compliant") in events(story, **asked)


@pytest.mark.parametrize(
    ("asked", "sessions"),
    [
        ({"account": "other"}, {"failing"}),
        ({"session": "ended"}, {"ended"}),
        ({"session": "END"}, {"ended"}),
        ({"session": "nded"}, set()),
        ({"session": "%"}, set()),
        ({"session": "_nded"}, set()),
        ({"session": "\\"}, set()),
        ({"owner": "bob@root"}, {"failing"}),
        ({"owner": "b*@ROOT"}, {"failing", "broken"}),
        ({"owner": "*"}, {"ended", "failing", "broken"}),
        ({"owner": "b%b@*"}, {"broken"}),
        ({"owner": "b_b@*"}, set()),
        ({"owner": "bo?@*"}, set()),
        ({"owner": "\\*"}, set()),
        ({"owner": "'; DROP TABLE runs; --"}, set()),
        ({"policy": "old"}, {"ended", "failing", "broken"}),
        ({"policy": "ol"}, set()),
        ({"since": NOW + HOUR}, {"failing", "broken"}),
        ({"until": NOW + HOUR}, {"ended"}),
        ({"since": NOW + HOUR, "until": NOW + 2 * HOUR}, {"failing"}),
        ({"account": "acme", "owner": "*@root"}, {"broken"}),
    ],
)
def test_filters_narrow_what_is_shown(
    story: Book, asked: dict[str, Any], sessions: set[str]
) -> None:
    """Only `*` stands for anything; case does not matter in names.

    `since` is included and `until` is not.
    """
    assert {session for session, _ in events(story, **asked)} == sessions


@pytest.mark.parametrize(
    "owner", ["Ömer*", "ÖMER U\u0308NAL@*", "*\u200bünal @planning", "ömer\u00a0ünal@PLANNING"]
)
def test_an_owner_is_found_however_spelt(book: Book, owner: str) -> None:
    """Not every database knows upper and lower case outside ASCII, and none what nobody sees."""
    book.record(a_pass([a_session(user="Ömer Ünal")]))

    assert events(book, owner=owner) == [("s1", "offender")]


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        ("terminated", [("ended", "terminated")]),
        ("failed", [("failing", "failed")]),
        ("intended", [("broken", "intended")]),
        ("offender", [("broken", "offender"), ("failing", "offender"), ("ended", "offender")]),
        ("withheld", []),
    ],
)
def test_an_outcome_is_the_last_thing_that_happened(
    story: Book, outcome: str, found: list[tuple[str, str]]
) -> None:
    """Every step was intended once; `intended` finds the one of which no more is known."""
    assert events(story, outcome=outcome) == found


def test_a_step_that_was_never_begun_is_shown_as_planned(book: Book) -> None:
    """A run that was stopped leaves steps that nothing happened to."""
    seen = a_pass([a_session()])
    with book.run(seen, a_plan(seen)):
        pass

    assert events(book, outcome="planned") == [("s1", "planned")]
    assert events(book) == [("s1", "planned"), ("s1", "offender")]


def test_the_limit_keeps_the_newest_of_all_kinds(story: Book) -> None:
    """Decisions and events count together."""
    assert events(story, limit=3) == events(story)[:3]


def test_the_order_of_one_moment_is_the_same_every_time(book: Book) -> None:
    """Equal times are told apart by what does not change, so that a page is a page of the same
    whole.
    """
    book.record(a_pass([a_session(f"s{number}") for number in range(20)]))

    assert events(book, limit=7) == events(book)[:7]


def test_a_page_of_one_moment_begins_like_the_whole(book: Book) -> None:
    """Steps that came to their end at the very same time are shown in one order, however few are
    asked for.
    """
    book.record(a_pass([a_session(f"s{number}") for number in range(3)]), Result.TERMINATED)

    whole = events(book)

    assert [events(book, limit=limit) for limit in range(1, 10)] == [
        whole[:limit] for limit in range(1, 10)
    ]


def test_an_entry_says_it_all(story: Book) -> None:
    """Who, what, when, by which text of which policy, on what evidence."""
    decision = entries(story.database, HistoryFilter(session="failing", outcome="offender"))[0]

    expected = HistoryEntry(
        at=NOW + HOUR,
        run=2,
        account="other",
        session="failing",
        kind="webui",
        owner="Bob@ROOT",
        app="Planner",
        policy="old",
        event="offender",
        action=None,
        reason="age 11h",
        policy_hash=a_pass().policies.policies[0].hash,
        evidence={
            "findings": [
                {
                    "rule": "age 2h",
                    "answer": "yes",
                    "value": 39600.0,
                    "threshold": 7200.0,
                    "note": "",
                }
            ]
        },
    )
    assert decision == expected


def test_an_outcome_names_its_action_and_what_was_seen(story: Book) -> None:
    """The outcome of a step: why it was to be, on what evidence, and the enforcer's own words."""
    (outcome,) = entries(story.database, HistoryFilter(outcome="failed"))

    assert (outcome.action, outcome.reason, outcome.detail, outcome.at) == (
        "terminate",
        "age 11h",
        "as the test says",
        NOW + HOUR,
    )
    assert outcome.evidence is not None
    assert outcome.evidence["verdicts"]["old"]["findings"][0]["rule"] == "age 2h"


def test_runs_come_newest_first_with_what_came_of_them(story: Book) -> None:
    """Each run counts its steps by their last event; one that broke off is not finished."""
    found = [
        (run.id, run.account, run.outcomes, run.finished_at is None)
        for run in list_runs(story.database)
    ]

    assert found == [
        (3, "acme", {"intended": 1}, True),
        (2, "other", {"failed": 1}, False),
        (1, "acme", {"terminated": 1}, False),
    ]


def test_runs_of_one_account_and_no_more_than_asked_for(story: Book) -> None:
    """Both narrow the list."""
    assert [run.id for run in list_runs(story.database, account="acme")] == [3, 1]
    assert [run.id for run in list_runs(story.database, limit=1)] == [3]


def test_a_step_of_several_outcomes_counts_once(book: Book) -> None:
    """What was unconfirmed and then seen to end has ended."""
    seen = a_pass([a_session()])
    plan = a_plan(seen)
    with book.run(seen, plan) as run:
        run.settle(plan.steps[0], Outcome(Result.UNCONFIRMED, "accepted"))
        book.clock.at = NOW + timedelta(minutes=1)
        run.settle(plan.steps[0], Outcome(Result.TERMINATED, "seen gone"))

    assert [run.outcomes for run in list_runs(book.database)] == [{"terminated": 1}]
    assert events(book, outcome="unconfirmed") == []


def test_the_step_of_two_policies_is_one_entry(book: Book) -> None:
    """Both decisions are shown, and the one step with its first policy."""
    rules = house(a_policy(), a_policy({"age": "3h"}, name="older"))
    book.record(a_pass([a_session()], rules=rules), Result.TERMINATED)

    shown = entries(book.database, replace(HistoryFilter(), outcome="terminated"))

    assert [(entry.policy, entry.reason) for entry in shown] == [("old", "age 10h")]
    assert len(events(book, outcome="offender")) == 2
