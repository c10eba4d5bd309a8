"""Who was told of which offender is on record, and who knows of it lasts as long as the offence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store_builders import NOW, Book, a_pass, a_policy, a_session, active, house, young

from reaper.core.judging.verdict import Observation
from reaper.core.planning.notice import DeliveryStatus
from reaper.store import HistoryFilter, entries, prune

TELLING = house(a_policy(mode="notify"))
IDLE = house(a_policy({"idle": "2h"}, mode="notify"))
OPS = {("s1", "old"): frozenset({"ops"})}


def offends(**more: object) -> Observation:
    return a_pass([a_session()], rules=TELLING, **more)  # type: ignore[arg-type]


def test_a_notice_is_on_record(book: Book) -> None:
    """Which target was told of which session, by which policy, when, and what came of it, stands in
    the history.
    """
    book.tell(offends())
    book.tell(offends(), DeliveryStatus.NOT_TOLD, "crew")

    found = entries(book.database, HistoryFilter(session="s1"))
    assert {(e.event, e.action, e.policy, e.owner, e.reason) for e in found if e.action} == {
        ("told", "notify", "old", "anna@Planning", "ops: as the test says"),
        ("not-told", "notify", "old", "anna@Planning", "crew: as the test says"),
    }
    assert [e.reason for e in entries(book.database, HistoryFilter(outcome="told"))] == [
        "ops: as the test says"
    ]
    assert entries(book.database, HistoryFilter(outcome="told", policy="other")) == []


def test_each_target_knows_for_itself(book: Book) -> None:
    """Who was told knows; who could not be told does not."""
    book.tell(offends())
    assert book.ledger.recall("acme").notified_targets == OPS
    book.tell(offends(), DeliveryStatus.NOT_TOLD, "crew")
    assert book.ledger.recall("acme").notified_targets == OPS
    book.tell(offends(), target="crew")
    assert book.ledger.recall("acme").notified_targets == {
        ("s1", "old"): frozenset({"ops", "crew"})
    }
    assert book.ledger.recall("globex").notified_targets == {}


@pytest.mark.parametrize(
    ("later", "known"),
    [
        (offends(), True),
        (a_pass([a_session()], rules=house(a_policy({"age": "3h"}, mode="notify"))), True),
        (a_pass([], rules=TELLING, doubts=("the list broke off",)), True),
        (
            a_pass(
                [a_session()], rules=IDLE, learnt=[active("s1", None, "its log could not be read")]
            ),
            True,
        ),
        (a_pass([a_session(), young("s2")], rules=TELLING, account="globex"), True),
        (a_pass([young()], rules=TELLING), False),
        (a_pass([], rules=TELLING), False),
        (
            a_pass(
                [a_session()],
                rules=house(a_policy(mode="notify"), protect=[{"app": "*", "reason": "x"}]),
            ),
            False,
        ),
        (a_pass([a_session()], rules=house()), False),
    ],
    ids=[
        "goes on",
        "other text",
        "not seen",
        "not known",
        "elsewhere",
        "in order",
        "gone",
        "exempt",
        "no policy",
    ],
)
def test_how_long_it_is_known(book: Book, later: Observation, *, known: bool) -> None:
    """A target knows of an offender until it is none any more.

    A doubtful look and a changed text alter nothing.
    """
    book.tell(offends())
    book.record(later)
    assert book.ledger.recall("acme").notified_targets == (OPS if known else {})


def test_old_notices_are_forgotten_with_their_run(book: Book) -> None:
    """What is pruned is the record; who knows of an offender that is still one, goes on knowing."""
    book.tell(offends())
    assert prune(book.database, NOW + timedelta(days=1))["notices"] == 1
    assert book.ledger.recall("acme").notified_targets == OPS
