"""The last activity by the log.

Exact where it tells, unknown where it does not, never more idle than the truth.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import NOW, Clock
from support.laws import examples

from reaper.core.model.session import Session
from reaper.errors import ConfigurationError
from reaper.platforms.aimms.logs import DEFAULT_IGNORE, compile_ignore, last_activity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from random import Random

    from support.scripted_server import Answer, Asked, Connect, InProcess, Serve, Served

    from reaper.core.model.session import Activity
    from reaper.platforms.aimms.log_tail import Ignore

    Look = Callable[..., tuple[Activity, Served]]

BEAT = "heartbeat: session alive"
IGNORE = compile_ignore(DEFAULT_IGNORE)


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def log_of(
    *messages: str,
    first: datetime = NOW - timedelta(hours=8),
    step: timedelta = timedelta(minutes=1),
) -> list[dict[str, Any]]:
    """Entries numbered from 1, a minute apart."""
    return [
        {"index": number, "timestamp": written(first + (number - 1) * step), "message": message}
        for number, message in enumerate(messages, start=1)
    ]


def at_line(number: int) -> datetime:
    return NOW - timedelta(hours=8) + timedelta(minutes=number - 1)


class Log:
    """A log API as the contract describes it; what it ignores can be set."""

    def __init__(
        self, entries: list[dict[str, Any]], *, ignores: Collection[str] = (), cap: int = 1000
    ) -> None:
        self.entries, self.ignores, self.cap = entries, ignores, cap

    def page(self, params: dict[str, str]) -> dict[str, Any]:
        params = {name: value for name, value in params.items() if name not in self.ignores}
        entries = self.entries[::-1] if params.get("sort") == "-index" else self.entries
        offset, limit = int(params.get("offset", 0)), min(int(params.get("limit", 100)), self.cap)
        return {"total": len(entries), "items": entries[offset : offset + limit]}

    def __call__(self, asked: Asked) -> dict[str, Any]:
        return self.page(asked.params)


@pytest.fixture
def look(serve: Serve, connect: Connect, session: Session, clock: Clock) -> Look:
    def start(
        answer: Answer, session: Session = session, ignore: Ignore = IGNORE
    ) -> tuple[Activity, Served]:
        served = serve(answer)
        return last_activity(connect(served), "/log", session, ignore, clock), served

    return start


def test_one_small_request_is_enough(look: Look, clock: Clock) -> None:
    """The newest entry that is no heartbeat is found in one request for the log's end."""
    found, served = look(Log(log_of(*["solve"] * 411, "open page", *[BEAT] * 3)))
    assert found.at == at_line(412)
    assert found.learnt_at == clock.now()
    assert found.source == f"log line 412 of 415 at {written(at_line(412))}"
    assert [(asked.params["sort"], asked.params["limit"]) for asked in served.asked] == [
        ("-index", "20")
    ]


def test_it_is_learnt_before_the_request(
    serve: Serve, connect: Connect, session: Session, clock: Clock
) -> None:
    """The moment of learning lies before the question, so that a delay errs towards keeping."""
    asked_at = clock.now()

    def answer(_: object) -> object:
        clock.wait(5)
        return {"total": 1, "items": log_of("x")}

    assert (
        last_activity(connect(serve(answer)), "/log", session, IGNORE, clock).learnt_at == asked_at
    )


def test_a_total_that_counts_the_page_hides_no_activity(look: Look) -> None:
    """A server that ignores the order and counts its page alone is read past it, to the
    true end.
    """
    log = Log(log_of(*[BEAT] * 30, "solve", *[BEAT] * 200), ignores={"sort"}, cap=90)

    def answer(asked: Asked) -> object:
        page = log(asked)
        return {**page, "total": max((line["index"] for line in page["items"]), default=0)}

    found, served = look(answer)
    assert found.at == at_line(31) or found.at is None
    assert found.at is None or len(served.asked) <= 8


