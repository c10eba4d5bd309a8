"""The shapes of the session-manager's answers, and nothing but that.

A tenant that differs is a change here.

A page is validated in one stroke; only when that fails is it read entry by entry, so that a
malformed session costs nobody but itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Required, cast

from pydantic import FailFast, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from reaper.core.model.session import Problem, Session, Unreadable
from reaper.logs.redaction import one_line
from reaper.platforms.aimms.address import usable_id
from reaper.platforms.aimms.crowding import MOST_PARTS
from reaper.platforms.aimms.kinds import KINDS, SOLVE

if TYPE_CHECKING:
    from collections.abc import Callable

    Refuse = Callable[[str, bytes], Exception]

_OLDEST_YEAR = (
    2000  # what lies before is an unset time (year 1, or 1970), not one when a session lived
)
SHOWN = 60
_INFINITE = float("inf")
UNUSUAL = (
    b"\\u0000"  # no text of a session; databases refuse it, so such a page is read entry by entry
)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
"""RFC 3339's date-time; `fromisoformat` takes more."""


class Item(TypedDict, total=False):
    """A session as it is sent; newer tenants may call the kind its type."""

    id: Required[str]
    kind: str | None
    type: str | None
    name: str | None
    state: str | None
    user_name: str | None
    environment_name: str | None
    app_name: str | None
    app_version: str | None
    description: str | None
    created_at: str | None
    started_at: str | None
    ended_at: str | None
    message: str | None
    gb_hours: float | None
    run_time: float | None


class _SentPage(TypedDict):
    total: int
    items: Annotated[list[Item], FailFast()]


AMOUNTS: tuple[Literal["gb_hours", "run_time"], ...] = ("gb_hours", "run_time")
FIELDS = tuple(field for field in Item.__annotations__ if field not in AMOUNTS)
_CALLED = {
    "user_name": "user",
    "environment_name": "environment",
    "app_name": "app",
    "type": "kind",
}
"""What the wire calls otherwise than this program."""
TIMES: tuple[Literal["created_at", "started_at", "ended_at"], ...] = (
    "created_at",
    "started_at",
    "ended_at",
)
_PAGE = TypeAdapter(_SentPage)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `total` is None unless it is a number that a total can be."""

    total: int | None
    entries: list[Session | Unreadable]


def read_page(body: bytes, kind: str, refuse: Refuse) -> Page:
    """The page; raises what `refuse` makes when it is no page at all."""
    try:
        sent = _PAGE.validate_json(body, strict=True)
    except ValidationError:
        return _read_warily(body, kind, refuse)
    if (
        sent["total"] < 0
        or UNUSUAL in body
        or not all(usable_id(item["id"]) for item in sent["items"])
    ):
        return _read_warily(body, kind, refuse)
    try:
        return Page(sent["total"], [_session(item, kind) for item in sent["items"]])
    except ValueError:
        return _read_warily(body, kind, refuse)


def read_session(body: bytes, kind: str, refuse: Refuse) -> Session | Unreadable:
    """The answer to a question for one session."""
    return _entry(read_object(body, refuse), kind)


def read_object(body: bytes, refuse: Refuse) -> dict[str, Any]:
    """A JSON object; raises what `refuse` makes when it is something else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refuse("the answer is not valid JSON, or is incomplete", body) from error
    if not isinstance(document, dict):
        raise refuse("the answer is JSON of another shape than the API describes", body)
    return document


def items_of(document: dict[str, Any], key: str, body: bytes, refuse: Refuse) -> list[Any]:
    """The list under the key; raises what `refuse` makes when there is none."""
    items = document.get(key)
    if not isinstance(items, list):
        raise refuse(f"the answer holds no list {key!r}", body)
    if len(items) > MOST_PARTS:
        raise refuse(f"the answer holds {len(items):,} entries, which is too much", body)
    return items


def total_of(value: object) -> int | None:
    """The value if a total can be that."""
    return value if type(value) is int and value >= 0 else None


def moment(text: str) -> datetime:
    """An RFC 3339 time in UTC.

    Raises ValueError for anything else, also for a time of before there were sessions.
    """
    written = _TIME.fullmatch(text)
    if written is None:
        raise ValueError(text)
    if written[1] == "60":
        return _after_leap_second(text, written.start(1))
    moment = datetime.fromisoformat(text if text[-1] != "z" else text.upper())
    if moment.year < _OLDEST_YEAR:
        raise ValueError(text)
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _after_leap_second(text: str, at: int) -> datetime:
    """The midnight (UTC) that follows a leap second; there is none at another time of day."""
    before = moment(f"{text[:at]}59{text[at + 2 :]}").replace(microsecond=0)
    if (before.hour, before.minute) != (23, 59):
        raise ValueError(text)
    return before + timedelta(seconds=1)


def shown(value: object) -> str:
    """The value as it may stand in a report."""
    return one_line(repr(value), SHOWN)


