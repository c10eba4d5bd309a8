"""Limits abort: one above, and nothing at all is ended; at the limit, everything is."""

from __future__ import annotations

from typing import Any

import pytest
from support.safety_cli import POLICIES, Cli, Desk, ended
from support.safety_house import GENEROUS, IDLE, OLD, House, Open, fleet, idle, ids, rules

from reaper.core.language.limits import Limits
from reaper.run.pipeline import Report

BOTH = [
    {**IDLE, "select": {"kind": "webui", "owner": "*@Planning"}},
    {**OLD, "select": {"owner": "*@Supply"}},
]


def but(**limits: Any) -> Limits:  # noqa: ANN401 - any limit
    """Generous limits but for these."""
    return Limits.model_validate({**GENEROUS.model_dump(exclude_none=True), **limits})


def halts(house: House, report: Report) -> bool:
    """Whether the run ended nothing at all and says so in its outcomes and in the record."""
    # a number
    (told,) = house.rows(f"SELECT halted FROM runs WHERE id = {report.run_id}")  # noqa: S608
    assert (told == ("[]",)) is (not report.plan.halted)
    assert all(o.result == "withheld" for o in report.outcomes.values()) is bool(report.plan.halted)
    return bool(report.plan.halted) and house.endings() == []


FIRING = [
    (
        "policy count",
        {"policy": {"sessions": 4}},
        (5, 50),
        "policy idle would end 5 sessions, and at most 4 are",
    ),
    (
        "policy percent",
        {"policy": {"percent": 10}},
        (5, 40),
        "policy idle would end 5 of 40 running sessions, and",
    ),
    (
        "run count",
        {"run": {"sessions": 4}},
        (5, 50),
        "this run would end 5 sessions, and at most 4 are allowed",
    ),
    (
        "run percent",
        {"run": {"percent": 10}},
        (5, 40),
        "this run would end 5 of 40 running sessions, and at most 4",
    ),
    (
        "hour count",
        {"hour": {"sessions": 4}},
        (5, 50),
        "within the hour this would make 5 sessions, and at most 4",
    ),
    (
        "hour percent",
        {"hour": {"percent": 10}},
        (5, 40),
        "within the hour this would make 5 of 40 running",
    ),
]


@pytest.mark.parametrize(
    ("limit", "size", "said"), [f[1:] for f in FIRING], ids=[f[0] for f in FIRING]
)
def test_a_limit_fires(
    house: Open, limit: dict[str, Any], size: tuple[int, int], said: str
) -> None:
    """One session above a limit.

    None is ended, and the run is recorded as halted with the figures.
    """
    home = house(*fleet(*size))
    report = home.pass_once(rules(IDLE), limits=but(**limit))
    assert halts(home, report)
    assert report.plan.halted[0].startswith(said)


@pytest.mark.parametrize(("limit", "size"), [f[1:3] for f in FIRING], ids=[f[0] for f in FIRING])
def test_a_limit_does_not_fire_one_below(
    house: Open, limit: dict[str, Any], size: tuple[int, int]
) -> None:
    """At a limit every offender is ended."""
    home = house(*(specs := fleet(size[0] - 1, size[1])))
    report = home.pass_once(rules(IDLE), limits=but(**limit))
    assert not halts(home, report)
    assert sorted(home.ended()) == ids(specs)


@pytest.mark.parametrize(("offenders", "fires"), [(3, True), (2, False)])
def test_a_policys_own_limit_stands_in_for_the_usual_one(
    house: Open, offenders: int, fires: bool
) -> None:
    """`limits` in a policy counts its own sessions only, and halts the other policies' steps as
    well.
    """
    home = house(*fleet(offenders, 40))
    report = home.pass_once(
        rules({**BOTH[0], "limits": {"sessions": 2}}, BOTH[1]), limits=but(policy={"sessions": 100})
    )
    assert halts(home, report) is fires
    assert len(home.ended()) == (0 if fires else 40)


@pytest.mark.parametrize(("limit", "offenders"), [("policy", 11), ("run", 11), ("hour", 31)])
def test_limits_are_on_by_default(house: Open, limit: str, offenders: int) -> None:
    """10 sessions a run and policy, 30 an hour, without a word about them."""
    home = house(*fleet(offenders, 200))
    others = {name: {"sessions": 1000} for name in ("run", "hour", "policy") if name != limit}
    assert halts(home, home.pass_once(rules(IDLE), limits=Limits.model_validate(others)))


def test_a_fifth_of_the_fleet_is_the_default_share(house: Open) -> None:
    """6 of 29 are more than 20 percent."""
    home = house(*fleet(6, 29))
    assert halts(home, home.pass_once(rules(IDLE)))


@pytest.mark.parametrize(("offenders", "fires"), [(3, False), (4, True)])
def test_a_small_fleet_has_a_floor(house: Open, offenders: int, fires: bool) -> None:
    """20 percent of 4 sessions are none, but three may be ended all the same."""
    home = house(*fleet(offenders, 4))
    assert halts(home, home.pass_once(rules(IDLE))) is fires


@pytest.mark.parametrize("name", ["run", "hour", "policy"])
@pytest.mark.parametrize("how", ["sessions", "percent"])
def test_zero_means_zero(house: Open, name: str, how: str) -> None:
    """A limit of 0 halts a single session, and the floor of small fleets does not lift it."""
    home = house(*fleet(1, 3))
    assert halts(home, home.pass_once(rules(IDLE), limits=but(**{name: {how: 0}})))


