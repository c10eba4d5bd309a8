"""A server that says yes and does nothing holds a run for one `confirm_within`, however many
sessions it was asked to end.
"""

from __future__ import annotations

from collections.abc import Iterable

from support.safety_cli import Cli, Desk
from support.safety_house import (
    GENEROUS,
    IDLE,
    TASKS,
    Asked,
    House,
    Open,
    fleet,
    idle,
    ids,
    rules,
    task,
)

DEAF = "deaf:1"
FORCE = {**TASKS, "steps": ["terminate"]}
QUOTA = {
    "name": "quota",
    "mode": "enforce",
    "select": {"kind": "webui"},
    "terminate_when": {"owner_sessions": {"over": 1, "keep": "oldest"}},
}


def after_the_last_request(house: House) -> list[Asked]:
    """What was asked after the last request that was to end something."""
    last = max(n for n, one in enumerate(house.asked) if one.what == "terminate")
    return house.asked[last + 1 :]


def looks(asked: Iterable[Asked]) -> list[str]:
    return [one.what for one in asked if one.what in ("read", "list")]


def test_three_that_do_not_end_are_waited_for_once(house: Open) -> None:
    """90 s and a moment for all of them, not for each; each has its intent and its outcome."""
    home = house(*fleet(3, 20), faults=DEAF)
    begun = home.clock.awake
    report = home.pass_once(rules(IDLE), limits=GENEROUS, patience=90.0)
    assert {o.result.value for o in report.outcomes.values()} == {"unconfirmed"}
    assert 90 <= home.clock.awake - begun < 97
    for session in report.outcomes:
        events = [event for _, _, event in home.events(session)]
        assert events == ["intended", "unconfirmed", "unconfirmed"]


def test_many_are_watched_by_one_list(house: Open) -> None:
    """Thirty sessions cost a round of looks two requests, and each that vanished one more."""
    home = house(*fleet(30, 40), faults=DEAF)
    home.pass_once(rules(IDLE), limits=GENEROUS, patience=90.0)
    asked = looks(after_the_last_request(home))
    assert asked.count("read") == 1  # the look right after the last request
    assert asked.count("list") < 60


def test_one_that_ends_is_settled_while_the_others_are_watched(house: Open) -> None:
    """As soon as its own address shows it; what only left the list has not ended by that."""
    sessions = fleet(6, 20)
    home = house(*sessions, faults=DEAF)
    first = ids(sessions)[0]

    def ends(_: Asked) -> None:
        if len(home.endings()) == len(ids(sessions)):
            home.world.end(first)

    home.upon("list", ends, nth=0)
    report = home.pass_once(rules(IDLE), limits=GENEROUS, patience=60.0)
    assert report.outcomes[first].result == "terminated"
    assert sorted(id_ for id_, o in report.outcomes.items() if o.result == "unconfirmed") == (
        sorted(set(ids(sessions)) - {first})
    )
    when = home.rows(
        "SELECT s.session_id, max(e.at) FROM steps s JOIN step_events e ON e.step_id = s.id "
        "GROUP BY s.session_id ORDER BY 2"
    )
    assert when[0][0] == first


def test_gentle_steps_and_kinds_wait_together(house: Open) -> None:
    """A solve that goes on, a forced task and a WebUI session: one wait for the three of them."""
    home = house(
        task("gentle"), task("forced", owner="bea@Supply"), idle(), faults="stubborn:1,deaf:1"
    )
    gentle = {**TASKS, "name": "gentle", "select": {"owner": "svc@*"}}
    forced = {**FORCE, "name": "forced", "select": {"owner": "bea@*", "kind": "task"}}
    begun = home.clock.awake
    report = home.pass_once(rules(gentle, forced, IDLE), limits=GENEROUS, patience=90.0)
    assert {id_: o.result.value for id_, o in report.outcomes.items()} == dict.fromkeys(
        ("gentle", "forced", "anna"), "unconfirmed"
    )
    assert 90 <= home.clock.awake - begun < 97


def test_what_was_asked_to_end_does_not_count_for_its_owners_others(house: Open) -> None:
    """One session is allowed, and the owner has three. The second is asked to end and runs on, the
    first ends by itself: the third stays, for it is the only one once the second has ended.
    """
    home = house(
        *(idle(f"anna{n}", "anna@Planning", age=f"{9 - n}h") for n in range(3)), faults=DEAF
    )
    home.upon("terminate", lambda _: home.world.end("anna0"))
    found = home.outcomes(rules(QUOTA), limits=GENEROUS, patience=1.0)
    assert found == {"anna1": "unconfirmed", "anna2": "no-longer-due"}


def test_the_command_waits_once(reaper: Cli, desk: Desk) -> None:
    """`reaper run --enforce` leaves after one `confirm_within`, with exit code 1, and says so of
    each.
    """
    desk.settings = {"confirm_within": "2s", "limits": {"run": {"sessions": 20}}}
    account = desk.acme(*fleet(4, 30), faults=DEAF)
    done = reaper("run", "--enforce", "--quiet")
    assert (done.code, done.err.count("unconfirmed")) == (1, 4)
    changes = [one for one in account.requests if one.method != "GET"]
    assert len(changes) == 4