def _read_warily(body: bytes, kind: str, refuse: Refuse) -> Page:
    document = read_object(body, refuse)
    items = items_of(document, "items", body, refuse)
    return Page(total_of(document.get("total")), [_entry(item, kind) for item in items])


def _entry(sent: object, kind: str) -> Session | Unreadable:
    """An entry that may hold anything; what cannot be read becomes a problem of this session."""
    if not isinstance(sent, dict):
        return Unreadable(kind, None, f"no session but {shown(sent)}")
    item, problems = _readable(sent)
    named = usable_id(item.get("id"))
    session = _session({**item, "id": sent["id"] if named else ""}, kind, problems)
    if named:
        return session
    why = f"no usable id: {shown(sent.get('id'))} in {shown(sent)}"
    return Unreadable(
        kind, None, why, session.glimpse if isinstance(session, Unreadable) else session
    )


def _readable(sent: dict[str, Any]) -> tuple[Item, tuple[Problem, ...]]:
    """The fields of an entry that can be read, and what is wrong with the others."""
    tests: dict[str, Callable[[object], bool]] = dict.fromkeys(FIELDS, _is_text)
    tests.update(dict.fromkeys(AMOUNTS, _is_amount))
    tests.update(dict.fromkeys(TIMES, _is_time))
    bad = {
        field
        for field, test in tests.items()
        if sent.get(field) is not None and not test(sent[field])
    }
    item = {field: sent[field] for field in tests if field in sent and field not in bad}
    problems = [_problem(field, sent[field]) for field in tests if field in bad and field != "id"]
    return cast("Item", item), tuple(problems)


def unused_problems(sent: dict[str, Any]) -> list[str]:
    """What is unreadable of the fields that the API describes and the reaper does not use."""
    tests = {"account_name": _is_text, "queue_time": _is_amount, "launch_time": _is_amount}
    bad = [
        field
        for field, test in tests.items()
        if sent.get(field) is not None and not test(sent[field])
    ]
    return [
        f"{field}: {shown(sent[field])} is not {'text' if field == 'account_name' else 'an amount'}"
        for field in bad
    ]


def _problem(field: str, value: object) -> Problem:
    wanted = "an amount" if field in AMOUNTS else "a time" if field in TIMES else "text"
    return Problem(_CALLED.get(field, field), f"{field}: {shown(value)} is not {wanted}")


def _is_amount(value: object) -> bool:
    """A finite number that is not negative."""
    return type(value) in (int, float) and 0 <= value < _INFINITE  # type: ignore[operator]


def _is_text(value: object) -> bool:
    """Text without what no database and no file takes: lone surrogates and NUL."""
    if not isinstance(value, str):
        return False
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _is_time(value: object) -> bool:
    try:
        moment(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _session(item: Item, kind: str, problems: tuple[Problem, ...] = ()) -> Session | Unreadable:
    """The session of an item whose fields can be read.

    The hot path of every look, and written for it.

    Raises ValueError where a time or an amount cannot be read.
    """
    state, used, ran = item.get("state"), item.get("gb_hours"), item.get("run_time")
    created_at, started_at, ended_at = (
        item.get("created_at"),
        item.get("started_at"),
        item.get("ended_at"),
    )
    if (used is not None and not 0 <= used < _INFINITE) or (
        ran is not None and not 0 <= ran < _INFINITE
    ):
        raise ValueError(item)
    session = Session(
        item["id"],
        kind,
        _lowered(state) if state else None,
        item.get("user_name") or None,
        item.get("environment_name") or None,
        item.get("app_name") or None,
        item.get("app_version") or None,
        item.get("name") or ("" if "name" in item else None),
        item.get("description") or ("" if "description" in item else None),
        None if created_at is None else moment(created_at),
        None if started_at is None else moment(started_at),
        None if ended_at is None else moment(ended_at),
        item.get("message") or ("" if "message" in item else None),
        problems,
        used,
        run_time=ran,
    )
    if problems or item.get("kind") != kind or "type" in item:
        return _of_its_kind(session, item)
    return session


@lru_cache(64)
def _lowered(state: str) -> str:
    """One text for the many sessions in a state."""
    return state.lower()


def _of_its_kind(session: Session, item: Item) -> Session | Unreadable:
    """The session, unless it says that it is of another kind than the list, or says so
    unreadably.
    """
    unreadable = [problem.why for problem in session.problems if problem.field == "kind"]
    kind, alias = item.get("kind"), item.get("type")
    if kind is None:
        kind = alias
    elif alias is not None and alias.lower() in KINDS and alias.lower() != kind.lower():
        unreadable.append(f"kind: {shown(kind)}, though its type is {shown(alias)}")
    if kind is not None and kind.lower() != session.kind:
        unreadable.append(f"kind: {shown(kind)} in the list of {session.kind}")
    if not unreadable:
        return session
    perhaps = replace(
        session, kind=SOLVE
    )  # the kind that protects most: it may be in flight for its owner
    return Unreadable(session.kind, session.id or None, unreadable[0], perhaps)
