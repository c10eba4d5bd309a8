"""One pass, end to end: what is ended, what is left alone, and what the record says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from support.policies import IDLE, rules
from support.run_house import OLD, results

from reaper.core.planning.plan import Outcome, Result
from reaper.emulator import Faults

if TYPE_CHECKING:
    from support.run_house import Open

GONE = {"id": "gone", "idle": "3h"}
BUSY = {"id": "busy", "idle": "5m"}


@pytest.mark.parametrize("generation", [1, 2])
def test_it_ends_the_offenders_and_no_one_else(house: Open, generation: Literal[1, 2]) -> None:
    """Of an idle, a busy, an exempt and an unreadable session the idle one is ended, in both
    generations.
    """
    acme = house(
        GONE, BUSY, {"id": "root", "owner": "admin@ROOT", "idle": "4h"}, {"id": "mute", "log_entries": 0},
        generation=generation,
    )  # fmt: skip
    report = acme.once(rules(IDLE, protect=[{"owner": "admin@ROOT", "reason": "operations"}]))
    assert acme.ended() == ["gone"]
    assert results(report) == {"gone": "terminated"}
    assert acme.history(session="gone") == [
        "terminated",
        "intended",
        "offender",
    ]


def test_a_dry_run_reports_the_same_and_ends_nothing(house: Open) -> None:
    """A dry run's report equals the enforcing one's but for the outcomes, and it changes nothing
    there.
    """
    acme = house(GONE, {"id": "late", "idle": "2h"}, BUSY)
    dry = acme.once(rules(IDLE), enforce=False)
    assert acme.ended() == []
    assert acme.requests("PATCH") == acme.requests("DELETE") == 0
    wet = acme.once(rules(IDLE))
    assert [(s.session.id, s.policy, s.action) for s in dry.plan.steps] == [
        (s.session.id, s.policy, s.action) for s in wet.plan.steps
    ]
    assert set(results(dry).values()) == {"withheld"}
    assert sorted(acme.ended()) == ["gone", "late"]


def test_an_observing_policy_ends_nothing(house: Open) -> None:
    """An offender of a policy in mode observe is told and left alone, whatever the command line
    says.
    """
    acme = house(GONE)
    report = acme.once(rules({**IDLE, "mode": "observe"}))
    assert (len(report.plan.observed), report.plan.steps, acme.ended()) == (1, (), [])


def test_an_unchanged_fleet_costs_its_lists_and_one_row(house: Open) -> None:
    """A second pass over a quiet fleet probes nobody and decides nothing."""
    acme = house(*[{**BUSY, "id": f"busy{n}"} for n in range(5)])
    first = acme.once(rules(IDLE))
    before = len(acme.history(everything=True))
    second = acme.once(rules(IDLE))
    assert (len(first.observation.learnt), len(second.observation.learnt)) == (5, 0)
    assert len(acme.history(everything=True)) == before


def test_only_sessions_that_a_look_can_decide_are_probed(house: Open) -> None:
    """The exempt, the young, and those that another rule convicts are not asked for their log."""
    acme = house(
        GONE,
        {"id": "young", "age": "1h"},
        {"id": "root", "owner": "admin@ROOT"},
        {"id": "old", "age": "2d"},
    )
    rule = {**IDLE, "terminate_when": {"any": [{"idle": "2h"}, {"age": "1d"}]}}
    report = acme.once(
        rules(rule, protect=[{"owner": "admin@ROOT", "reason": "ops"}]), enforce=False
    )
    assert set(report.observation.learnt) == {"gone"}


def test_a_session_that_waits_for_its_task_is_active(house: Open) -> None:
    """A silent WebUI session whose owner has a task running for the same app is left alone."""
    acme = house(GONE, {"id": "task", "kind": "task", "age": "3h"})
    acme.once(rules(IDLE))
    assert acme.ended() == []


@pytest.mark.parametrize("what", ["touched", "ended", "solving"])
def test_a_plan_goes_stale(house: Open, what: str) -> None:
    """What changed between the plan and its turn is seen by the second look, and the session is not
    ended.
    """
    acme = house(GONE)
    world = acme.emulator.world
    id_ = world.sessions[0].id
    changes: dict[str, Callable[[], object]] = {
        "touched": lambda: world.touch(id_),
        "ended": lambda: world.end(id_),
        "solving": lambda: world.add_session(
            kind="solve", owner="anna@Planning", age="1s", name="solve"
        ),
    }
    acme.before_step = changes[what]
    report = acme.once(rules(IDLE))
    assert world.terminated == []
    assert report.outcomes[id_].result is (
        Result.ALREADY_GONE if what == "ended" else Result.NO_LONGER_DUE
    )


def test_a_policy_file_changed_meanwhile_holds_at_once(house: Open) -> None:
    """An exemption that is added while the run is under way saves the session."""
    acme = house(GONE)
    acme.reread = lambda: rules(IDLE, protect=[{"owner": "anna@*", "reason": "just now"}])
    assert results(acme.once(rules(IDLE))) == {"gone": "no-longer-due"}
    acme.reread = lambda: rules({**IDLE, "terminate_when": {"idle": "1h"}})
    assert results(acme.once(rules(IDLE))) == {"gone": "no-longer-due"}
    assert acme.ended() == []


def test_a_termination_that_failed_but_worked(house: Open) -> None:
    """An answer of 500 is no outcome: the session is read, and seen terminated."""
    acme = house(GONE)
    acme.emulator.world.faults = Faults.parse("lost:1")
    assert results(acme.once(rules(IDLE))) == {"gone": "terminated"}


def test_a_termination_that_was_accepted_and_not_done(house: Open) -> None:
    """An answer of 200 is no outcome either.

    The next run settles it by looking, and may ask again.
    """
    acme = house(GONE)
    acme.emulator.world.faults = Faults.parse("deaf:1")
    report = acme.once(rules(IDLE))
    assert (results(report), report.failed) == ({"gone": "unconfirmed"}, True)
    acme.emulator.world.faults = Faults()
    again = acme.once(rules(IDLE))
    assert [outcome.result.value for _, outcome in again.settled] == ["failed"]
    assert results(again) == {"gone": "terminated"}


def test_a_crash_after_the_intent_is_settled_by_looking(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that broke off leaves an unsettled step.

    The next one looks, and claims no more than it sees.
    """
    acme = house(GONE)

    def die(*_: object) -> Outcome:
        acme.emulator.world.end(acme.emulator.world.sessions[0].id)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("reaper.run.enforce.Terminator.enforce", die)
        with pytest.raises(KeyboardInterrupt):
            acme.once(rules(IDLE))
    (settled,) = acme.once(rules(IDLE)).settled
    assert settled[1].result is Result.ALREADY_GONE
    assert "broke off" in settled[1].detail
    assert acme.history(outcome="already-gone") == ["already-gone"]


