"""Totals that lie, wishes that are passed over in silence, and entries that are half read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.hostile_house import IDLE, House, quota
from support.hostile_server import Log, Switches, stamp

LOG_LIES: dict[str, dict[str, Any]] = {
    "total counts the page, sort ignored": {
        "log_total_counts_the_page": True,
        "log_ignores": ("sort",),
    },
    "total counts the page, sort and offset ignored": {
        "log_total_counts_the_page": True,
        "log_ignores": ("sort", "offset"),
    },
    "total counts the page, numbered from 1 on each page": {
        "log_total_counts_the_page": True,
        "log_ignores": ("sort",),
        "log_numbers_the_page": True,
    },
    "total counts the page, nothing obeyed": {
        "log_total_counts_the_page": True,
        "log_ignores": ("sort", "offset", "limit"),
    },
    "small pages, total counts the page, sort ignored": {
        "log_total_counts_the_page": True,
        "log_ignores": ("sort",),
        "page_cap": 5,
    },
    "numbered from 1 on each page, sort ignored": {
        "log_ignores": ("sort",),
        "log_numbers_the_page": True,
    },
    "sort and offset ignored": {"log_ignores": ("sort", "offset")},
}


def long_log(house: House, lines: int = 150) -> Log:
    """Begun nine hours ago, and active to this minute.

    Its first hundred lines are five hours old and more.
    """
    start = house.ago("9h")
    old = [(start + timedelta(minutes=n), f"opened page {n}") for n in range(lines - 10)]
    return old + [(house.ago("1m"), f"opened page {n}") for n in range(lines - 10, lines)]


@pytest.mark.parametrize("name", LOG_LIES)
def test_a_log_that_lies_about_its_end_ends_nobody(house: House, name: str) -> None:
    """The newest lines are on no page that was believed to be the last.

    The session is active, and stays.
    """
    for switch, value in LOG_LIES[name].items():
        setattr(house.server.switches, switch, value)
    house.session("busy", log=long_log(house))
    assert house.run(IDLE).planned == set()


@pytest.mark.parametrize(
    "name", ["total counts the page, sort ignored", "numbered from 1 on each page, sort ignored"]
)
def test_a_log_that_begins_to_lie_at_the_second_look_ends_nobody(house: House, name: str) -> None:
    """The session became active after the first look, and the log shows its old lines as all there
    are.
    """
    house.session("busy", log=long_log(house)[:60])

    def lie(_: object) -> None:
        house.server.switches = Switches(**LOG_LIES[name])
        house.log_of("busy").extend((house.clock.true(), f"opened page {n}") for n in range(60))

    house.server.upon("read", lie)
    assert house.run(IDLE).outcomes["busy"] not in {"terminated", "already-gone"}


def test_a_truthful_long_log_is_still_enough(house: House) -> None:
    """The same log five hours older: idle, and ended."""
    house.may_end = {"idle"}
    house.session(
        "idle",
        log=[(at - timedelta(hours=3), text) for at, text in long_log(house)[:140]],
        age="13h",
    )
    assert house.run(IDLE).outcomes == {"idle": "terminated"}


LIST_LIES: dict[str, dict[str, Any]] = {
    "total counts the page": {"page_cap": 2, "list_total_counts_the_page": True},
    "total counts the page, filters ignored": {
        "page_cap": 2,
        "list_total_counts_the_page": True,
        "list_ignores_filters": True,
    },
    "every page is the first": {"page_cap": 2, "list_ignores_offset": True},
    "every page is the first, total counts the page": {
        "page_cap": 2,
        "list_ignores_offset": True,
        "list_total_counts_the_page": True,
    },
}


def with_a_solve_on_page_two(house: House) -> None:
    """A silent session whose owner computes.

    His solve is not among the first two of its list, however sorted.
    """
    house.session("waiting", "anna@Planning")
    for number, owner in enumerate(
        ("ben@Supply", "ben@Supply", "anna@Planning", "ben@Supply", "ben@Supply")
    ):
        house.session(f"solve{number}", owner, "solve", age=f"{9 - number}h", log=[])


@pytest.mark.parametrize("name", LIST_LIES)
def test_a_list_that_lies_about_its_end_ends_nobody(house: House, name: str) -> None:
    """The owner's solve stands on a page that the total denies: his session is busy, and stays."""
    house.server.switches = Switches(**LIST_LIES[name])
    with_a_solve_on_page_two(house)
    house.run(IDLE)
    assert house.server.ended == []


@pytest.mark.parametrize("name", LIST_LIES)
def test_a_list_that_begins_to_lie_at_the_second_look_ends_nobody(house: House, name: str) -> None:
    """The solve began after the first look, and the second one is shown a page as the whole."""
    house.session("waiting", "anna@Planning")

    def lie(_: object) -> None:
        house.server.switches = Switches(**LIST_LIES[name])
        with_a_solve_on_page_two(house)

    house.server.upon("read", lie)
    house.run(IDLE)
    assert house.server.ended == []


