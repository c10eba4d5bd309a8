"""Whose clock says what.

Machines that are wrong, servers that do not tell, and time that only seemed to pass.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.hostile_house import HEARTBEAT, IDLE, House, Open, quota, span
from support.hostile_server import Dates, date_off_by, date_saying, no_date, stamp, true_date
from support.hostile_wire import Answer, Request

NO_TELLING: dict[str, dict[str, Dates]] = {
    "no Date": {"*": no_date},
    "an empty Date": {"*": date_saying("")},
    "garbage": {"*": date_saying("the day before yesterday")},
    "a number": {"*": date_saying("1764072000")},
    "another calendar": {"*": date_saying("Mon, 31 Feb 2026 12:00:00 GMT")},
    "a year beyond all": {"*": date_saying("Mon, 23 Nov 99999 12:00:00 GMT")},
    "no Date on lists": {"list": no_date},
    "garbage on lists": {"list": date_saying("soon")},
}
"""The server does not tell what time it is where the reaper learns who is there."""

WRONG: dict[str, dict[str, Dates]] = {
    "true on lists, ours on logs": {"log": date_off_by(hours=3)},
    "ours on lists, true on logs": {"list": date_off_by(hours=3), "read": date_off_by(hours=3)},
    "ours on the last list alone": {},
    "true on the document alone": {"*": date_off_by(hours=3), "openapi": true_date},
    "true everywhere": {},
}
"""Some answers agree with a machine that is three hours fast, and some tell the truth."""


def ended_by(house: House, *policies: dict[str, Any]) -> set[str]:
    house.run(*policies)
    return set(house.server.ended)


@pytest.mark.parametrize("name", NO_TELLING)
def test_a_server_that_does_not_tell_the_time_is_only_observed(house: House, name: str) -> None:
    """Not told is a doubt: nobody is ended, and the run says why."""
    house.session("idle")
    house.server.switches.dates = NO_TELLING[name]
    run = house.run(IDLE)
    assert not run.complete
    assert any(
        "clock" in doubt or "Date" in doubt or "time" in doubt for doubt in run.report["doubts"]
    )


@pytest.mark.parametrize("name", [*NO_TELLING, *WRONG])
def test_a_machine_that_is_three_hours_fast_ends_nobody(house: House, name: str) -> None:
    """The session was active a minute ago, by its own clock.

    Whatever the Date headers say, it stays.
    """
    house.session("busy", idle="1m")
    house.clock.ahead = timedelta(hours=3)
    house.server.switches.dates = (NO_TELLING | WRONG)[name]
    if name == "ours on the last list alone":
        house.server.upon("list", lambda _: _throw(house, {"*": date_off_by(hours=3)}), nth=3)
    run = house.run(IDLE)
    assert not run.complete


def _throw(house: House, dates: dict[str, Dates]) -> None:
    house.server.switches.dates = dates


@pytest.mark.parametrize("off", ["3h", "2m"])
@pytest.mark.parametrize("what", ["list", "log"])
def test_the_worst_skew_of_a_look_counts(house: House, what: str, off: str) -> None:
    """One sort of answers tells another time than all others: a doubt, whichever came last."""
    house.session("idle")
    house.server.switches.dates = {what: date_off_by(seconds=span(off).total_seconds())}
    assert not house.run(IDLE).complete


def test_a_clock_that_goes_wrong_during_the_run_stops_it(house: House) -> None:
    """The look was in order; at the second look the server's time is hours away.

    Nothing is asked.
    """
    house.session("idle")
    house.server.upon("read", lambda _: _throw(house, {"*": date_off_by(hours=-3)}))
    assert house.run(IDLE).outcomes["idle"] not in {"terminated", "already-gone"}


IDLE_RULES: dict[str, dict[str, Any]] = {
    "idle": IDLE,
    "seats": {**IDLE, "terminate_when": {"seats": {"high": 1, "low": 0, "floor": "2h"}}},
    "any": {**IDLE, "terminate_when": {"any": [{"idle": "2h"}, {"idle": "4h"}]}},
    "not": {**IDLE, "terminate_when": {"not": {"not": {"idle": "2h"}}}},
    "task": {
        **IDLE,
        "select": {"kind": "task"},
        "terminate_when": {"idle": {"over": "2h", "kinds": ["task"]}},
    },
}


@pytest.mark.parametrize("name", IDLE_RULES)
def test_nobody_is_idle_for_longer_than_he_has_been_running(house: House, name: str) -> None:
    """Made five hours ago and last active then, but started again a minute ago.

    Not idle for two hours.
    """
    kind = "task" if name == "task" else "webui"
    for id_ in ("a", "b"):
        again = house.session(id_, f"{id_}@Planning", kind, age="6h", idle="5h")
        again.sent["started_at"] = stamp(house.ago("1m"))
    assert house.run(IDLE_RULES[name], enforce=False).planned == set()


@pytest.mark.parametrize("text", ["page left", HEARTBEAT])
def test_both_ways_of_learning_the_activity_know_one_truth(house: House, text: str) -> None:
    """Whether the log ends with a person's line or with heartbeats.

    Idle since it was started again.
    """
    house.may_end = {"long"}
    old = [(house.ago("8h"), text), (house.ago("5h"), text)]
    house.session("short", "ben@Supply", log=old, started_at=stamp(house.ago("1m")))
    house.session("long", "eva@Supply", log=old, started_at=stamp(house.ago("3h")))
    assert house.run(IDLE).planned == {"long"}


def test_of_an_owners_sessions_the_one_just_started_again_is_the_most_recently_active(
    house: House,
) -> None:
    """A quota that keeps the most recently active one does not take an old log line for the last
    activity.
    """
    house.may_end = {"left"}
    house.session("again", idle="5h", started_at=stamp(house.ago("1m")))
    house.session("left", idle="2h")
    assert house.run(quota(1, "most_recently_active")).outcomes == {"left": "terminated"}


@pytest.mark.parametrize("started", ["null", "the first start", "left out"])
def test_a_session_that_was_queued_again_starts_over(house: House, started: str) -> None:
    """It ran, waited in the queue, and runs again.

    Idle since then at the most, whatever `started_at` says.
    """
    first = stamp(house.ago("9h"))
    hosted = house.session("again", kind="task", age="9h", idle="5h", started_at=first)
    policy = IDLE_RULES["task"]
    house.run(policy, enforce=False)
    for state in ("queued", "running"):
        house.later("5m")
        hosted.sent |= {
            "state": state,
            "started_at": first if started == "the first start" else None,
        }
        if started == "left out":
            hosted.sent.pop("started_at")
        house.run(policy)
    assert house.server.asked("terminate", "interrupt-solve", "interrupt-execution") == []


def test_a_window_that_closes_during_the_second_look_keeps_everybody(house: House) -> None:
    """The server takes a minute over the log, and the window closes meanwhile: nothing is asked."""
    house.session("idle")
    policy = {**IDLE, "only_during": "Mon-Fri 11:00-12:01 UTC"}
    house.clock.wait(45)
    house.server.upon("log", lambda _: house.clock.wait(25), nth=2)
    assert house.run(policy).outcomes["idle"] in {"no-longer-due", "withheld"}


def test_a_window_that_closes_while_a_step_waits_for_its_turn_keeps_the_rest(house: House) -> None:
    """One termination a minute, and the window has half a minute left: the second session stays."""
    house.may_end = {"a", "b"}
    house.settings["per_minute"] = 1
    house.session("a", "anna@Planning")
    house.session("b", "ben@Supply")
    house.clock.wait(30)
    run = house.run({**IDLE, "only_during": "Mon-Fri 11:00-12:01 UTC"})
    assert len(house.server.ended) == 1
    assert sorted(run.outcomes.values()) in (
        ["no-longer-due", "terminated"],
        ["terminated", "withheld"],
    )


def test_a_window_is_asked_again_with_the_intent(house: House) -> None:
    """It closes while the very last thing is read before a request: nothing is asked."""
    house.session("idle")
    house.clock.wait(59)

    def slowly(_: Request) -> Answer | None:
        if house.server.asked("read"):
            house.clock.wait(0.4)
        return None

    for what in ("read", "log", "list", "tasks"):
        house.server.upon(what, slowly, nth=0)
    policy = {**IDLE, "only_during": "Mon-Fri 11:00-12:01 UTC"}
    house.run(policy)
    requests = house.server.asked("terminate")
    assert all(
        request.at < house.clock.true().replace(minute=1, second=0, microsecond=0)
        for request in requests
    )
    house.may_end = {"idle"} if requests else set()


@pytest.mark.parametrize("kind", ["solve", "task"])
def test_work_begun_between_two_steps_keeps_its_owners_session(house: House, kind: str) -> None:
    """While the first session is ended, the second one's owner starts to compute.

    His session stays.
    """
    house.may_end = {"a", "b"}
    house.session("a", "anna@Planning")
    house.session("b", "ben@Supply")

    def begin(request: Request) -> None:
        other = "ben@Supply" if request.id == "a" else "anna@Planning"
        house.session("work", other, kind, age="0s", log=[])

    house.server.upon("terminate", begin)
    run = house.run(IDLE)
    assert len(house.server.ended) == 1
    assert sorted(run.outcomes.values()) == ["no-longer-due", "terminated"]


def test_everything_a_step_rests_on_is_read_for_that_step(house: House) -> None:
    """Under a quota the owner closes a session while another owner's is ended.

    The rest is counted anew.
    """
    house.may_end = {"anna0", "ben0"}
    for owner in ("anna", "ben"):
        house.session(f"{owner}0", f"{owner}@Planning", age="9h")
        house.session(f"{owner}1", f"{owner}@Planning", age="8h")

    def close(request: Request) -> None:
        other = "ben1" if request.id == "anna0" else "anna1"
        house.server.tenant.sessions["webui", other].sent["state"] = "terminated"

    house.server.upon("terminate", close)
    house.run(quota(1))
    assert len(house.server.ended) == 1


def test_seats_are_counted_for_each_step(house: House) -> None:
    """The owner whose seat is to be freed next comes back while the first one's is freed.

    His session stays.
    """
    house.may_end = {"s0", "s1", "s2"}
    for number in range(3):
        house.session(f"s{number}", f"user{number}@Planning", idle=f"{3 + number}h")
    rule = {"seats": {"high": 2, "low": 1, "floor": "1h"}}

    def come_back(request: Request) -> None:
        for id_ in {"s0", "s1", "s2"} - {request.id}:
            house.log_of(id_).append((house.clock.true(), "opened page Start"))

    house.server.upon("terminate", come_back)
    house.run({**IDLE, "terminate_when": rule})
    assert len(house.server.ended) == 1


@pytest.mark.parametrize("generation", [1, 2])
def test_a_truthful_clock_ends_whom_it_should(tenant: Open, generation: int) -> None:
    """With all clocks right, and in the window, the idle session is ended."""
    house = tenant(generation)
    house.may_end = {"idle"}
    house.session("idle")
    assert ended_by(house, {**IDLE, "only_during": "Mon-Fri 11:00-13:00 UTC"}) == {"idle"}
