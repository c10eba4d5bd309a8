"""A doubtful look acts on nothing: it is recorded, says which doubt, and ends no session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from support.safety_house import IDLE, NOW, TASKS, House, Open, fleet, idle, refusal, rules

from reaper.run.pipeline import Report

HOUSE = rules(IDLE)


def only_looked(house: House, report: Report, doubt: str) -> bool:
    """Whether the run took no step, asked for nothing and recorded the doubt."""
    ((complete, said),) = house.rows(
        f"SELECT complete, doubts FROM runs WHERE id = {report.run_id}"  # noqa: S608
    )
    assert any(doubt in one for one in report.observation.doubts), report.observation.doubts
    return not complete and doubt in said and not report.plan.steps and house.endings() == []


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("kind", ["webui", "task"])
def test_a_list_that_cannot_be_read_makes_the_look_incomplete(
    house: Open, generation: int, kind: str
) -> None:
    """One kind's list fails: the sessions of the others stay as well."""
    home = house(idle(), idle("t", kind="task", idle=None), generation=generation)
    home.upon("list", lambda _: refusal(500), id_=kind, nth=0)
    assert only_looked(home, home.pass_once(rules(IDLE, TASKS)), f"{kind}: not listed")


def test_a_list_that_moves_while_it_is_read_makes_the_look_incomplete(house: Open) -> None:
    """Sessions that come and go between all pages: observed only."""
    home = house(*fleet(2, 12), page_cap=3)
    home.world.between_pages = lambda: home.world.remove(home.world.of_kind("webui")[0])
    assert only_looked(home, home.pass_once(HOUSE), "the list moved while it was read")


@pytest.mark.parametrize(("before", "after"), [(30, 12), (12, 25)])
def test_a_fleet_that_changed_by_more_than_half_is_first_looked_at(
    house: Open, before: int, after: int
) -> None:
    """A collapsed or exploded fleet is observed once, and acted upon when the next look shows the
    same.
    """
    home = house(*fleet(0, before))
    home.pass_once(HOUSE)
    for session in home.world.sessions[: max(0, before - after)]:
        home.world.end(session.id)
    for n in range(after - before):
        home.world.add_session(**idle(f"new{n}", f"new{n}@Supply", idle="1m"))
    home.world.add_session(**idle())
    assert only_looked(
        home, home.pass_once(HOUSE), f"the fleet went from {before} to {after + 1} sessions"
    )
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_a_fleet_that_goes_on_changing_goes_on_being_looked_at(house: Open) -> None:
    """The look after a doubtful one is compared with that one, so a second collapse is a doubt
    again.
    """
    home = house(*fleet(1, 60))
    home.pass_once(HOUSE, enforce=False)
    for left in (25, 11):
        for session in home.world.sessions[left:]:
            home.world.end(session.id)
        assert only_looked(home, home.pass_once(HOUSE), "the fleet went from")
    assert home.outcomes(HOUSE) == {"idle0": "terminated"}


@pytest.mark.parametrize(("before", "after"), [(20, 10), (8, 2), (2, 8)])
def test_a_fleet_that_changed_by_half_or_is_small_is_acted_upon(
    house: Open, before: int, after: int
) -> None:
    """Exactly half is no doubt, and less than ten sessions come and go on any day."""
    home = house(*fleet(0, before))
    home.pass_once(HOUSE)
    for session in home.world.sessions[: max(0, before - after + 1)]:
        home.world.end(session.id)
    for n in range(after - before - 1):
        home.world.add_session(**idle(f"new{n}", f"new{n}@Supply", idle="1m"))
    home.world.add_session(**idle())
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_an_incomplete_look_is_no_measure_of_the_fleet(house: Open) -> None:
    """A look that missed most of the fleet does not make the next whole one an explosion."""
    home = house(*fleet(1, 30))
    home.pass_once(HOUSE, enforce=False)
    home.upon("list", lambda _: refusal(500), id_="webui", nth=0)
    assert only_looked(home, home.pass_once(HOUSE), "webui: not listed")
    home.gate.hooks.clear()
    assert home.outcomes(HOUSE) == {"idle0": "terminated"}


@pytest.mark.parametrize(("skew", "way"), [("+90s", "ahead of"), ("-90s", "behind")])
def test_a_server_whose_clock_is_wrong_is_only_observed(house: Open, skew: str, way: str) -> None:
    """A `Date` 90 seconds off: who is right is not known."""
    home = house(idle())
    home.faulty(f"skew:{skew}")
    assert only_looked(home, home.pass_once(HOUSE), f"s {way} this machine's")
    home.faulty("skew:+29s")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


class Undated:
    """Stands before an account, and says another time than it, or none, where a path holds `of`."""

    def __init__(self, app: ASGIApp, of: str, date: bytes | None) -> None:
        self._app, self._of, self._date = app, of, date

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and self._of in scope["path"]:
                headers = [(name, value) for name, value in message["headers"] if name != b"date"]
                message["headers"] = headers + ([(b"date", self._date)] if self._date else [])
            await send(message)

        await self._app(scope, receive, answer)


@pytest.mark.parametrize("date", [None, b"yesterday", b"Mon, 23 Nov 2026 12:00:00"])
@pytest.mark.parametrize("of", ["/sessions/", "/logs", "/task"])
def test_a_server_that_does_not_tell_its_time_is_only_observed(
    house: Open, of: str, date: bytes | None
) -> None:
    """No Date, no check.

    Whether this machine's clock is right is then not known, by whichever answer.
    """
    home = house(idle())
    home.gate._app = Undated(home.gate._app, of, date)
    assert only_looked(home, home.pass_once(HOUSE), "no readable Date header")


