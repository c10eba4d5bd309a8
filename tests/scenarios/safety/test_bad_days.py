"""Bad days of the network and the server, over real sockets.

Nothing is ended that was not seen to be due.
"""

from __future__ import annotations

import pytest
from support.safety_cli import Cli, Desk, ended
from support.safety_house import GENEROUS, IDLE, Open, fleet, idle, ids, rules

from reaper.emulator import DEFAULT_KEY
from reaper.errors import Unauthorized, Unreachable

HOUSE = rules(IDLE)
STORMS = ("429:1", "500:1", "502:1", "503:1", "drop:1", "html:1", "truncate:1")


@pytest.mark.parametrize("fault", STORMS)
def test_a_storm_from_the_beginning_is_an_account_that_cannot_be_read(
    house: Open, fault: str
) -> None:
    """Every answer is bad.

    The run says so, records it, takes no step, and goes on when the storm is over.
    """
    home = house(idle(), faults=fault)
    report = home.pass_once(HOUSE)
    assert report.error is not None
    assert (report.plan.steps, home.endings(), report.observation.complete) == ((), [], False)
    home.faulty("")
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


@pytest.mark.parametrize("fault", STORMS)
def test_a_storm_that_begins_after_the_look_ends_nothing(house: Open, fault: str) -> None:
    """The plan is made, and every second look fails: nothing is asked of any session."""
    home = house(idle("a"), idle("b", "ben@Planning"))
    home.upon("read", lambda _: home.faulty(fault))
    assert set(home.outcomes(HOUSE).values()) == {"failed"}
    assert home.endings() == []


@pytest.mark.parametrize("fault", STORMS)
def test_a_storm_that_begins_with_a_termination_asks_once(house: Open, fault: str) -> None:
    """Whatever the answer to a termination, it is not repeated, and the next run finds out what
    became of it.
    """
    home = house(idle())
    home.upon("terminate", lambda _: home.faulty(fault))
    first = home.outcomes(HOUSE, patience=5.0)["anna"]
    assert first in ("failed", "unconfirmed")
    assert len(home.endings()) == 1
    home.faulty("")
    report = home.pass_once(HOUSE)
    done = (
        bool(home.ended()) and len(home.endings()) == 1
    )  # it was carried out, though nobody heard of it
    assert [o.result for _, o in report.settled] == (
        [] if first == "failed" else ["terminated" if done else "failed"]
    )
    assert home.ended() == ["anna"]


def test_an_answer_that_is_lost_is_found_out(house: Open) -> None:
    """The termination is carried out and its connection cut.

    The read after it shows that it worked.
    """
    home = house(idle())
    home.upon("terminate", lambda _: home.faulty("drop:1"))
    home.upon("read", lambda _: home.faulty(""), nth=2)
    assert (home.outcomes(HOUSE), len(home.endings())) == ({"anna": "terminated"}, 1)


@pytest.mark.parametrize("what", ["list", "read", "terminate"])
def test_a_server_that_is_slower_than_the_timeout_ends_nothing_unseen(
    house: Open, what: str
) -> None:
    """No answer in time to the list, the second look or the termination itself."""
    home = house(idle())
    home.upon(what, lambda _: home.faulty("slow:1:0.3s"))
    report = home.pass_once(HOUSE, timeout=0.05, patience=0.1)
    assert (
        report.plan.steps == ()
        if what == "list"
        else report.outcomes["anna"].result in ("failed", "unconfirmed")
    )
    assert len(home.endings()) == (1 if what == "terminate" else 0)
    home.gate.hooks.clear()
    home.faulty("")
    home.pass_once(HOUSE)
    assert home.ended() == ["anna"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", ["429:0.2", "500:0.2", "503:0.1,502:0.1", "drop:0.15", "truncate:0.2", "html:0.1"]
)
def test_showers_cost_steps_and_never_a_wrong_session(house: Open, fault: str) -> None:
    """Some answers are bad: in a few runs all offenders are ended, and no other session is."""
    home = house(*(specs := fleet(4, 10)), seed=7)
    home.limits = GENEROUS
    for _ in range(6):
        home.faulty(fault)
        home.pass_once(HOUSE, patience=2.0)
        assert set(home.ended()) <= set(ids(specs))
    home.faulty("")
    home.pass_once(HOUSE)
    assert sorted(home.ended()) == ids(specs)