@pytest.mark.parametrize("ignores", [{"sort"}, {"sort", "offset"}])
@pytest.mark.parametrize("newest", ["solve", BEAT])
def test_an_active_session_is_never_idle_by_a_total_of_the_page(
    look: Look, ignores: set[str], newest: str
) -> None:
    """The oldest page, counted as if it were all, shows nothing of the last activity, and is not
    believed.
    """
    log = Log(log_of(*["solve"] * 400, newest), ignores=ignores)

    def answer(asked: Asked) -> object:
        page = log(asked)
        return {**page, "total": len(page["items"])}

    found, _ = look(answer)
    assert found.at is None or found.at >= at_line(400)


def test_a_page_sorted_after_it_was_cut_is_not_the_end(look: Look) -> None:
    """The oldest lines in falling order look like the newest ones; what lies past them is read."""
    log = Log(log_of(*["solve"] * 100))

    def answer(asked: Asked) -> object:
        page = log.page({**asked.params, "sort": "index"})
        items = page["items"][::-1] if asked.params["sort"] == "-index" else page["items"]
        return {"total": len(items), "items": items}

    found, _ = look(answer)
    assert found.at == at_line(100)


def test_a_short_log_takes_a_look_past_its_end(look: Look) -> None:
    """A page that holds the log's first line proves nothing by itself; one more request does."""
    found, served = look(Log(log_of("solve", "solve", BEAT)))
    assert found.at == at_line(2)
    assert [(asked.params["sort"], asked.params.get("offset")) for asked in served.asked] == [
        ("-index", None),
        ("index", "3"),
    ]


@pytest.mark.parametrize(
    "bad", [{"index": "--logonToken=abc"}, {"message": "--logonToken=abc"}, "--logonToken=abc"]
)
def test_no_text_of_a_line_is_ever_shown(look: Look, bad: object) -> None:
    """A line may hold a credential, so neither what was found nor what was wrong repeats it."""
    found, _ = look(lambda _: {"total": 1, "items": [bad]})
    assert "logonToken" not in repr(found)


def test_a_line_that_no_encoding_takes_is_activity(look: Look) -> None:
    """A lone surrogate in a line stops nothing."""
    assert look(Log(log_of(BEAT, "\ud800")))[0].at == at_line(2)


@pytest.mark.parametrize("ignores", [{"sort"}, {"limit"}, {"sort", "limit"}, {"offset"}])
def test_an_ignored_parameter_changes_nothing(look: Look, ignores: set[str]) -> None:
    """A server that gives the wrong end, or more than was asked, is asked for the right end by its
    number.
    """
    found, served = look(Log(log_of(*["solve"] * 90, BEAT), ignores=ignores))
    assert found.at == at_line(90)
    assert len(served.asked) <= 2


def test_a_server_that_only_gives_the_old_end_tells_nothing(look: Look) -> None:
    """When the newest lines cannot be had, the last activity is unknown."""
    found, served = look(Log(log_of(*["solve"] * 90), ignores={"sort", "offset"}, cap=50))
    assert found.at is None
    assert "does not give the newest of 90" in found.source
    assert len(served.asked) == 2


def test_a_log_that_grows_meanwhile_is_read_to_its_end(look: Look) -> None:
    """Lines that come between the two questions are read with the second."""
    log = Log(log_of(*["solve"] * 100), ignores={"sort"})
    later = iter([100, 130])

    def answer(asked: Asked) -> object:
        log.entries = log_of(*["solve"] * next(later))
        return log(asked)

    assert look(answer)[0].at == at_line(130)


def test_heartbeats_to_the_end_of_the_page_are_looked_behind(look: Look) -> None:
    """When the last lines are all heartbeats, one larger request looks further back."""
    found, served = look(Log(log_of("start", "solve", *[BEAT] * 300)))
    assert found.at == at_line(2)
    assert [asked.params["limit"] for asked in served.asked] == ["20", "1000"]


def test_heartbeats_as_far_as_one_looks_are_an_upper_bound(look: Look) -> None:
    """When even that shows only heartbeats, the activity was before the oldest of them, which errs
    to keeping.
    """
    entries = log_of("solve", *[BEAT] * 1500, step=timedelta(seconds=10))
    found, served = look(Log(entries))
    assert found.at is not None
    assert written(found.at) == entries[501]["timestamp"]
    assert found.source.startswith("only heartbeats from log line 502 of 1501 on")
    assert len(served.asked) == 2


