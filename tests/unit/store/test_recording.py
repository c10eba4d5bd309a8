"""What a pass adds to the record, and what it leaves alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from support.store_builders import (
    ACTOR,
    HOUR,
    HOUSE,
    NOW,
    Book,
    a_pass,
    a_policy,
    a_session,
    active,
    house,
    young,
)

from reaper.core.model.session import Unreadable
from reaper.core.planning.plan import Result
from reaper.store import list_runs

IDLE = house(a_policy({"idle": "2h"}, name="idle"))


def test_a_first_pass_writes_its_run_its_policies_text_and_every_decision(book: Book) -> None:
    """The first look at an account decides every session, and keeps the policy's text as it was
    written.
    """
    book.record(a_pass([a_session("old"), young("new")]))

    assert book.rows("decisions", "session_id", "ruling") == [
        ("new", "compliant"),
        ("old", "offender"),
    ]
    assert book.rows("policy_texts", "hash", "name", "text") == [
        (HOUSE.policies[0].hash, "old", "name: old  # as it was written")
    ]


def test_a_quiet_pass_writes_its_run_and_nothing_else(book: Book) -> None:
    """Where nothing changed since the last pass, the run and its leaf of the proof are added in the
    whole database.
    """
    fleet = [a_session("old"), young("new")]
    seen = a_pass(fleet, learnt=[active("old", NOW - HOUR)])
    book.record(seen)
    before = book.counts()

    book.record(a_pass(fleet, learnt=[active("old", NOW - HOUR)], now=NOW + timedelta(minutes=5)))

    assert book.counts() == {**before, "runs": before["runs"] + 1, "leaves": before["leaves"] + 1}


@pytest.mark.slow
def test_a_quiet_pass_over_ten_thousand_sessions_adds_one_run_and_no_decision(book: Book) -> None:
    """The promise of the issue, in its own number."""
    fleet = [a_session(f"s{number}") for number in range(10_000)]
    book.record(a_pass(fleet))
    before = book.counts()

    book.record(a_pass(fleet))

    assert before["decisions"] == 10_000
    assert book.counts() == {**before, "runs": 2, "leaves": 2}


def test_only_the_verdict_that_changed_is_written(book: Book) -> None:
    """One session's turn costs one decision, not the fleet's."""
    book.record(a_pass([young("a"), young("b")]))

    later = book.record(a_pass([young("a"), a_session("b")]))

    assert book.rows("decisions", "run_id", "session_id") == [(1, "a"), (1, "b"), (later, "b")]
    assert book.rows("current_verdicts", "session_id", "run_id") == [("a", 1), ("b", later)]


def test_a_policy_that_changed_decides_anew(book: Book) -> None:
    """The same ruling by another text is another decision: which text it was must be on record."""
    book.record(a_pass([a_session()]))

    book.record(a_pass([a_session()], rules=house(a_policy({"age": "3h"}))))

    assert len(set(book.rows("decisions", "policy_hash"))) == 2


def test_a_policy_text_is_written_once(book: Book) -> None:
    """However many passes a text judges, it is kept once."""
    book.record(a_pass([a_session("a")]))
    book.record(a_pass([a_session("b")], account="other"))

    assert len(book.rows("policy_texts", "hash")) == 1


def test_what_protects_from_all_policies_is_kept_by_its_hash(book: Book) -> None:
    """The run says which set of protections it went by, and that set can be read again."""
    rules = house(a_policy(), protect=[{"owner": "root@ROOT", "reason": "operations"}])

    book.record(a_pass([a_session()], rules=rules))

    (policies,) = book.rows("runs", "policies")
    named = json.loads(policies) if isinstance(policies, str) else policies
    assert set(named) == {"old", "protect"}
    assert (named["protect"], "protect") in book.rows("policy_texts", "hash", "name")


def test_two_policies_of_one_session_are_decided_apart(book: Book) -> None:
    """Each policy's decision on a session stands by itself."""
    rules = house(a_policy(), a_policy({"age": "20h"}, name="older"))

    book.record(a_pass([a_session()], rules=rules))

    assert book.rows("decisions", "policy", "ruling") == [
        ("old", "offender"),
        ("older", "compliant"),
    ]


def test_a_decision_says_who_what_and_on_what_evidence(book: Book) -> None:
    """The row alone explains the ruling: the rule, its answer, the value and the threshold."""
    book.record(a_pass([a_session("s1")]))

    columns = ("kind", "owner", "app", "reason")
    assert book.rows("decisions", *columns) == [("webui", "anna@Planning", "Planner", "age 10h")]
    (evidence,) = book.rows("decisions", "evidence")
    assert json.loads(evidence) == {"findings": [["age 2h", "yes", 36000.0, 7200.0, ""]]}


def test_an_exemption_and_an_unknown_are_evidence_too(book: Book) -> None:
    """Why a session was not ended is on record.

    By which exemption, or for want of which knowledge.
    """
    rules = house(a_policy(exempt=[{"owner": "root@ROOT", "reason": "operations"}]))
    fleet = [a_session("root", user="root", environment="ROOT"), a_session("odd", state="napping")]

    book.record(a_pass(fleet, rules=rules))

    kept = {
        session: json.loads(found)
        for session, found in book.rows("decisions", "session_id", "evidence")
    }
    assert kept["root"]["exemption"] == {"owner": "root@ROOT", "reason": "operations"}
    assert "napping" in kept["odd"]["unknowns"][0]