@pytest.mark.parametrize("comes", [True, False])
def test_a_session_that_comes_or_goes_between_two_pages(house: Open, comes: bool) -> None:
    """A list that shifted while it was read is read again.

    No session is missed, and none is there twice.
    """
    home = house(*(specs := fleet(3, 12)), page_cap=4)
    pages: list[int] = []

    def shift() -> None:
        pages.append(1)
        if len(pages) == 1 and comes:
            home.world.add_session(**idle("older", "old@Supply", age="40h", idle="1m"))
        elif len(pages) == 1:
            home.world.remove(home.world.of_kind("webui")[0])

    gone = "" if comes else home.world.of_kind("webui")[0].id
    home.world.between_pages = shift
    report = home.pass_once(HOUSE)
    seen = [s.id for s in report.observation.snapshot.sessions]
    assert (report.observation.complete, len(seen), len(set(seen))) == (
        True,
        13 if comes else 11,
        len(seen),
    )
    assert sorted(home.ended()) == [id_ for id_ in ids(specs) if id_ != gone]


def test_a_key_that_expires_in_the_middle_of_a_run(house: Open) -> None:
    """What was asked is unconfirmed, the rest fails unasked, and the next run cannot read the
    account.
    """
    home = house(
        *(idle(n, f"{n}@Planning") for n in "abc"), keys=[{"key": DEFAULT_KEY, "expires": "10s"}]
    )
    home.upon("terminate", lambda _: home.later(seconds=11))
    assert set(home.outcomes(HOUSE, patience=1.0).values()) <= {"failed", "unconfirmed"}
    assert (home.ended(), len(home.endings())) == ([], 1)
    assert isinstance(home.pass_once(HOUSE).error, Unauthorized)


def test_a_key_that_loses_its_scope_for_tasks(house: Open) -> None:
    """Without the scope `Tasks` nobody knows what runs in the session.

    It is left alone, and somebody is told.
    """
    tasks = rules(
        {
            "name": "tasks",
            "mode": "enforce",
            "select": {"kind": "task"},
            "terminate_when": {"age": "8h"},
        }
    )
    keys = [{"key": DEFAULT_KEY, "scopes": ["Session"]}]
    home = house(
        {"id": "t", "kind": "task", "owner": "svc@Supply", "age": "9h", "solving": True}, keys=keys
    )
    report = home.pass_once(tasks)
    assert (report.outcomes["t"].result, report.failed) == ("withheld", True)
    assert "the scope Tasks" in report.outcomes["t"].detail
    assert (home.world.interrupted, home.ended()) == ([], [])


def test_a_name_that_cannot_be_resolved_is_an_account_that_cannot_be_read(house: Open) -> None:
    """DNS gone: recorded as an incomplete look, in one line."""
    home = house(idle())
    report = home.pass_once(HOUSE, url="https://acme.invalid")
    assert isinstance(report.error, Unreachable)
    assert "unknown host" in str(report.error)
    assert "\n" not in str(report.error)
    assert home.rows("SELECT complete FROM runs") == [(0,)]


@pytest.mark.parametrize("fault", ["500:1", "drop:1", "html:1"])
def test_the_command_says_it_in_one_line_and_exits_3(reaper: Cli, desk: Desk, fault: str) -> None:
    """A person sees one line, a script the exit code 3."""
    account = desk.acme(idle("s1"), faults=fault)
    result = reaper("run", "--enforce")
    assert (result.code, result.one_line, ended(account)) == (3, True, [])


def test_a_record_of_bad_days_is_complete(house: Open) -> None:
    """Each run of a day in which everything went wrong is in the record, with its doubt."""
    home = house(idle(), faults="500:1")
    for _ in range(3):
        home.pass_once(HOUSE)
    assert home.rows("SELECT complete, doubts <> '[]' FROM runs") == [(0, 1)] * 3