def test_percent_are_of_the_whole_running_fleet(house: Open) -> None:
    """A policy that selects a few owners may still end a share of all that runs.

    Tasks count, the queue does not.
    """
    tasks = [{"id": f"t{n}", "kind": "task", "owner": "svc@Supply", "age": "1h"} for n in range(20)]
    waiting = [{**one, "id": f"q{n}", "state": "queued"} for n, one in enumerate(tasks)]
    home = house(*fleet(5, 5), *tasks, *waiting)
    few = rules({**IDLE, "select": {"kind": "webui", "owner": "idle*@Planning"}})
    assert halts(home, home.pass_once(few, limits=but(run={"percent": 16})))
    assert "5 of 25 running sessions" in home.rows("SELECT halted FROM runs")[0][0]


def test_the_hour_rolls_over_policies_and_runs(house: Open, database: Any) -> None:  # noqa: ANN401
    """What other policies and runs ended within an hour counts.

    What is older than that does not.
    """
    home, limits = house(*fleet(3, 40)), but(hour={"sessions": 4})
    other = rules({**OLD, "name": "other", "terminate_when": {"idle": "2h"}})
    assert set(home.outcomes(rules(IDLE), limits=limits).values()) == {"terminated"}
    home.later(minutes=30)
    for name in ("late1", "late2"):
        home.world.add_session(**idle(name, f"{name}@Planning"))
    home.limits = limits
    assert home.outcomes(other, actor="ben@replica") == {"late1": "withheld", "late2": "withheld"}
    home.later(minutes=31)
    _acknowledge(home, database)
    assert set(home.outcomes(other).values()) == {"terminated"}
    assert len(home.ended()) == 5


def _acknowledge(home: House, database: Any) -> None:  # noqa: ANN401
    from reaper.store import acknowledge  # noqa: PLC0415 - one test's need

    ((run,),) = home.rows("SELECT max(id) FROM runs WHERE latched")
    acknowledge(database, run, at=home.clock.now(), by="anna", reason="")


def test_an_interrupted_and_forced_task_counts_once_in_the_hour(house: Open) -> None:
    """The three steps of one task make one session of the hour's limit."""
    tasks = {
        "name": "tasks",
        "mode": "enforce",
        "select": {"kind": "task"},
        "terminate_when": {"age": "8h"},
    }
    home = house(
        {"id": "t", "kind": "task", "owner": "svc@Supply", "age": "9h", "solving": True},
        faults="stubborn:1",
    )
    for _ in range(3):
        assert not home.pass_once(rules(tasks), limits=but(hour={"sessions": 1})).plan.halted
        home.later(minutes=3)
    assert [what for what, _ in home.endings()] == [
        "interrupt-solve",
        "interrupt-execution",
        "terminate",
    ]


def test_a_halted_run_latches_the_account_until_a_person_acknowledges_it(
    reaper: Cli, desk: Desk
) -> None:
    """`reaper run` exits 5, then withholds everything, also what is under the limits, until `reaper
    acknowledge`.
    """
    desk.settings["limits"] = {"run": {"sessions": 1}}
    account = desk.acme(
        idle("s1", "anna@Planning"),
        idle("s2", "ben@Planning"),
        idle("s3", "eva@Planning", idle="1m"),
    )
    first = reaper("run", "--enforce", "-o", "json")
    account.world.end("s2")
    second = reaper("run", "--enforce", "-o", "json")
    assert (first.code, second.code, ended(account)) == (5, 0, [])
    (held,) = second.json["runs"][0]["steps"]
    assert (held["session"], held["outcome"]) == ("s1", "withheld")
    assert reaper("acknowledge", "1", "--by", "eva", "--reason", "a holiday").code == 0
    third = reaper("run", "--enforce", "-o", "json")
    assert (third.code, ended(account)) == (0, ["s1"])


@pytest.mark.usefixtures("desk")
def test_an_acknowledged_plan_that_is_still_over_a_limit_halts_again(
    reaper: Cli, desk: Desk
) -> None:
    """To acknowledge lifts the latch, not the limit."""
    desk.settings["limits"] = {"run": {"sessions": 1}}
    account = desk.acme(idle("s1", "anna@Planning"), idle("s2", "ben@Planning"))
    codes = [
        reaper("run", "--enforce").code,
        reaper("acknowledge", "1").code,
        reaper("run", "--enforce").code,
    ]
    assert (codes, ended(account)) == ([5, 0, 5], [])
    assert reaper("acknowledge", "1").code == 2
    assert reaper("acknowledge", "2").code == 0


def test_a_dry_run_over_a_limit_says_halted_and_does_not_latch(reaper: Cli, desk: Desk) -> None:
    """The dry run exits 5 as the enforcing one would, and leaves nothing to acknowledge."""
    desk.settings["limits"] = {"run": {"sessions": 1}}
    account = desk.acme(idle("s1", "anna@Planning"), idle("s2", "ben@Planning"))
    assert reaper("run").code == 5
    assert reaper("acknowledge", "1").code == 2
    account.world.end("s2")
    assert (reaper("run", "--enforce").code, ended(account)) == (0, ["s1"])


def test_a_halt_holds_one_account_only(reaper: Cli, desk: Desk) -> None:
    """Another account's sessions are ended in the same run, and the exit code is 5."""
    desk.settings["limits"] = {"run": {"sessions": 1}}
    over, under = desk.account(idle("s1"), idle("s2")), desk.account(idle("s3"))
    desk.write(POLICIES, over=over, under=under)
    assert reaper("run", "--enforce").code == 5
    assert (ended(over), ended(under)) == ([], ["s3"])
