"""Logs: real entries and heartbeats as one numbered whole."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reaper.emulator import HEARTBEAT
from reaper.emulator.log import Line, Log

if TYPE_CHECKING:
    from support.emulated_account import Open

BUSY = {"id": "x", "age": "3h", "idle": "2h", "heartbeat": "1m", "log_entries": 5}
ZERO = datetime(2026, 3, 2, tzinfo=UTC)


def seconds(count: int) -> datetime:
    return ZERO + timedelta(seconds=count)


def written_out(log: Log, now: datetime) -> list[Line]:
    """The log the slow way: every line there is, put in order."""
    lines = [(at, 1, message) for at, message in log.entries]
    beat, last = log.since, min(now, log.until or now)
    while log.heartbeat and (beat := beat + log.heartbeat) <= last:
        lines.append((beat, 0, HEARTBEAT))
    ordered = sorted(lines, key=lambda line: line[:2])
    return [Line(number, at, message) for number, (at, _, message) in enumerate(ordered, 1)]


@given(
    entries=st.lists(st.integers(0, 300), max_size=12).map(sorted),
    heartbeat=st.none() | st.integers(1, 70),
    until=st.none() | st.integers(0, 300),
    begin=st.none() | st.integers(-10, 320),
    end=st.none() | st.integers(-10, 320),
    contains=st.sampled_from([None, "", "entry", "entry 1", "heart", "e", "nowhere"]),
)
@settings(database=None, deadline=None, derandomize=True)
def test_computed_log_is_the_written_out_one(
    *,
    entries: list[int],
    heartbeat: int | None,
    until: int | None,
    begin: int | None,
    end: int | None,
    contains: str | None,
) -> None:
    """Computing heartbeats gives the very lines that storing them all would give, for
    every filter.
    """
    log = Log(
        since=ZERO,
        heartbeat=None if heartbeat is None else timedelta(seconds=heartbeat),
        until=None if until is None else seconds(until),
        entries=[(seconds(at), f"entry {number}") for number, at in enumerate(entries)],
    )
    first, last = (None if moment is None else seconds(moment) for moment in (begin, end))
    window = log.window(seconds(300), first, last)
    assert [log.line(place) for place in window.containing(contains)] == [
        line
        for line in written_out(log, seconds(300))
        if (first is None or line.at >= first)
        and (last is None or line.at < last)
        and (contains or "") in line.message
    ]


def test_last_real_entry_behind_heartbeats(tenant: "Open") -> None:
    """The newest lines are heartbeats up to now.

    The last real entry is as old as the session is idle.
    """
    items = tenant(BUSY).get("/webui/x/logs", sort="-index", limit=200)["items"]
    assert (items[0]["message"], items[0]["timestamp"]) == (HEARTBEAT, "2026-03-02T08:59:04.000Z")
    real = next(item for item in items if item["message"] != HEARTBEAT)
    assert real["timestamp"] == "2026-03-02T07:00:00.000Z"


def test_heartbeats_are_not_stored(tenant: "Open") -> None:
    """Days of heartbeats cost nothing: only real entries are kept."""
    account = tenant(BUSY | {"age": "30d", "idle": "29d", "heartbeat": "1s"})
    assert account.get("/webui/x/logs", limit=1)["total"] > 2_000_000
    assert len(account.world.get("x").log.entries) == 5


def test_lines_are_numbered_over_the_whole_log(tenant: "Open") -> None:
    """A line keeps its number, whatever part of the log is asked for."""
    account = tenant(BUSY)
    whole = account.get("/webui/x/logs", limit=1000)["items"]
    assert [item["index"] for item in whole] == list(range(1, len(whole) + 1))
    saved = account.get("/webui/x/logs", contains="case 'Base' saved")["items"]
    assert saved == [item for item in whole if "saved" in item["message"]]


def test_begin_and_end(tenant: "Open") -> None:
    """`begin` includes its moment and `end` excludes it."""
    window = {"begin": "2026-03-02T08:58:04Z", "end": "2026-03-02T08:59:04Z"}
    items = tenant(BUSY).get("/webui/x/logs", **window)["items"]
    assert [item["timestamp"] for item in items] == ["2026-03-02T08:58:04.000Z"]


def test_pages_of_a_log(tenant: "Open") -> None:
    """Offset and limit walk backwards too, and the total stays that of the whole."""
    account = tenant(BUSY)
    total = account.get("/webui/x/logs")["total"]
    page = account.get("/webui/x/logs", sort="-index", offset=2, limit=3)
    assert (page["total"], [item["index"] for item in page["items"]]) == (
        total,
        [total - 2, total - 3, total - 4],
    )


@pytest.mark.parametrize("generation", [1, 2])
def test_old_address(tenant: "Open", generation: int) -> None:
    """The old address answers in both generations, the new one only in the second."""
    account = tenant(BUSY, generation=generation)
    assert account.get("/logs/webui/x", limit=1)["items"][0]["message"].startswith(
        "session started"
    )
    assert account.status("GET", "/webui/x/logs") == (404 if generation == 1 else 200)


def test_download(tenant: "Open") -> None:
    """The download is the whole log as text, a line each."""
    account = tenant(BUSY)
    response = account.call("GET", "/webui/x/logs/download")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert len(lines) == account.get("/webui/x/logs", limit=1)["total"]
    assert lines[0] == "1 2026-03-02T06:00:04.000Z session started: Demand Forecasting 1.0"


@pytest.mark.parametrize("kind", ["task", "solve"])
def test_queued_sessions_have_no_log(tenant: "Open", kind: str) -> None:
    """The log of a queued session is refused with 409, under every address."""
    account = tenant({"id": "x", "kind": kind, "state": "queued"})
    addresses = (f"/{kind}/x/logs", f"/{kind}/x/logs/download", f"/logs/{kind}/x")
    assert [account.status("GET", address) for address in addresses] == [409, 409, 409]


def test_log_can_be_empty(tenant: "Open") -> None:
    """A session without any entry has an empty log, not an error."""
    assert tenant({"id": "x", "log_entries": 0}).get("/webui/x/logs") == {"total": 0, "items": []}


def test_touch_writes_a_real_line(tenant: "Open") -> None:
    """What an owner does stands in the log at that moment."""
    account = tenant({"id": "x", "idle": "1h"})
    account.world.advance(timedelta(minutes=5))
    account.world.touch("x", "case 'Base' saved")
    last = account.get("/webui/x/logs", sort="-index", limit=1)["items"][0]
    assert (last["timestamp"], last["message"]) == ("2026-03-02T09:05:00.000Z", "case 'Base' saved")


def test_log_of_what_is_over_stands_still(tenant: "Open") -> None:
    """Heartbeats end with the session."""
    account = tenant({"id": "x", "age": "1h", "heartbeat": "1m"})
    account.world.end("x")
    total = account.get("/webui/x/logs")["total"]
    account.world.advance(timedelta(hours=1))
    assert account.get("/webui/x/logs")["total"] == total