@pytest.mark.parametrize(("field", "word"), [("started_at", "started"), ("created_at", "created")])
def test_a_log_of_nothing_but_heartbeats_leaves_the_start(
    look: Look, session: Session, field: str, word: str
) -> None:
    """A whole log of heartbeats means that nothing happened since the session started, or was
    created.
    """
    start = NOW - timedelta(hours=8)
    times: dict[str, Any] = {"started_at": None, "created_at": None, field: start}
    session = replace(session, **times)
    found, _ = look(Log(log_of(BEAT, BEAT)), session)
    assert found.at == start
    assert word in found.source


def test_a_log_of_nothing_but_heartbeats_and_no_start_tells_nothing(
    look: Look, session: Session
) -> None:
    """Without a known start such a log leaves the last activity unknown."""
    found, _ = look(Log(log_of(BEAT)), replace(session, created_at=None, started_at=None))
    assert found.at is None


def test_times_that_do_not_rise_err_to_keeping(look: Look) -> None:
    """Among lines whose times are out of order the latest time counts, whichever line has it."""
    entries = log_of(*["solve"] * 30)
    entries[25]["timestamp"], entries[29]["timestamp"] = (
        entries[29]["timestamp"],
        entries[25]["timestamp"],
    )
    assert look(Log(entries))[0].at == at_line(30)


def test_a_log_numbered_backwards_tells_nothing(look: Look) -> None:
    """Numbers that rise while the times fall leave it open which end is the newest."""
    entries = log_of(*["solve"] * 50)
    for number, entry in zip(range(50, 0, -1), entries, strict=True):
        entry["index"] = number
    found, _ = look(Log(entries[::-1]))
    assert found.at is None
    assert "fall" in found.source


def test_gaps_tell_nothing(look: Look) -> None:
    """Lines missing in between might be the ones that count."""
    entries = log_of(*["solve"] * 19, *[BEAT] * 31)
    del entries[30:48]
    found, _ = look(lambda _: {"total": 50, "items": entries[::-1][:20]})
    assert found.at is None
    assert "gaps" in found.source


@pytest.mark.parametrize(
    "bad", [None, 5, "soon", "2026-11-23T10:00:00", "1970-01-01T00:00:00Z", []]
)
def test_an_unreadable_time_tells_nothing_unless_it_is_a_heartbeats(
    look: Look, bad: object
) -> None:
    """A line whose time cannot be read makes the activity unknown.

    A heartbeat's does not matter.
    """
    entries = log_of("solve", "solve", BEAT)
    entries[1]["timestamp"] = bad
    found, _ = look(Log(entries))
    assert found.at is None
    assert "line 2 of 3" in found.source
    entries[1]["message"] = BEAT
    assert look(Log(entries))[0].at == at_line(1)


def test_a_line_without_text_is_activity(look: Look) -> None:
    """A message that is no text is no heartbeat."""
    entries = log_of("solve", "x")
    entries[1]["message"] = None
    assert look(Log(entries))[0].at == at_line(2)


def test_times_of_another_clock_tell_nothing(look: Look) -> None:
    """A log time in the future, or before the session was created, is none to count from."""
    for first, word in (
        (NOW + timedelta(minutes=2), "future"),
        (NOW - timedelta(days=3), "before"),
    ):
        found, _ = look(Log(log_of("x", first=first)))
        assert found.at is None
        assert word in found.source
    assert look(Log(log_of("x", first=NOW + timedelta(seconds=59))))[0].at is not None


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"total": 0, "items": []}, "the log is empty, which tells nothing"),
        ({"total": 3, "items": []}, "newest of 3"),
        ({"items": []}, "total"),
        ({"total": -1, "items": []}, "total"),
        ({"total": 1, "items": [None]}, "without a number"),
        ({"total": 1, "items": [{"index": "1"}]}, "without a number"),
        ({"total": 1}, "no list"),
        ([], "shape"),
        (b"<html>", "web page"),
        (b'{"total": 1, "ite', "not valid JSON"),
        ((404, {}), "nothing is found"),
        ((409, {}), "state"),
        ((503, {}), "503"),
        ((401, {}), "key"),
        (None, "dropped"),
    ],
)
def test_a_log_that_cannot_be_read_tells_why(look: Look, answer: object, word: str) -> None:
    """Whatever a server does, the activity is unknown and its source says why."""
    found, _ = look(lambda _: answer)
    assert found.at is None
    assert word in found.source
    assert "\n" not in found.source