@pytest.mark.parametrize("name", LIST_LIES)
def test_a_quota_is_not_counted_from_half_a_list(house: House, name: str) -> None:
    """Whom a page leaves out may be the newest of his owner.

    Nobody is ended who may be within the quota.
    """
    house.server.switches = Switches(**LIST_LIES[name])
    for number in range(5):
        house.session(f"s{number}", age=f"{9 - number}h")
    house.may_end = {"s0", "s1"}
    house.run(quota(3))
    assert set(house.server.ended) <= {"s0", "s1"}


def test_a_filter_that_one_list_answers_with_nothing_hides_no_solve(house: House) -> None:
    """The solves' list does not know the filter that others know, and shows nobody.

    The session may be busy.
    """
    house.session("waiting")
    house.session("solve", kind="solve", log=[])
    house.server.upon("list", lambda r: _only_without_filters(house, r), nth=0)
    house.run(IDLE)
    assert house.server.ended == []


def _only_without_filters(house: House, request: Any) -> None:  # noqa: ANN401 - a Request
    filters = tuple(name for name in request.query if name.startswith("state"))
    house.server.switches.filters_answer_nothing = filters if request.kind == "solve" else ()


def test_an_honest_total_at_the_end_of_a_page_is_no_doubt(house: House) -> None:
    """As many sessions as a page takes, or twice as many: complete, and the idle one is ended."""
    house.may_end = {"s0"}
    house.server.switches.page_cap = 2
    for number in range(4):
        house.session(f"s{number}", f"user{number}@Planning", idle="5h" if number == 0 else "1m")
    run = house.run(IDLE)
    assert (run.complete, run.outcomes) == (True, {"s0": "terminated"})


GARBAGE: dict[str, Any] = {
    "a word": "yesterday",
    "a number": 1764072000,
    "a truth value": True,
    "a list": [],
    "an object": {"value": "2026-11-23T02:00:00Z"},
    "NUL": "a\0b",
    "half of a character": "\ud800",
}
TIMES = ("created_at", "started_at", "ended_at")
NAMES = ("user_name", "environment_name", "state")


def half_read() -> Iterator[tuple[str, str]]:
    for what in GARBAGE:
        yield from ((name, what) for name in TIMES)
        if what != "a word":
            yield from ((name, what) for name in NAMES)


@pytest.mark.parametrize(("name", "what"), list(half_read()))
def test_an_entry_half_read_is_not_judged(house: House, name: str, what: str) -> None:
    """A field that is relied upon is there and cannot be read.

    Undetermined as a whole, and told.
    """
    house.session("half", **{name: GARBAGE[what]})
    house.session("busy", "ben@Supply", idle="1m")
    run = house.run(IDLE)
    assert run.planned == set()
    assert "half" in run.said


@pytest.mark.parametrize("name", TIMES)
def test_an_entry_half_read_in_the_list_alone_is_not_ended(house: House, name: str) -> None:
    """Its list shows garbage where its own address shows a time.

    The list's word is enough of a doubt.
    """
    sent: dict[str, Any] = {name: "yesterday"}
    hosted = house.session("half", **sent)
    house.server.upon("read", lambda _: hosted.sent.update({name: stamp(house.ago("9h"))}))
    house.run(IDLE)
    assert house.server.ended == []


@pytest.mark.parametrize("name", [*TIMES, *NAMES])
def test_an_entry_half_read_at_the_second_look_is_not_ended(house: House, name: str) -> None:
    """A time or name turns to garbage after the first look: nothing is asked."""
    hosted = house.session("half")
    house.server.upon("read", lambda _: hosted.sent.update({name: 17}))
    assert house.run(IDLE).outcomes["half"] not in {"terminated", "already-gone"}
    assert house.server.asked("terminate") == []


@pytest.mark.parametrize("name", [*TIMES, *NAMES])
def test_an_entry_half_read_convicts_none_of_the_others(house: House, name: str) -> None:
    """Whom it may stand beside or above is not ended because of it."""
    house.session("whole", age="9h")
    sent: dict[str, Any] = {name: ["garbage"]}
    house.session("half", age="8h", **sent)
    house.run(quota(1))
    assert house.server.ended == []


@pytest.mark.parametrize("name", ["name", "description", "app_name", "app_version"])
def test_what_a_policy_selects_by_is_relied_upon(house: House, name: str) -> None:
    """The policy chooses by this field, with `not`: who shows garbage there is not chosen."""
    field = {"app_name": "app"}.get(name, name)
    sent: dict[str, Any] = {name: 17}
    house.session("half", **sent)
    house.run({**IDLE, "select": {"kind": "webui", field: {"not": "keep*"}}})
    assert house.server.ended == []