def test_a_session_that_is_gone_is_forgotten_by_a_complete_look(book: Book) -> None:
    """What a trustworthy list no longer shows stands no longer; its decision stays on record."""
    book.record(
        a_pass(
            [a_session("stays"), a_session("goes")],
            learnt=[active("goes", NOW), active("stays", NOW)],
        )
    )

    book.record(a_pass([a_session("stays")]))

    assert book.rows("current_verdicts", "session_id") == ["stays"]
    assert book.rows("activity", "session_id") == ["stays"]
    assert book.rows("decisions", "session_id") == ["goes", "stays"]


def test_an_incomplete_look_forgets_nothing(book: Book) -> None:
    """A list with a doubt says nothing of what it does not show."""
    book.record(a_pass([a_session("a"), a_session("b")], learnt=[active("b", NOW)]))
    before = book.counts()

    book.record(a_pass([a_session("a")], doubts=("webui: the list broke off",)))

    assert book.counts() == {**before, "runs": 2, "leaves": 2}


def test_an_incomplete_look_still_records_what_it_saw(book: Book) -> None:
    """A doubt ends nothing and forgets nothing; what was seen is recorded all the same."""
    book.record(a_pass([young("a")]))

    book.record(a_pass([a_session("a")], doubts=("task: not listed",)))

    assert book.rows("decisions", "session_id", "ruling") == [("a", "compliant"), ("a", "offender")]


def test_a_policy_that_no_longer_judges_stands_no_longer(book: Book) -> None:
    """When a policy is taken away, so are its standing decisions.

    Should it return, it decides anew.
    """
    both = house(a_policy(), a_policy({"age": "20h"}, name="older"))
    book.record(a_pass([a_session()], rules=both))

    book.record(a_pass([a_session()]))

    assert book.rows("current_verdicts", "policy") == ["old"]


def test_accounts_do_not_mix(book: Book) -> None:
    """Two accounts may have sessions of the same id; neither's pass touches the other's."""
    book.record(a_pass([a_session()], learnt=[active("s1", NOW)], account="acme"))

    book.record(a_pass([], account="other"))

    assert book.rows("current_verdicts", "account") == ["acme"]
    assert set(book.ledger.recall("acme").activity) == {"s1"}
    assert book.ledger.recall("other").activity == {}


def test_a_known_activity_comes_back_as_it_was_learnt(book: Book) -> None:
    """Time, moment of learning and source survive, to the microsecond and in UTC."""
    learnt = active("s1", NOW - timedelta(hours=3, microseconds=1))

    book.record(a_pass([a_session()], rules=IDLE, learnt=[learnt]))

    assert book.ledger.recall("acme").activity == {"s1": learnt}


def test_a_changed_activity_replaces_the_known_one(book: Book) -> None:
    """A session has one last activity: the one learnt last."""
    book.record(a_pass([a_session()], learnt=[active("s1", NOW - 3 * HOUR)]))

    book.record(a_pass([a_session()], learnt=[active("s1", NOW - HOUR, "log line 9")]))

    assert book.ledger.recall("acme").activity == {"s1": active("s1", NOW - HOUR, "log line 9")}


def test_an_activity_that_could_not_be_learnt_is_not_kept_and_costs_none(book: Book) -> None:
    """A log that cannot be read leaves what was known before as it was."""
    book.record(a_pass([a_session()], learnt=[active("s1", NOW - HOUR)]))

    book.record(
        a_pass([a_session(), a_session("s2")], learnt=[active("s1", None), active("s2", None)])
    )

    assert book.ledger.recall("acme").activity == {"s1": active("s1", NOW - HOUR)}


def test_a_run_says_what_it_saw(book: Book) -> None:
    """Counts, doubts, who ran it and with what version."""
    fleet = [a_session("old"), young("new"), a_session("odd", state="napping")]
    seen = a_pass(
        fleet, doubts=("webui: one page missing",), unreadable=(Unreadable("webui", None, "no id"),)
    )

    book.record(seen, enforcing=False)

    (run,) = list_runs(book.database)
    assert (run.account, run.started_at, run.actor, run.version) == ("acme", NOW, ACTOR, "1.2.3")
    assert (run.sessions, run.compliant, run.offenders, run.exempt, run.undetermined) == (
        3,
        1,
        1,
        0,
        1,
    )
    assert (run.enforcing, run.complete, run.doubts) == (False, False, ["webui: one page missing"])
    (unreadable,) = book.rows("runs", "unreadable")
    assert (json.loads(unreadable) if isinstance(unreadable, str) else unreadable) == [
        ["webui", None, "no id"]
    ]


def test_a_pass_that_could_read_nothing_is_on_record(book: Book) -> None:
    """An account that does not answer leaves a run with its doubt, finished at once."""
    book.record(a_pass(doubts=("acme: no answer",)))

    (run,) = list_runs(book.database)
    assert (run.doubts, run.sessions, run.finished_at) == (["acme: no answer"], 0, NOW)


@pytest.mark.parametrize(
    "text", ["Ömer 🚢", "50%", "%(name)s", "a:b ?", "'; DROP TABLE runs; --", "line\nbreak"]
)
def test_text_is_kept_as_it_came(book: Book, text: str) -> None:
    """Names from outside are values, never part of a statement."""
    book.record(a_pass([a_session(app=text, user=text)]), Result.FAILED)

    assert book.rows("decisions", "app", "owner") == [(text, f"{text}@Planning")]
    assert book.rows("steps", "app", "owner") == [(text, f"{text}@Planning")]
