"""The shapes of answers: exact for good sessions, and a bad one costs only itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reaper.core.model.session import Session, Unreadable
from reaper.platforms.aimms.wire import moment, read_page, read_session

if TYPE_CHECKING:
    from support.scripted_server import MakeItem


class Refused(Exception):
    """What these tests raise for an answer that is no page."""


def refuse(what: str, _body: bytes) -> Refused:
    return Refused(what)


def page_of(*items: object, total: object = None) -> bytes:
    return json.dumps({"total": len(items) if total is None else total, "items": items}).encode()


def only(item: object, kind: str = "webui") -> Session | Unreadable:
    (entry,) = read_page(page_of(item), kind, refuse).entries
    return entry


def readable(item: object, kind: str = "webui") -> Session:
    entry = only(item, kind)
    assert isinstance(entry, Session)
    return entry


def test_a_good_session_is_read_exactly(item: MakeItem) -> None:
    """Every field of the contract arrives where the rules look for it."""
    entry = only(
        item(
            7,
            started_at="2026-11-23T05:00:00.250Z",
            description="why",
            ended_at="2026-11-23T06:00:00+01:00",
        )
    )
    assert entry == Session(
        id="00000000-0000-4000-8000-000000000007",
        kind="webui",
        state="running",
        user="ann",
        environment="ROOT",
        app="Planner",
        app_version="1.2",
        name="Session 7",
        description="why",
        created_at=datetime(2026, 11, 23, 3, 0, 7, tzinfo=UTC),
        started_at=datetime(2026, 11, 23, 5, 0, 0, 250_000, tzinfo=UTC),
        ended_at=datetime(2026, 11, 23, 5, 0, tzinfo=UTC),
        message="",
        gb_hours=0.5,
    )


@pytest.mark.parametrize("field", ["name", "description", "message"])
def test_a_null_text_is_empty_and_an_absent_one_unknown(item: MakeItem, field: str) -> None:
    """Null in a text means that it is empty; a text that was not sent is not known."""
    assert getattr(only(item(**{field: None})), field) == ""
    assert getattr(only(item(**{field: ...})), field) is None


@pytest.mark.parametrize("value", [None, ..., ""])
def test_an_owner_without_a_name_is_unknown(item: MakeItem, value: object) -> None:
    """Null, absent and empty all leave the owner and the app unknown."""
    entry = readable(
        item(user_name=value, environment_name=value, app_name=value, app_version=value)
    )
    assert (entry.user, entry.environment, entry.app, entry.app_version) == (None,) * 4
    assert entry.problems == ()


@pytest.mark.parametrize(
    "bad", [5, True, [], {}, "yesterday", "2026-11-23T10:00:00", "2026-11-23", "1700000000", ""]
)
def test_an_unreadable_time_is_a_problem_of_its_session_only(item: MakeItem, bad: object) -> None:
    """A time that is none, or lacks its zone, is not guessed but named, and the neighbours are as
    good as ever.
    """
    page = read_page(page_of(item(1), item(2, created_at=bad), item(3)), "webui", refuse)
    good, spoiled, other = (one for one in page.entries if isinstance(one, Session))
    assert (good.problems, other.problems) == ((), ())
    assert spoiled.created_at is None
    assert spoiled.user == "ann"
    (problem,) = spoiled.problems
    assert (problem.field, str(problem)[:12]) == ("created_at", "created_at: ")


@pytest.mark.parametrize(
    "unset", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00"]
)
def test_the_zero_of_a_clock_is_no_time(unset: str) -> None:
    """A time that stands for 'not set' in other systems does not make a session two thousand years
    old.
    """
    with pytest.raises(ValueError, match=unset[:4]):
        moment(unset)


@pytest.mark.parametrize("bad", [None, ..., "", 5, [], " a", "a\n", ".", "..", "x" * 201])
def test_without_a_usable_id_an_entry_is_unreadable(item: MakeItem, bad: object) -> None:
    """What has no id that can stand in a path is reported, and costs only itself."""
    page = read_page(page_of(item(1), item(2, id=bad)), "webui", refuse)
    assert isinstance(page.entries[0], Session)
    assert isinstance(page.entries[1], Unreadable)
    assert page.entries[1].id is None
    assert "no usable id" in page.entries[1].problem


@pytest.mark.parametrize("entry", [None, 5, "session", [], True])
def test_what_is_no_object_is_unreadable(item: MakeItem, entry: object) -> None:
    """An entry of the list that is no object is reported, and costs only itself."""
    page = read_page(page_of(entry, item(1)), "webui", refuse)
    assert [type(found) for found in page.entries] == [Unreadable, Session]
    assert page.total == 2


def test_another_kind_is_not_trusted(item: MakeItem) -> None:
    """An entry of a kind that was not asked for is reported, not judged."""
    found = only(item(kind="task"))
    assert isinstance(found, Unreadable)
    assert found.id is not None
    assert isinstance(only(item(kind=5)), Unreadable)


@pytest.mark.parametrize("sent", ["WebUI", None, ...])
def test_the_kind_is_read_without_regard_to_case_and_filled_in(
    item: MakeItem, sent: object
) -> None:
    """A kind spelled otherwise, or not sent, is the kind of the list."""
    assert readable(item(kind=sent)).kind == "webui"


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_takes_is_a_problem(item: MakeItem, text: str) -> None:
    """NUL and lone surrogates make a field unknown, so that storing the session cannot fail."""
    entry = readable(item(description=text, user_name=text))
    assert (entry.description, entry.user) == (None, None)
    assert len(entry.problems) == 2
    assert all(str(problem).isprintable() for problem in entry.problems)


def test_a_state_that_is_no_text_is_unknown(item: MakeItem) -> None:
    """A state of another type is no state, so the session counts neither as running nor as over."""
    entry = readable(item(state=3))
    assert entry.state is None
    assert entry.problems


@pytest.mark.parametrize("total", [-1, 1.5, "3", None, True, [], 10**30 * 1.0])
def test_a_total_that_is_none_is_not_believed(item: MakeItem, total: object) -> None:
    """A total that no count can be is unknown; the sessions are read all the same."""
    page = read_page(json.dumps({"total": total, "items": [item()]}).encode(), "webui", refuse)
    assert page.total is None
    assert isinstance(page.entries[0], Session)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"total": 1, "items": [',
        b"[]",
        b"null",
        b'{"total": 0}',
        b'{"items": {}}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    """HTML, half a document and other shapes are not what the contract says."""
    with pytest.raises(Refused):
        read_page(body, "webui", refuse)
    with pytest.raises(Refused):
        read_page(b"1" * 5000, "webui", refuse)


def test_one_session_is_read_as_warily() -> None:
    """The answer for one session is read like an entry of a list."""
    assert isinstance(
        read_session(b'{"id": "a", "kind": "task", "state": "QUEUED"}', "task", refuse), Session
    )
    assert isinstance(read_session(b"{}", "task", refuse), Unreadable)


@given(
    # a zone is added
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_every_zone_means_the_same_moment(naive: datetime, minutes: int) -> None:
    """A time written in any zone is the same moment, in UTC."""
    written = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    found = moment(written.isoformat())
    assert found == written
    assert found.tzinfo is UTC


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["id", "kind", "state", "user_name", "created_at", "started_at", "message", "else"]
)


@given(st.lists(JSON | st.dictionaries(FIELDS, JSON), max_size=5))
def test_any_json_in_a_list_costs_only_itself(items: list[object]) -> None:
    """Whatever JSON stands among the entries, there is one finding for each, and a good neighbour
    stays good.
    """
    good = {"id": "good", "state": "running", "created_at": "2026-11-23T10:00:00Z"}
    page = read_page(page_of(*items, good), "webui", refuse)
    assert len(page.entries) == len(items) + 1
    last = page.entries[-1]
    assert isinstance(last, Session)
    assert (last.id, last.problems) == ("good", ())


@pytest.mark.parametrize("sent", ["much", -1, True, [], 1e999])
def test_an_amount_that_is_none_is_not_known(item: MakeItem, sent: object) -> None:
    """What was used is a number that is not negative; anything else costs only that field."""
    entry = only(item(7, gb_hours=sent))
    assert isinstance(entry, Session)
    assert (entry.gb_hours, entry.state) == (None, "running")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T00:00:00Z", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20t00:00:00z", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T00:00:00.5Z", datetime(2026, 11, 20, 0, 0, 0, 500_000, UTC)),
        ("2026-11-20T00:00:00.1234567891Z", datetime(2026, 11, 20, 0, 0, 0, 123_456, UTC)),
        ("2026-11-20T00:00:00-23:59", datetime(2026, 11, 20, 23, 59, tzinfo=UTC)),
        ("2026-11-20T23:59:00+23:59", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T00:00:00-00:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T00:59:60.9+01:00", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_rfc_3339_allows_is_a_time(text: str, at: datetime) -> None:
    """Either case of T and Z, any number of fractional digits, offsets below a day, and the leap
    second.
    """
    assert moment(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T00Z",
        "2026-11-20T00:00Z",
        "20261120T000000Z",
        "2026-W47-5T00:00:00Z",
        "2026-W47-5T00:00:00.000Z",
        "2026-324T00:00:00Z",
        "2026-11-20 00:00:00Z",
        "2026-11-20_00:00:00Z",
        "2026-11-20T00:00:00,5Z",
        "2026-11-20T00:00:00.Z",
        "2026-11-20T00:00:00",
        "2026-11-20T00:00:00+01",
        "2026-11-20T00:00:00+0100",
        "2026-11-20T00:00:00+01:00:30",
        "2026-11-20T00:00:00+24:00",
        "2026-11-20T00:00:00+00:60",
        "2026-11-20T24:00:00Z",
        "2026-11-20T00:60:00Z",
        "2026-11-20T00:00:61Z",
        "2026-11-20T12:00:60Z",
        "2026-11-31T00:00:00Z",
        "2026-11-20T00:00:00ZZ",
        " 2026-11-20T00:00:00Z",
        "2026-11-20T00:00:00Z\n",
        "+2026-11-20T00:00:00Z",
        "٢٠٢٦-11-20T00:00:00Z",
    ],
)
def test_what_rfc_3339_does_not_allow_is_no_time(text: str) -> None:
    """Other forms of ISO 8601, and what no calendar or clock has, are not guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011 - every ValueError is a refusal
        moment(text)


