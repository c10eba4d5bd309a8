"""Whatever is answered to a termination: the outcome is what a later truthful read shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from support.hostile_answers import ANSWERS, LONG, QUICK, UNSAID, WAIT
from support.hostile_house import IDLE, House, quota
from support.hostile_server import NOT_FOUND_PAGE
from support.hostile_wire import Answer, Request, page, refusal

GONE = {"terminated", "already-gone"}
NOT_DONE = {"failed", "unconfirmed"}


def after_an_ending(house: House, answer: Answer) -> None:
    """Once a termination was asked, everything else is answered by this."""
    asked = house.server.asked
    house.server.switches.gateway = lambda r: (
        answer if asked("terminate") and r.what != "terminate" else None
    )


def quick_first(names: Iterable[str]) -> list[Any]:
    """All of them; those that are like another one are tried with the slow tests."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize(
    "vanishes",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["shown as over", "vanished"],
)
@pytest.mark.parametrize("name", quick_first([*ANSWERS, *WAIT]))
def test_an_ending_that_was_carried_out_is_recorded_as_terminated(
    house: House, name: str, *, vanishes: bool
) -> None:
    """The server ended the session and answered anything: one request, and seen to be over."""
    house.may_end = {"a"}
    house.session("a")
    house.server.switches.vanishes = vanishes
    house.server.switches.ending = lambda _: (ANSWERS | WAIT)[name]
    run = house.run(IDLE)
    assert run.outcomes["a"] in (GONE if name in UNSAID else {"terminated"})
    assert run.code == 0
    assert len(house.server.asked("terminate")) == 1


@pytest.mark.parametrize("name", quick_first([*ANSWERS, *WAIT]))
def test_an_ending_that_was_not_carried_out_is_never_recorded_as_one(
    house: House, name: str
) -> None:
    """The server answered anything and did nothing.

    Not terminated, not gone, in this run and by the next look.
    """
    house.session("a")
    house.server.switches.ending, house.server.switches.ignores_endings = (
        lambda _: (ANSWERS | WAIT)[name],
        True,
    )
    run = house.run(IDLE)
    assert run.outcomes["a"] in NOT_DONE
    assert run.code == 1
    house.later("5m")
    again = house.run(enforce=False)
    assert not {one["outcome"] for one in again.report["settled"]} & GONE
    assert again.planned == {"a"}


@pytest.mark.parametrize("name", WAIT)
def test_a_no_for_now_is_asked_again_when_it_was_one(house: House, name: str) -> None:
    """The server asks to wait and then does what it is asked.

    The session is ended in the same run.
    """
    house.may_end = {"a"}
    house.session("a")
    house.server.upon("terminate", lambda _: WAIT[name])
    run = house.run(IDLE)
    assert (run.code, run.outcomes, house.server.ended) == (0, {"a": "terminated"}, ["a"])
    assert len(house.server.asked("terminate")) == 2


def test_before_it_is_asked_again_it_is_looked_at_again(house: House) -> None:
    """While the server made us wait, the owner came back: nothing more is asked."""
    house.session("a")

    def come_back(_: Request) -> Answer:
        house.log_of("a").append((house.clock.true(), "opened page Start"))
        return WAIT["429, wait a second"]

    house.server.upon("terminate", come_back)
    assert house.run(IDLE).outcomes["a"] not in GONE
    assert len(house.server.asked("terminate")) == 1


def test_a_server_that_always_asks_to_wait_is_asked_a_few_times(house: House) -> None:
    """It never becomes willing: failed, after few requests and little time."""
    house.session("a")
    house.server.upon("terminate", lambda _: refusal(429, Retry_After="2"), nth=0)
    run = house.run(IDLE)
    assert (run.code, run.outcomes) == (1, {"a": "failed"})
    assert 2 <= len(house.server.asked("terminate")) <= 6
    assert house.clock.awake < 300


def test_a_server_that_asks_for_a_day_is_not_waited_for(house: House) -> None:
    """A day's wait is beyond all bounds: the run ends soon, and the session is not ended."""
    house.session("a")
    house.server.upon("terminate", lambda _: refusal(503, Retry_After="86400"), nth=0)
    assert house.run(IDLE).outcomes["a"] in {"failed", "withheld", "unconfirmed"}
    assert len(house.server.asked("terminate")) == 1
    assert house.clock.awake < 300


def test_a_body_that_nobody_needs_is_not_read(house: House) -> None:
    """The answer to a termination is as long as a film; hardly any of it is taken."""
    house.may_end = {"a"}
    house.session("a")
    house.server.switches.ending = lambda _: ANSWERS["a body that is too long"]
    assert house.run(IDLE).outcomes == {"a": "terminated"}
    assert house.server.sent < LONG // 2


