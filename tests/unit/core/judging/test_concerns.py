"""When a look that concluded nothing needs a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from support.core_builders import NOW, a_policy, a_session, active, ago, by_id, house, verdicts

from reaper.core.judging.concerns import Check, concerns
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session, Snapshot, Unreadable

IDLE = a_policy({"idle": "2h"}, name="idle")
HEAVY = a_policy({"gb_hours": 5}, {"kind": "task"}, name="heavy")


def a_look(
    rules: PolicySet, sessions: Iterable[Session], learnt: Iterable[Activity] = ()
) -> Observation:
    snapshot, known = Snapshot("acme", tuple(sessions)), by_id(*learnt)
    found = verdicts(rules, snapshot.sessions, known)
    return Observation("acme", NOW, snapshot, rules, found, known, known)


def reasons(look: Observation, *, enforcing: bool = True) -> list[str]:
    return [one.reason for one in concerns(look, enforcing=enforcing)]


@pytest.mark.parametrize(
    ("silent", "read", "told"), [(2, 0, False), (3, 0, True), (3, 3, False), (4, 3, True)]
)
def test_most_of_several_logs_that_tell_nothing(silent: int, read: int, *, told: bool) -> None:
    """At least three, and more than half of those that were read; the young, whose log nobody
    needs, do not water it down.
    """
    broken = [a_session(f"b{n}") for n in range(silent)]
    well = [a_session(f"w{n}") for n in range(read)]
    young = [a_session(f"y{n}", created_at=ago("1h")) for n in range(50)]
    learnt = [*(active(s, None) for s in broken), *(active(s, ago("1m")) for s in well)]
    found = reasons(a_look(house(IDLE), [*broken, *well, *young], learnt))
    share = f"{silent} of {silent + read} sessions"
    line = f"policy idle left {share} undetermined, for example: idle 2h: unknown, its log could"
    assert found == ([f"{line} not be read"] if told else [])


def test_each_policy_has_its_own_sessions() -> None:
    """Three tasks of which nobody knows what they used are few among all, but all of theirs."""
    tasks = [a_session(f"t{n}", kind="task") for n in range(3)]
    tabs = [a_session(f"w{n}") for n in range(50)]
    look = a_look(house(IDLE, HEAVY), [*tasks, *tabs], [active(s, ago("1m")) for s in tabs])
    (reason,) = reasons(look)
    assert reason.startswith("policy heavy left 3 of 3 sessions undetermined")


def test_the_exempt_are_nobodys_trouble() -> None:
    """What would be left alone anyway does not count."""
    protect = [{"owner": "anna@*", "reason": "operations"}]
    sessions = [a_session(f"b{n}") for n in range(9)]
    look = a_look(house(IDLE, protect=protect), sessions, [active(s, None) for s in sessions])
    assert reasons(look) == []


def test_list_entries_that_nobody_can_read() -> None:
    """A list of which most is garbage shows a fleet of nobody."""
    look = a_look(house(IDLE), [a_session(created_at=ago("1h"))])
    garbage = tuple(Unreadable("webui", None, f"no usable id ({n})") for n in range(3))
    bad = replace(look, snapshot=replace(look.snapshot, unreadable=garbage))
    assert reasons(bad) == ["3 of 4 list entries cannot be read, for example: no usable id (0)"]


def test_a_refused_key_is_told_once() -> None:
    """It is the cause of what is undetermined, which is not told besides."""
    sessions = [a_session(f"b{n}") for n in range(9)]
    look = a_look(house(IDLE), sessions, [active(s, None) for s in sessions])
    (concern,) = concerns(replace(look, key_refused="the key may not do this"), enforcing=True)
    assert concern == (Check.KEY, "the key may not do this")


def test_only_who_enforces_is_told_that_all_policies_observe() -> None:
    """A dry run tries them, and one that notifies does something."""
    observing = house(a_policy({"idle": "2h"}, name="idle", mode="observe"))
    telling = house(a_policy({"idle": "2h"}, name="idle", mode="notify"))
    assert reasons(a_look(observing, []), enforcing=False) == []
    assert reasons(a_look(telling, [])) == []
    assert len(reasons(a_look(observing, []))) == 1