@pytest.mark.parametrize(
    ("field", "bad"), [("gb_hours", -1), ("gb_hours", "5"), ("run_time", True), ("run_time", [])]
)
def test_an_unreadable_amount_is_a_problem(item: MakeItem, field: str, bad: object) -> None:
    """An amount that is none is named, not taken for one that was not sent."""
    (problem,) = readable(item(**{field: bad})).problems
    assert problem.field == field


@pytest.mark.parametrize(
    ("sent", "seconds"), [("612.24", 612.24), ("6.1224e2", 612.24), ("7", 7.0), ("null", None)]
)
def test_the_run_time_is_any_number(item: MakeItem, sent: str, seconds: float | None) -> None:
    """Integers, decimals and exponents are seconds; null is not known."""
    body = page_of(item(run_time=123456789)).replace(b"123456789", sent.encode())
    (entry,) = read_page(body, "webui", refuse).entries
    assert isinstance(entry, Session)
    assert (entry.run_time, entry.problems) == (seconds, ())


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"kind": ..., "type": "WebUI"}, True),
        ({"kind": None, "type": "webui"}, True),
        ({"type": "webui"}, True),
        ({"kind": ..., "type": "task"}, False),
        ({"kind": ..., "type": 5}, False),
        ({"type": "task"}, False),
    ],
)
def test_the_type_is_another_name_of_the_kind(
    item: MakeItem, changes: dict[str, object], good: bool
) -> None:
    """Newer tenants may say `type`; where the two differ, the kind is not known."""
    assert isinstance(only(item(**changes)), Session if good else Unreadable)


def test_what_can_be_read_of_an_unreadable_entry_is_kept(item: MakeItem) -> None:
    """Whose an entry without a usable id is still counts for its owner."""
    entry = only(item(id="../task/x", created_at="garbage"))
    assert isinstance(entry, Unreadable)
    assert entry.glimpse is not None
    assert entry.glimpse.owner == "ann@ROOT"
    assert [problem.field for problem in entry.glimpse.problems] == ["created_at"]