@pytest.mark.parametrize("answer", [NOT_FOUND_PAGE, page(410), Answer(404), refusal(404)])
def test_a_404_after_an_ignored_ending_is_no_end(house: House, answer: Answer) -> None:
    """The termination was ignored, and from then on the session's own address says 404, though its
    list shows it.
    """
    house.session("a")
    house.server.switches.ignores_endings = True
    asked = house.server.asked
    house.server.upon("read", lambda _: answer if asked("terminate") else None, nth=0)
    house.server.upon("log", lambda _: answer if asked("terminate") else None, nth=0)
    run = house.run(IDLE)
    assert (run.code, run.outcomes["a"] in NOT_DONE) == (1, True)
    house.later("5m")
    assert not {one["outcome"] for one in house.run(enforce=False).report["settled"]} & GONE


@pytest.mark.parametrize("status", [404, 410, 200])
def test_a_gateway_that_knows_nothing_at_all_is_no_end(house: House, status: int) -> None:
    """After an ignored termination everything is answered by a gateway's page.

    Nobody saw an end.
    """
    house.session("a")
    house.server.switches.ignores_endings = True
    after_an_ending(house, page(status))
    assert house.run(IDLE).outcomes["a"] in NOT_DONE
    house.later("5m")
    assert not {one["outcome"] for one in house.run(enforce=False).report.get("settled", ())} & GONE


@pytest.mark.parametrize("answer", [NOT_FOUND_PAGE, Answer(404), refusal(404)])
@pytest.mark.parametrize("policy", [IDLE, quota(0)], ids=["idle", "quota"])
def test_a_404_before_its_turn_is_no_end(
    house: House, policy: dict[str, object], answer: Answer
) -> None:
    """At the second look the session's address says 404 while its list still shows it.

    Nothing asked, not gone.
    """
    house.session("a")
    looks = house.server.asked
    house.server.upon("read", lambda _: answer, nth=0)
    house.server.upon("log", lambda _: answer if len(looks("log")) > 2 else None, nth=0)
    if policy is not IDLE:
        house.server.upon("list", lambda _: answer if len(looks("list")) > 6 else None, nth=0)
    assert house.run(policy).outcomes["a"] not in GONE
    assert house.server.asked("terminate") == []


def test_a_session_that_the_service_and_its_list_no_longer_know_is_gone(house: House) -> None:
    """It left by itself between the look and its turn.

    That is told as it is, and nothing is asked.
    """
    house.session("a")
    house.session("b", "ben@Supply", idle="1m")
    house.server.upon("read", lambda _: house.server.tenant.sessions.pop(("webui", "a"), None))
    assert house.run(IDLE).outcomes == {"a": "already-gone"}
    assert house.server.asked("terminate") == []


def test_an_owner_renamed_between_the_looks_is_no_end(house: House) -> None:
    """The list by the old owner is empty; the session is there, and is not said to be gone."""
    house.session("first", age="9h")
    house.session("second", age="7h")
    renamed = house.server.tenant.sessions["webui", "first"].sent

    def rename(_: Request) -> None:
        if len(house.server.asked("list")) > 3:
            renamed["user_name"] = "anna.maria"

    house.server.upon("list", rename, nth=0)
    assert house.run(quota(1)).outcomes.get("first") not in GONE
    assert house.server.asked("terminate") == []


@pytest.mark.parametrize(
    "unknown", ["user_name_equal_cs", "environment_name_equal_cs", "user_name_equal_ci"]
)
def test_a_filter_that_the_server_does_not_know_makes_nobody_gone(
    house: House, unknown: str
) -> None:
    """It answers an owner's list with nothing at all.

    The sessions are there, and the record never says otherwise.
    """
    house.may_end = {"first"}
    house.session("first", age="9h")
    house.session("second", age="7h")
    house.server.switches.filters_answer_nothing = (unknown,)
    assert house.run(quota(1)).outcomes["first"] != "already-gone"


def test_a_session_that_ended_by_itself_while_a_gateway_hid_it_is_settled_when_it_can_be_seen(
    house: House,
) -> None:
    """Unconfirmed while nothing could be read; the next look, a truthful one, settles it."""
    house.may_end = {"a"}
    house.session("a")
    after_an_ending(house, page(404))
    assert house.run(IDLE).outcomes["a"] in NOT_DONE
    assert house.server.ended == ["a"]
    house.server.switches.gateway = None
    house.later("5m")
    assert [one["outcome"] for one in house.run(enforce=False).report["settled"]] == ["terminated"]


def test_the_record_says_what_was_seen(house: House) -> None:
    """Of two sessions with the same answer, the one that is over is recorded so, and the other one
    is not.
    """
    house.may_end = {"done"}
    house.session("done", "anna@Planning")
    house.session("left", "ben@Supply")

    def answer(request: Request) -> Answer | None:
        house.server.switches.ignores_endings = request.id == "left"
        return ANSWERS["418"]

    house.server.switches.ending = answer
    house.server.upon(
        "terminate",
        lambda r: setattr(house.server.switches, "ignores_endings", r.id == "left"),
        nth=0,
    )
    run = house.run(IDLE)
    assert run.outcomes["done"] == "terminated"
    assert run.outcomes["left"] in NOT_DONE
    told = {(one["session"], one["event"]) for one in house.history()}
    assert ("done", "terminated") in told
    assert not {("left", event) for event in GONE} & told
