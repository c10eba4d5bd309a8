"""Pacing: so many requests a minute, the server's own wishes respected, and a server in trouble
left in peace.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from starlette.responses import Response
from support.safety_house import GENEROUS, IDLE, House, Open, idle, refusal, rules

HOUSE = rules(IDLE)


def many(house: Open, number: int) -> House:
    home = house(*(idle(f"s{n}", f"s{n}@Planning") for n in range(number)))
    home.limits = GENEROUS
    return home


def moments(house: House) -> list[datetime]:
    return [a.at for a in house.asked if a.what == "terminate"]


@pytest.mark.parametrize("per_minute", [30, 6])
def test_no_more_than_so_many_are_asked_a_minute(house: Open, per_minute: int) -> None:
    """Between two requests there is always the time that keeps them under the setting."""
    home = many(house, 5)
    home.pass_once(HOUSE, per_minute=per_minute)
    asked = moments(home)
    assert len(asked) == 5
    assert min(b - a for a, b in pairwise(asked)) >= timedelta(seconds=60 / per_minute)


def test_the_second_look_comes_after_the_wait(house: Open) -> None:
    """A session is looked at right before its end, not before the wait for its turn."""
    home = many(house, 3)
    home.pass_once(HOUSE, per_minute=2)
    for number, asked in enumerate(home.asked):
        if asked.what == "terminate":
            assert [a.at for a in home.asked[number - 2 : number]] == [asked.at, asked.at]


def test_a_server_that_asks_to_wait_is_given_its_time(house: Open) -> None:
    """429 with Retry-After to a termination.

    Nothing whatsoever is asked for so long, and then it is asked again.
    """
    home = many(house, 3)
    home.upon("terminate", lambda _: refusal(429, **{"Retry-After": "20"}))
    assert set(home.outcomes(HOUSE).values()) == {"terminated"}
    first = moments(home)[0]
    after = [a.at for a in home.asked if a.at > first]
    assert min(after) >= first + timedelta(seconds=20)
    events = [event for _, _, event in home.events(home.endings()[0][1])]
    assert events == ["intended", "withheld", "intended", "terminated"]


def test_a_server_that_asks_to_wait_again_is_asked_no_third_time(house: Open) -> None:
    """Twice no: failed, with the server's words."""
    home = many(house, 1)
    home.upon("terminate", lambda _: refusal(429, **{"Retry-After": "20"}), nth=0)
    assert (home.outcomes(HOUSE), len(home.endings())) == ({"s0": "failed"}, 2)


def test_what_changed_while_the_server_was_left_in_peace_is_seen(house: Open) -> None:
    """Its owner came back meanwhile.

    It is looked at anew before it is asked again, and no longer due.
    """
    home = many(house, 1)

    def wait(_: object) -> Response:
        home.world.touch("s0")
        return refusal(503, **{"Retry-After": "20"})

    home.upon("terminate", wait)
    assert (home.outcomes(HOUSE), len(home.endings())) == ({"s0": "no-longer-due"}, 1)


def test_a_server_that_asks_for_an_hour_is_left_alone(house: Open) -> None:
    """The rest of the run is withheld, with why, and nothing more is asked."""
    home = many(house, 3)
    home.upon("terminate", lambda _: refusal(429, **{"Retry-After": "3600"}))
    report = home.pass_once(HOUSE)
    assert sorted(o.result for o in report.outcomes.values()) == [
        "unconfirmed",
        "withheld",
        "withheld",
    ]
    assert "the server asks to be left alone for 1h" in str(report.outcomes)
    assert home.asked[-1].what == "terminate"
    later = home.pass_once(HOUSE)
    assert [o.result for _, o in later.settled] == ["failed"]


@pytest.mark.parametrize("what", ["terminate", "read"])
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_three_failures_on_end_stop_the_enforcement(house: Open, what: str, status: int) -> None:
    """After the third no session is asked for any more; the other steps are withheld."""
    home = many(house, 8)
    home.upon(what, lambda _: refusal(status), nth=0)
    report = home.pass_once(HOUSE, patience=1.0)
    found = [o.result.value for o in report.outcomes.values()]
    assert found.count("withheld") == 5
    assert len({a.id for a in home.asked if a.what in ("read", "terminate")}) == 3


def test_failures_between_successes_are_no_trouble(house: Open) -> None:
    """Every second request fails: the others are done, all of them."""
    home = many(house, 8)
    fails = iter([True, False] * 4)
    home.upon("terminate", lambda _: refusal(500) if next(fails) else None, nth=0)
    found = list(home.outcomes(HOUSE).values())
    assert (found.count("terminated"), found.count("withheld")) == (4, 0)


@pytest.mark.parametrize("fault", ["drop:1", "500:1", "429:1"])
def test_a_server_that_fails_from_the_first_termination_on(house: Open, fault: str) -> None:
    """Everything fails from then on, reads too.

    Three steps are tried, the rest is withheld, none is asked twice.
    """
    home = many(house, 8)
    home.upon("terminate", lambda _: home.faulty(fault))
    found = list(home.outcomes(HOUSE, patience=5.0).values())
    assert found.count("withheld") >= 5
    asked = [id_ for _, id_ in home.endings()]
    assert len(asked) == len(set(asked)) <= 3