@pytest.mark.parametrize("name", ["name", "description", "app_name"])
def test_what_an_exemption_names_is_relied_upon(house: House, name: str) -> None:
    """An exemption by this field may cover whoever shows garbage there."""
    field = {"app_name": "app"}.get(name, name)
    sent: dict[str, Any] = {name: {"text": "keep"}}
    house.session("half", **sent)
    house.run(IDLE, protect=[{field: "keep*", "reason": "asked for"}])
    assert house.server.ended == []


@pytest.mark.parametrize(
    "name", ["queue_time", "launch_time", "description", "gb_hours", "message", "name"]
)
def test_what_nothing_relies_on_costs_nobody(house: House, name: str) -> None:
    """Garbage in a field that no policy looks at: the idle session is ended as ever."""
    house.may_end = {"idle"}
    sent: dict[str, Any] = {name: ["garbage"]}
    house.session("idle", **sent)
    assert house.run(IDLE).outcomes == {"idle": "terminated"}


NO_TIMES = [
    "2026-11-23T02Z", "2026-W48-1T02:00:00Z", "2026-327T02:00:00Z", "20261123T020000Z", "2026-11-23T02:00Z",
    "2026-11-23 02:00", "2026-11-23", "2026-11-23T02:00:00", "2026-11-23T02:00:00+01", "2026-11-23T02:00:00+0100",
    "2026-11-23T02:00:00+01:00:30", "2026-11-23T02:00:00,5Z", "2026-11-23T24:00:00Z", "2026-11-23T02:00:00.Z",
    " 2026-11-23T02:00:00Z", "2026-11-23T02:00:00Z ", "2026-11-23T02:00:00 Z", "\uff12026-11-23T02:00:00Z",
    "2026-11-31T02:00:00Z", "2026-11-23T02:00:00+24:00", "2026-11-23T02:00:00+01:60", "2026-11-23T02:00:00Zulu",
]  # fmt: skip
A_TIME = [
    "2026-11-23T02:00:00Z", "2026-11-23t02:00:00z", "2026-11-23T02:00:00.123Z", "2026-11-23T02:00:00.1234567890Z",
    "2026-11-22T02:01:00-23:59", "2026-11-23T03:00:00+01:00", "2026-11-22T21:00:00-05:00", "2026-11-23T02:00:00-00:00",
]  # fmt: skip


@pytest.mark.parametrize("written", NO_TIMES)
def test_what_rfc_3339_does_not_allow_is_no_time(house: House, written: str) -> None:
    """A creation time in any other writing leaves the session undetermined."""
    house.session("odd", created_at=written, started_at=stamp(house.ago("9h")))
    assert house.run(IDLE, enforce=False).planned == set()


def test_what_rfc_3339_allows_is_a_time(house: House) -> None:
    """Small letters, fractions and offsets make no difference."""
    for number, written in enumerate(A_TIME):
        house.session(
            f"s{number}", f"user{number}@Planning", created_at=written, started_at=written, age="9h"
        )
    assert house.run(IDLE, enforce=False).planned == {f"s{number}" for number in range(len(A_TIME))}


MODELS_OWN = [
    "Procedure 'Health check planning' finished", "opened page Heartbeat monitor", "User pressed Keep-Alive settings",
    "Solving heartbeat_model", "ping pong tournament scheduled", "Report: keepalive costs per depot",
    "health checks: 3 done",
    "Heartbeat monitor closed by anna", "Data set 'heartbeat' read",
]  # fmt: skip


@pytest.mark.parametrize("text", MODELS_OWN)
def test_a_persons_line_that_only_mentions_a_heartbeat_is_activity(house: House, text: str) -> None:
    """Written every five minutes by somebody at work: the session stays."""
    lines = [(house.ago("9h") + timedelta(minutes=5 * n), text) for n in range(107)]
    house.session("busy", log=[(house.ago("9h"), "opened page Start"), *lines])
    assert house.run(IDLE).planned == set()


@pytest.mark.parametrize("text", ["heartbeat", "Heartbeat", "keep-alive", "ping", "pong"])
def test_a_heartbeat_is_still_none(house: House, text: str) -> None:
    """A whole line of known form, every five minutes, is no activity.

    The session is idle since before.
    """
    house.may_end = {"idle"}
    lines = [(house.ago("9h") + timedelta(minutes=5 * n), text) for n in range(107)]
    house.session("idle", log=[(house.ago("9h"), "opened page Start"), *lines])
    assert house.run(IDLE).outcomes == {"idle": "terminated"}


def test_a_pattern_of_ones_own_never_hangs_the_run(house: House) -> None:
    """`(x+x+)+y` is answered at once about a line that would take another engine seconds, and hours
    if longer.
    """
    house.may_end = {"idle"}
    house.settings["activity"] = {"ignore": ["(x+x+)+y"]}
    house.session("idle", log=[(house.ago("5h"), "x" * 24)])
    began = time.monotonic()
    assert house.run(IDLE).outcomes == {"idle": "terminated"}
    assert time.monotonic() - began < 3