@pytest.mark.parametrize(
    "pattern", ["", ".*", "x*", ".", "(", "[a", r"\w", "[a-z]", "(?!x)", r"(x)\1"]
)
def test_a_pattern_that_ignores_everything_is_refused(pattern: str) -> None:
    """A pattern that every line matches would make all sessions idle.

    A configuration error, as is a wrong one.
    """
    with pytest.raises(ConfigurationError, match=r"activity\.ignore"):
        compile_ignore([pattern])


@pytest.mark.parametrize(
    "message",
    [
        BEAT,
        "HEARTBEAT",
        "websocket keep-alive",
        "keepalive sent",
        "ping",
        "Health check ok",
        "2026-11-23 11:00:00,123 [worker-1] INFO: heartbeat",
        "[main] debug - pong",
        "[Thread 12] heartbeat",
    ],
)
def test_what_is_a_heartbeat(message: str) -> None:
    """The ready-made patterns know the usual heartbeats, in any case."""
    assert any(test(message) for test in IGNORE)


@pytest.mark.parametrize(
    "message",
    [
        "opened page Shipping",
        "ping-pong planner started",
        "user typed",
        "solve finished",
        "Procedure 'Health check planning' finished",
        "opened page Heartbeat monitor",
        "Health check planning",
        "Heartbeat monitor opened",
        "[anna] opened keep-alive",
        "[opened page Demand] ping",
        "[saved\u00a0case] heartbeat",
        "ping sent by anna",
        "procedure ping",
        "heartbeat\nprocedure Solve started",
        "procedure Solve started\nheartbeat",
        "ERROR heartbeat",
        "打开 heartbeat",
        "ping 成功",
        "é keepalive",
    ],
)
def test_what_is_no_heartbeat(message: str) -> None:
    """What a person or a solve does is never ignored."""
    assert not any(test(message) for test in IGNORE)


lines = st.lists(st.booleans(), min_size=1, max_size=60)


@given(
    beats=lines,
    ignores=st.sets(st.sampled_from(["sort", "limit", "offset"])),
    cap=st.integers(1, 70),
    shuffle=st.none() | st.randoms(),
    steps=st.lists(st.integers(0, 600), min_size=60, max_size=60),
)
@examples(300)
def test_no_order_of_the_answer_makes_a_session_look_more_idle(
    in_process: InProcess,
    *,
    beats: list[bool],
    ignores: set[str],
    cap: int,
    shuffle: Random | None,
    steps: list[int],
) -> None:
    """In whatever order and from whichever end a log is given, the activity found is never before
    the true one.
    """
    start = NOW - timedelta(hours=11)
    times = [start + timedelta(seconds=sum(steps[:number])) for number in range(len(beats))]
    entries = [
        {"index": number, "timestamp": written(at), "message": BEAT if beat else "solve"}
        for number, (at, beat) in enumerate(zip(times, beats, strict=True), start=1)
    ]
    truth = max((at for at, beat in zip(times, beats, strict=True) if not beat), default=start)
    log = Log(entries, ignores=ignores, cap=cap)

    def answer(request: httpx.Request) -> httpx.Response:
        page = log.page(dict(request.url.params))
        if shuffle is not None:
            shuffle.shuffle(page["items"])
        return httpx.Response(200, content=json.dumps(page))

    clock = in_process(answer)._clock
    session = Session("s1", "webui", "running", created_at=start, started_at=start)
    found = last_activity(in_process(answer), "/log", session, IGNORE, clock)
    assert found.at is None or found.at >= truth
    if not ignores and cap >= 60:
        assert found.at == truth
