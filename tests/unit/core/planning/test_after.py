"""How long somebody must have been an offender, to the run and to the second."""

from datetime import timedelta

import pytest
from support.core_builders import NOW, SECOND, UNLIMITED, a_policy, a_session, ago, house, verdicts

from reaper.core.language.after import After
from reaper.core.language.policy import Policy
from reaper.core.planning.memory import Memory, Streak
from reaper.core.planning.plan import Plan, build_plan
from reaper.core.planning.waiting import Wait
from reaper.core.planning.waiting import missing as still_missing

S = a_session()


def after(**said: object) -> After:
    return After.model_validate(said)


ALMOST = Wait("an offender for 14m 59s of 15m", NOW + SECOND)


@pytest.mark.parametrize(
    ("said", "streak", "missing"),
    [
        (after(observations=1), None, None),
        (after(observations=2), None, Wait("an offender in 1 of 2 consecutive runs")),
        (after(observations=2), Streak("h", NOW, 1), None),
        (after(observations=3), Streak("h", NOW, 1), Wait("an offender in 2 of 3 consecutive runs")),
        (after(**{"for": "15m"}), None, Wait("an offender for 0s of 15m", NOW + timedelta(minutes=15))),
        (after(**{"for": "15m"}), Streak("h", ago("15m"), 1), None),
        (after(**{"for": "15m"}), Streak("h", ago("15m") + SECOND, 9), ALMOST),
        (after(observations=2, **{"for": "15m"}), Streak("h", ago("15m"), 1), None),
    ],
)  # fmt: skip
def test_what_is_missing(said: After, streak: Streak | None, missing: Wait | None) -> None:
    """This run counts, and the time begins with the first run of those on end."""
    assert still_missing(said, streak, NOW) == missing


def plan(*policies: Policy, memory: Memory | None = None) -> Plan:
    return build_plan(verdicts(house(*policies), [S]), memory or Memory(), UNLIMITED, [S], NOW)


def notify(**more: object) -> Policy:
    return a_policy({"age": "1h"}, mode="notify", **more)


def test_who_is_told_of_and_who_is_not_yet() -> None:
    """A policy that tells waits like one that ends, and counts from the first run on end."""
    assert [c.verdict.session for c in plan(notify()).to_tell] == [S]
    patient = notify(after={"for": "15m"})
    waiting = plan(patient)
    assert (waiting.to_tell, [w.session for w in waiting.waiting]) == ((), [S])
    memory = Memory(streaks={(S.id, "p"): Streak(patient.hash, ago("20m"), 2)})
    (told,) = plan(patient, memory=memory).to_tell
    assert (told.since, told.verdict.policy) == (ago("20m"), patient)


def test_a_policy_that_was_rewritten_begins_anew() -> None:
    """What was counted for another text counts for nothing."""
    patient = a_policy({"age": "1h"}, after={"for": "15m"})
    memory = Memory(streaks={(S.id, "p"): Streak("another text", ago("20m"), 2)})
    (waiting,) = plan(patient, memory=memory).waiting
    assert waiting.due == NOW + timedelta(minutes=15)


def test_of_several_that_wait_the_first_to_come_is_told() -> None:
    """One of which nobody can tell when comes last."""
    slow, quick = (
        a_policy({"age": "1h"}, name=n, after={"for": t})
        for n, t in (("slow", "9h"), ("quick", "5m"))
    )
    never = a_policy({"age": "1h"}, name="never", after={"observations": 9})
    (waiting,) = plan(never, slow, quick).waiting
    assert (waiting.session, waiting.policy, waiting.due) == (
        S,
        "quick",
        NOW + timedelta(minutes=5),
    )


def test_one_policy_that_waits_holds_up_no_other() -> None:
    """The step is asked for by those whose time has come."""
    waits = a_policy({"age": "1h"}, name="waits", after={"for": "9h"})
    (step,) = plan(waits, a_policy({"age": "1h"}, name="now")).steps
    assert step.policies == {"now"}