def test_a_forced_task_is_done_when_it_is_seen_to_be(house: Open) -> None:
    """A forced task is unreachable and listed as running for a while.

    It is watched until it shows failed.
    """
    acme = house({"id": "task", "kind": "task", "age": "2d"}, force_lag="20s")
    report = acme.once(rules({**OLD, "steps": ["terminate"]}))
    assert results(report) == {"task": "terminated"}
    assert acme.history()[:3] == ["terminated", "unconfirmed", "intended"]


def test_a_dead_server_in_the_middle(house: Open) -> None:
    """When the account dies in the middle, the history tells what was seen to end and claims
    nothing else.
    """
    acme = house(GONE, {"id": "next", "idle": "4h"}, {"id": "last", "idle": "4h"})
    turns = iter(range(9))
    acme.before_step = lambda: (
        acme.emulator.__exit__(None, None, None) if next(turns) == 1 else None
    )
    report = acme.once(rules(IDLE))
    assert sorted(outcome.result.value for outcome in report.outcomes.values()) == [
        "failed",
        "failed",
        "terminated",
    ]
    assert len(acme.ended()) == 1
    assert report.failed
    acme.emulator.__enter__()  # to be closed with the house


def test_a_stop_settles_the_step_under_way_and_leaves_the_rest(house: Open) -> None:
    """After a stop request the steps that were not begun stay planned and untouched."""
    acme = house(GONE, {"id": "next", "idle": "4h"})
    turns = iter(range(9))
    acme.before_step = lambda: acme.stop.set() if next(turns) == 1 else None
    report = acme.once(rules(IDLE))
    assert (len(report.outcomes), len(acme.ended())) == (1, 1)
    assert acme.history(outcome="planned") == ["planned"]


def test_a_list_that_moves_is_not_acted_upon(house: Open) -> None:
    """A list that could not be read completely is observed only, and the run says why."""
    acme = house(*[{**GONE, "id": f"gone{n}"} for n in range(8)], page_cap=3)
    world = acme.emulator.world

    def one_goes_and_one_comes() -> None:
        world.end(next(s.id for s in world.sessions if s.state == "Running"))
        world.add_session(owner="anna@Planning", age="1s", name="new")

    world.between_pages = one_goes_and_one_comes
    report = acme.once(rules(IDLE))
    assert not report.observation.complete
    assert (report.plan.steps, acme.ended()) == ((), [])


def test_waiting_keeps_the_time(house: Open) -> None:
    """Pacing waits on the clock: two terminations are at least the gap apart."""
    acme = house(GONE, {"id": "next", "idle": "4h"})
    acme.per_minute = 2
    acme.once(rules(IDLE))
    (_, first), (_, second) = acme.emulator.world.terminated
    assert second - first >= timedelta(seconds=30)
