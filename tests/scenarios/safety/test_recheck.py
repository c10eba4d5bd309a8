"""A plan goes stale.

Each step is judged again right before it is taken, by the policies as they stand then.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.safety_house import IDLE, OLD, TASKS, House, Open, idle, refusal, rules, task

from reaper.config.policies.load import PolicyReader, load_policies
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.store import grant

HOUSE = rules(IDLE)
TODAY = date(2026, 11, 23)
FILE = """\
policies:
  - name: idle
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
"""
EXEMPT = FILE + "    exempt: [{owner: ben@Planning, reason: on the phone}]\n"
PROTECT = "protect: [{owner: ben@Planning, reason: on the phone}]\n" + FILE


def reader(folder: Path) -> tuple[PolicySet, PolicyReader]:
    folder.mkdir(exist_ok=True)
    (folder / "all.yaml").write_text(FILE, "utf-8")
    loaded = load_policies(folder, TODAY)
    return loaded.policies, PolicyReader(folder, lambda: TODAY)


CHANGES = {
    "exempt in the policy": ("all.yaml", EXEMPT, "no-longer-due"),
    "protect in the file": ("all.yaml", PROTECT, "no-longer-due"),
    "protect in a new file": ("b.yaml", PROTECT.partition("policies")[0], "no-longer-due"),
    "another threshold": ("all.yaml", FILE.replace("2h", "12h"), "no-longer-due"),
    "observe": ("all.yaml", FILE.replace("enforce", "observe"), "no-longer-due"),
    "another policy": ("all.yaml", FILE.replace("name: idle", "name: other"), "no-longer-due"),
    "a mistake": ("all.yaml", FILE.replace("idle: 2h", "idel: 2h"), "withheld"),
}


@pytest.mark.parametrize(("file", "text", "outcome"), list(CHANGES.values()), ids=list(CHANGES))
def test_what_is_written_during_the_run_holds_at_once(
    house: Open, tmp_path: Path, file: str, text: str, outcome: str
) -> None:
    """The first session is ended; what is written then keeps the second from being ended."""
    home = house(idle("a", "anna@Planning"), idle("b", "ben@Planning"))
    policies, reread = reader(tmp_path / "policies")
    home.upon("terminate", lambda _: (tmp_path / "policies" / file).write_text(text, "utf-8"))
    assert home.outcomes(policies, reread=reread) == {"a": "terminated", "b": outcome}
    assert home.ended() == ["a"]


def test_an_exemption_of_the_same_size_and_time_holds_at_once(house: Open, tmp_path: Path) -> None:
    """Written in place of one as long, in a file that keeps its time, it is seen all the same."""
    home = house(idle("a", "anna@Planning"), idle("b", "ben@Planning"))
    file = tmp_path / "all.yaml"
    file.write_text(PROTECT.replace("ben@", "eva@"), "utf-8")
    loaded = load_policies(tmp_path, TODAY)
    reread = PolicyReader(tmp_path, lambda: TODAY)

    def exempt(_: object) -> None:
        before = file.stat()
        file.write_text(PROTECT, "utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert file.stat().st_size == before.st_size

    home.upon("terminate", exempt)
    assert home.outcomes(loaded.policies, reread=reread) == {
        "a": "terminated",
        "b": "no-longer-due",
    }


def test_an_exemption_given_by_hand_during_the_run_holds_at_once(house: Open) -> None:
    """The first session is ended.

    The second is exempted then, by anybody with the same database, and stays.
    """
    home = house(idle("a", "anna@Planning"), idle("b", "ben@Planning"))
    given = ManualExemption.model_validate(
        {"owner": "ben@*", "reason": "a call", "by": "eva", "at": home.clock.now()}
    )
    home.upon("terminate", lambda _: grant(home.database, given))
    report = home.pass_once(HOUSE)
    assert {id_: (o.result.value, o.detail) for id_, o in report.outcomes.items()}["b"] == (
        "no-longer-due",
        "exempt: #1 by eva: a call",
    )
    assert home.ended() == ["a"]


def test_policies_that_are_gone_end_nothing(house: Open, tmp_path: Path) -> None:
    """A policy folder that vanishes during the run withholds the rest."""
    home = house(idle("a", "anna@Planning"), idle("b", "ben@Planning"))
    policies, reread = reader(tmp_path / "policies")
    home.upon("terminate", lambda _: (tmp_path / "policies/all.yaml").unlink())
    assert home.outcomes(policies, reread=reread) == {"a": "terminated", "b": "withheld"}


@pytest.mark.parametrize("generation", [1, 2])
def test_a_session_that_comes_to_life_is_not_ended(house: Open, generation: int) -> None:
    """Its owner does something between the look and its turn."""
    home = house(idle(), generation=generation)
    home.upon("read", lambda _: home.world.touch("anna"))
    assert home.outcomes(HOUSE) == {"anna": "no-longer-due"}
    assert home.endings() == []


def test_a_session_whose_owner_began_a_solve_is_not_ended(house: Open) -> None:
    """A person who waits for a result is not gone."""
    home = house(idle())
    solve = {"kind": "solve", "owner": "anna@Planning", "age": "0s"}
    home.upon("read", lambda _: home.world.add_session(**solve))
    assert home.outcomes(HOUSE) == {"anna": "no-longer-due"}


@pytest.mark.parametrize("what", ["read", "log"])
def test_a_second_look_that_fails_asks_for_nothing(house: Open, what: str) -> None:
    """The session or its log cannot be read at its turn: it stays."""
    home = house(idle())
    home.upon(what, lambda _: refusal(400), nth=1 if what == "read" else 3)
    assert home.outcomes(HOUSE) in ({"anna": "failed"}, {"anna": "no-longer-due"})
    assert home.endings() == []


@pytest.mark.parametrize("how", ["end", "remove"])
def test_a_session_that_ended_by_itself_is_already_gone(house: Open, how: str) -> None:
    """Nothing is asked of the server for a session that is over or unknown at its turn."""
    home = house(idle())
    gone = home.world.get("anna")
    home.upon("read", lambda _: home.world.end("anna") if how == "end" else home.world.remove(gone))
    assert (home.outcomes(HOUSE), home.endings()) == ({"anna": "already-gone"}, [])


def test_a_session_that_changed_its_owner_is_judged_as_it_is(house: Open) -> None:
    """An exemption of the owner it has now keeps it."""
    home = house(idle())
    session = home.world.get("anna")
    home.upon("read", lambda _: setattr(session, "user_name", "admin"))
    protected = rules(IDLE, protect=[{"owner": "admin@*", "reason": "operations"}])
    assert (home.outcomes(protected), home.endings()) == ({"anna": "no-longer-due"}, [])


def test_a_quota_is_counted_again(house: Open) -> None:
    """The owner closed another session meanwhile: the last one may stay."""
    quota = {**OLD, "terminate_when": {"owner_sessions": {"over": 1, "keep": "newest"}}}
    home = house(idle("first", age="9h"), idle("second", age="7h"))
    home.upon("list", lambda _: home.world.end("second"), nth=5)
    assert (home.outcomes(rules(quota)), home.endings()) == ({"first": "no-longer-due"}, [])


def test_a_look_that_took_longer_than_the_lease_is_too_old_to_act_upon(house: Open) -> None:
    """The machine hangs for ten minutes between the second look and the intent.

    Nothing is asked.
    """
    home = house(idle())
    home.upon("log", lambda _: home.later(minutes=10), nth=3)
    assert (home.outcomes(HOUSE), home.endings()) == ({"anna": "withheld"}, [])
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def patient(**after: Any) -> PolicySet:  # noqa: ANN401 - a policy's
    return rules({**IDLE, "after": after})


# what a pass takes
def planned(house: House, policies: PolicySet, **more: Any) -> int:  # noqa: ANN401
    house.later(minutes=5)
    return len(house.pass_once(policies, **more).plan.steps)


def test_an_offender_is_ended_in_its_third_run(house: Open) -> None:
    """`after: {observations: 3}` waits for three complete runs on end."""
    home = house(idle())
    assert [planned(home, patient(observations=3)) for _ in range(3)] == [0, 0, 1]
    assert home.ended() == ["anna"]


def test_an_offender_is_ended_after_a_quarter_of_an_hour(house: Open) -> None:
    """`after: {for: 15m}` counts from the run that first found it."""
    home = house(idle())
    assert [planned(home, patient(**{"for": "15m"})) for _ in range(4)] == [0, 0, 0, 1]


@pytest.mark.parametrize("after", [{"observations": 3}, {"for": "10m"}])
def test_a_look_in_which_it_is_compliant_starts_over(house: Open, after: dict[str, Any]) -> None:
    """Its owner came back for a moment: it must be an offender all anew."""
    home = house(idle(), generation=2)
    young = rules({**IDLE, "terminate_when": {"idle": "4m"}, "after": after})
    assert [planned(home, young) for _ in range(2)] == [0, 0]
    home.later(minutes=5)
    home.world.touch("anna")
    assert home.pass_once(young).plan.steps == ()
    assert [planned(home, young) for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize("after", [{"observations": 3}, {"for": "10m"}])
def test_a_changed_text_starts_over(house: Open, after: dict[str, Any]) -> None:
    """An offender by another text of the policy is one from that text's first run on."""
    home = house(idle())
    changed = rules({**IDLE, "terminate_when": {"idle": "3h"}, "after": after})
    assert [planned(home, patient(**after)) for _ in range(2)] == [0, 0]
    assert [planned(home, changed) for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize("fault", ["skew:+90s", "500:1"])
def test_an_incomplete_run_neither_counts_nor_breaks(house: Open, fault: str) -> None:
    """Two complete looks, two doubtful ones, and the third complete one ends it."""
    home, policies = house(idle()), patient(observations=3)
    assert [planned(home, policies) for _ in range(2)] == [0, 0]
    home.faulty(fault)
    assert [planned(home, policies) for _ in range(2)] == [0, 0]
    home.faulty("")
    assert planned(home, policies) == 1


def test_a_dry_run_counts_as_a_look(house: Open) -> None:
    """What a dry run saw was seen, and its steps were not taken."""
    home, policies = house(idle()), patient(observations=2)
    assert [planned(home, policies, enforce=False) for _ in range(2)] == [0, 1]
    assert home.endings() == []
    assert planned(home, policies) == 1


def test_a_task_is_looked_at_before_each_of_its_steps(house: Open) -> None:
    """An exemption written between two interrupts keeps the task."""
    home = house(task(), faults="stubborn:1")
    assert home.outcomes(rules(TASKS)) == {"task": "unconfirmed"}
    home.later(minutes=3)
    exempt = rules(TASKS, protect=[{"owner": "svc@*", "reason": "the month's close"}])
    assert (
        home.pass_once(rules(TASKS), reread=lambda: exempt).outcomes["task"].result
        == "no-longer-due"
    )
    assert [what for what, _ in home.endings()] == ["interrupt-solve"]


def test_a_solve_that_begins_after_another_step_keeps_its_owner(house: Open) -> None:
    """What was read for the first step is not taken for the second one, however soon that comes."""
    home = house(idle("a", "anna@Planning"), idle("b", "ben@Planning"))
    solve = {"kind": "solve", "owner": "ben@Planning", "age": "0s"}
    home.upon("terminate", lambda _: home.world.add_session(**solve))
    assert home.outcomes(HOUSE) == {"a": "terminated", "b": "no-longer-due"}


def test_another_session_with_the_same_id_is_not_the_planned_one(house: Open) -> None:
    """It was created at another time than the one that was judged."""
    home = house(idle("a", "anna@Planning"))

    def replaced(_: object) -> None:
        home.world.remove(home.world.get("a"))
        home.world.add_session(**idle("a", "anna@Planning", age="8h"))

    home.upon("read", replaced)
    assert (home.outcomes(HOUSE), home.endings()) == ({"a": "no-longer-due"}, [])
