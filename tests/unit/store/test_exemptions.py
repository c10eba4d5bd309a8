"""Exemptions given by hand on record: who, when and why, and what they were good for.

Nothing of it ever changes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from support.store_builders import HOUR, NOW, Book, a_look, a_pass, a_plan, a_session, altering

from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.errors import ConfigurationError, StoreError, Withheld
from reaper.store import ManualExemptionEntry, grant, list_manual, prune, remove

MINUTE = timedelta(minutes=1)
RULES = a_pass([]).policies


# what an exemption can say
def give(book: Book, account: str | None = None, **named: Any) -> int:  # noqa: ANN401
    usual = {
        "owner": "anna@Planning",
        "reason": "on the phone",
        "by": "anna@desk",
        "ends": NOW + HOUR,
    }
    return grant(
        book.database,
        ManualExemption.model_validate({**usual, **named, "account": account, "at": NOW}),
    )


def counted(book: Book) -> PolicySet:
    """The rules of a pass that starts now."""
    return PolicySet(RULES.policies, granted=book.ledger.granted("acme"))


def entry(book: Book) -> ManualExemptionEntry:
    return list_manual(book.database, removed=True)[0]


def test_what_was_given_is_read_back(book: Book) -> None:
    """With its number, author, reason and end."""
    number = give(book, session="s1", kind="webui")

    (found,) = book.ledger.granted("acme")
    assert found.matches() == {"id": "s1*", "kind": "webui", "owner": "anna@Planning"}
    assert str(found) == f"#{number} by anna@desk: on the phone, until 2026-11-23 13:00Z"


@pytest.mark.parametrize(("account", "seen"), [(None, 1), ("acme", 1), ("other", 0)])
def test_it_holds_in_its_account_or_in_all(book: Book, account: str | None, seen: int) -> None:
    """Another account's is none of ours."""
    give(book, account)

    assert len(book.ledger.granted("acme")) == seen


def test_it_holds_until_its_end_and_no_longer(book: Book) -> None:
    """From that moment on nobody is told of it; one that has no end holds for ever."""
    give(book)
    for_ever = give(book, ends=None)
    book.clock.at = NOW + HOUR - timedelta(microseconds=1)
    before = book.ledger.granted("acme")
    book.clock.at = NOW + HOUR

    assert len(before) == 2
    assert [e.id for e in book.ledger.granted("acme")] == [for_ever]


def test_a_removal_is_a_second_row(book: Book) -> None:
    """It holds no longer, and both who gave it and who removed it stay on record."""
    number = give(book)
    given = book.rows("exemptions")
    remove(book.database, number, at=NOW + MINUTE, by="ben@desk", reason="the call is over")

    found = entry(book)
    assert book.ledger.granted("acme") == ()
    assert book.rows("exemptions") == given
    assert (found.exemption.by, found.removed_by, found.removed_because) == (
        "anna@desk", "ben@desk", "the call is over",
    )  # fmt: skip
    assert (found.exemption.at, found.removed_at) == (NOW, NOW + MINUTE)


def test_what_is_not_there_cannot_be_removed(book: Book) -> None:
    """Nor what was removed before: it is told by whom, and why."""
    with pytest.raises(ConfigurationError, match="no exemption 7"):
        remove(book.database, 7, at=NOW, by="ben@desk", reason="x")
    number = give(book)
    remove(book.database, number, at=NOW, by="ben@desk", reason="the call is over")

    with pytest.raises(
        ConfigurationError, match="by ben@desk at 2026-11-23 12:00Z: the call is over"
    ):
        remove(book.database, number, at=NOW, by="eva@desk", reason="me too")


def test_a_use_is_a_recorded_verdict_that_it_decided(book: Book) -> None:
    """A verdict that stands is one use however often it is found again.

    One that never decided was never used.
    """
    give(book)
    assert (entry(book).decided, entry(book).last_used) == (0, None)
    for number in range(3):
        book.record(
            a_pass(
                [a_session("a"), a_session("b", user="ben")],
                rules=counted(book),
                now=NOW + number * MINUTE,
            )
        )

    assert (entry(book).decided, entry(book).last_used) == (1, NOW)

    book.record(a_pass([a_session("c")], rules=counted(book), now=NOW + 9 * MINUTE))
    assert (entry(book).decided, entry(book).last_used) == (2, NOW + 9 * MINUTE)


def test_a_decision_keeps_what_exempted_it(book: Book) -> None:
    """Its evidence names the exemption whole."""
    give(book)
    book.record(a_pass([a_session()], rules=counted(book)))

    (row,) = book.rows("decisions", "reason", "evidence")
    assert row[0] == "exempt: #1 by anna@desk: on the phone, until 2026-11-23 13:00Z"
    assert all(f'"{word}":' in row[1] for word in ("id", "owner", "reason", "by", "at", "ends"))


@pytest.mark.parametrize("unknown", [False, True])
def test_what_may_be_exempt_since_the_second_look_is_not_intended(
    book: Book, unknown: bool
) -> None:
    """It is asked in the transaction of the intent, so that nothing comes between.

    An unknown is enough.
    """
    seen = a_pass([a_session(user=None if unknown else "anna")])
    plan = a_plan(a_pass([a_session()]))
    (step,) = plan.steps
    look = a_look(type(step)(seen.snapshot.sessions[0], step.verdicts), seen)
    with book.run(seen, plan) as run:
        give(book)
        with pytest.raises(
            Withheld, match="it may be exempt since the recheck: #1 by anna@desk: on the phone"
        ):
            run.intend(step, look)

    assert book.rows("step_events", "event") == []


@pytest.mark.parametrize("whom", ['{"colour": "red"}', '{"owner": "anna"}', "{}"])
def test_what_cannot_be_understood_is_no_reason_to_end_anything(book: Book, whom: str) -> None:
    """A newer reaper may have written it.

    Reading fails, with what to do, instead of leaving it out.
    """
    give(book)
    with altering(book.database) as db:
        db.execute(sa.text("UPDATE exemptions SET whom = :it"), {"it": whom})

    with pytest.raises(
        StoreError, match="exemption 1 in the database cannot be understood; upgrade reaper"
    ):
        book.ledger.granted("acme")
    remove(book.database, 1, at=NOW, by="ben@desk", reason="nobody knows what it is")
    assert book.ledger.granted("acme") == ()


def test_pruning_takes_no_exemption_away(book: Book) -> None:
    """Who spared whom, and why, is kept for good; only the verdicts go."""
    give(book)
    remove(book.database, give(book), at=NOW, by="ben@desk", reason="twice")
    book.record(a_pass([a_session()], rules=counted(book)))
    book.record(a_pass([], now=NOW + MINUTE))
    prune(book.database, NOW + HOUR)

    assert [e.decided for e in list_manual(book.database, removed=True)] == [0, 0]
    assert book.rows("exemption_removals", "reason") == ["twice"]