@pytest.mark.parametrize("of", ["/webui", "/logs", "/task"])
def test_the_worst_clock_of_a_look_counts(house: Open, of: str) -> None:
    """A true Date on some answers does not make up for a wrong one on others, in whatever order
    they come.
    """
    home = house(idle())
    home.gate._app = Undated(home.gate._app, of, b"Mon, 23 Nov 2026 15:00:00 GMT")
    assert only_looked(home, home.pass_once(HOUSE), "the server's clock is 3h ahead of")


def test_a_server_that_stops_telling_its_time_before_a_step_is_asked_for_nothing(
    house: Open,
) -> None:
    """The second look is a look as well: what it reads must tell the time."""
    home = house(idle())
    app = home.gate._app
    home.upon("read", lambda _: setattr(home.gate, "_app", Undated(app, "/logs", None)))
    assert (home.outcomes(HOUSE), home.endings()) == ({"anna": "withheld"}, [])


def test_a_machine_that_slept_while_it_looked_ends_nothing(house: Open) -> None:
    """The wall clock went on for an hour in which the machine did not."""
    home = house(idle())
    home.upon("log", lambda _: home.clock.sleep(3600), nth=1)
    assert only_looked(
        home, home.pass_once(HOUSE), "this machine was suspended, or its clock was changed"
    )


def test_a_machine_that_slept_between_the_look_and_a_step_takes_no_more_steps(house: Open) -> None:
    """The step under way is settled, the others are withheld, each with why."""
    home = house(idle("a"), idle("b", "ben@Planning"), idle("c", "eva@Planning"))
    home.upon("terminate", lambda _: home.clock.sleep(3600))
    report = home.pass_once(HOUSE)
    withheld = [o for o in report.outcomes.values() if o.result == "withheld"]
    assert (len(home.ended()), len(withheld)) == (1, 2)
    assert all("was suspended" in o.detail for o in withheld)


@pytest.mark.parametrize("jump", [600.0, -600.0])
def test_a_clock_that_was_set_while_it_looked_ends_nothing(house: Open, jump: float) -> None:
    """A clock set forwards or back by ten minutes, while the server's goes on."""
    home = house(idle())

    def set_clock(_: Any) -> None:  # noqa: ANN401
        home.clock.at += timedelta(seconds=jump)

    home.upon("log", set_clock)
    assert only_looked(home, home.pass_once(HOUSE), "or its clock was changed")


def test_a_pass_that_begins_far_too_late_is_only_a_look(house: Open) -> None:
    """What the daemon says of a pass that it was held up for makes the look doubtful.

    Nothing is ended.
    """
    home = house(idle())
    late = (
        "this run was due 11m ago; the daemon was delayed or the machine suspended, so it only observes",
    )
    assert only_looked(home, home.pass_once(HOUSE, extra_doubts=late), "this run was due 11m ago")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_log_times_in_the_future_make_the_look_doubtful(house: Open) -> None:
    """A log ahead of every clock says that one of the clocks is wrong.

    No session is ended, also none with a sane log.
    """
    home = house(idle(), idle("odd", "ben@Planning"))
    home.world.get("odd").log.add(NOW + timedelta(hours=1), "page 'Demand' opened")
    home.world.advance(timedelta(hours=2))
    home.clock.at = NOW + timedelta(minutes=1)
    home.faulty("skew:-119m")
    assert only_looked(home, home.pass_once(HOUSE), "log time in the future")


def test_activity_learnt_before_an_outage_never_convicts(house: Open) -> None:
    """The logs cannot be read any more.

    What was learnt before makes nobody idle, however long ago.
    """
    home = house(idle(idle="1h"), idle("ben", "ben@Planning", age="200h", idle="1m"))
    home.pass_once(HOUSE)
    home.later(hours=9)
    home.upon("log", lambda _: refusal(400), nth=0)
    report = home.pass_once(HOUSE)
    assert (report.plan.steps, home.endings()) == ((), [])
    assert {v.ruling for v in report.observation.verdicts} == {"undetermined"}


@pytest.mark.parametrize("state", ["Hibernating", "", "running!"])
def test_a_state_that_nobody_knows_ends_nothing(house: Open, state: str) -> None:
    """An unknown state is undetermined, and stays."""
    home = house(idle(send={"state": state}))
    report = home.pass_once(HOUSE)
    assert (report.plan.steps, home.endings()) == ((), [])


@pytest.mark.parametrize("field", ["created_at", "user_name", "environment_name", "app_name"])
def test_what_an_exemption_asks_and_nobody_tells_keeps_the_session(house: Open, field: str) -> None:
    """A field that is missing leaves open whether the session is exempt, so it stays."""
    wanted = {
        "user_name": {"owner": "x@Y"},
        "environment_name": {"environment": "Y"},
        "app_name": {"app": "Y"},
    }
    home = house(idle(send={field: None}))
    exempt = [{**wanted[field], "reason": "a course"}] if field in wanted else []
    report = home.pass_once(rules({**IDLE, "terminate_when": {"age": "8h"}}, protect=exempt))
    assert (report.plan.steps, home.endings()) == ((), [])
    assert [v.ruling for v in report.observation.verdicts] == ["undetermined"]
