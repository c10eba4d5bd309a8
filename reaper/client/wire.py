"""The shapes of the session-manager's answers, and nothing but that: a tenant that differs is a change here.

A page is validated in one stroke; only when that fails is it read entry by entry, so that a malformed session
costs nobody but itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Required

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from reaper.client.address import usable_id
from reaper.client.faults import one_line
from reaper.core.session import Session, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    Refuse = Callable[[str, bytes], Exception]

OLDEST_YEAR = 2000  # what lies before is an unset time (year 1, or 1970), not one when a session lived
SHOWN = 60
INFINITE = float("inf")
UNUSUAL = b"\\u0000"  # no text of a session; databases refuse it, so such a page is read entry by entry


class Item(TypedDict, total=False):
    """A session as it is sent."""

    id: Required[str]
    kind: str | None
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


class _SentPage(TypedDict):
    total: int
    items: list[Item]


FIELDS = tuple(field for field in Item.__annotations__ if field != "gb_hours")
TIMES: tuple[Literal["created_at", "started_at", "ended_at"], ...] = ("created_at", "started_at", "ended_at")
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
    if sent["total"] < 0 or UNUSUAL in body:
        return _read_warily(body, kind, refuse)
    return Page(sent["total"], [_session(item, kind) for item in sent["items"]])


def read_session(body: bytes, kind: str, refuse: Refuse) -> Session | Unreadable:
    """The answer to a question for one session."""
    return _entry(read_object(body, refuse), kind)


def read_object(body: bytes, refuse: Refuse) -> dict[str, Any]:
    """A JSON object; raises what `refuse` makes when it is something else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refuse("the answer is no JSON, or not all of it", body) from error
    if not isinstance(found, dict):
        raise refuse("the answer is JSON of another shape than the API describes", body)
    return found


def items_of(found: dict[str, Any], key: str, body: bytes, refuse: Refuse) -> list[Any]:
    """The list under the key; raises what `refuse` makes when there is none."""
    items = found.get(key)
    if not isinstance(items, list):
        raise refuse(f"the answer holds no list {key!r}", body)
    return items


def total_of(value: object) -> int | None:
    """The value if a total can be that."""
    return value if type(value) is int and value >= 0 else None


def moment(text: str) -> datetime:
    """An RFC 3339 time in UTC. Raises ValueError for anything else, also for a time without a zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or found.year < OLDEST_YEAR:
        raise ValueError(text)
    try:
        return found if found.tzinfo is UTC else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def shown(value: object) -> str:
    """The value as it may stand in a report."""
    text = one_line(repr(value))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _read_warily(body: bytes, kind: str, refuse: Refuse) -> Page:
    found = read_object(body, refuse)
    items = items_of(found, "items", body, refuse)
    return Page(total_of(found.get("total")), [_entry(item, kind) for item in items])


def _entry(sent: object, kind: str) -> Session | Unreadable:
    """An entry that may hold anything; what is no text becomes a problem of this session."""
    if not isinstance(sent, dict):
        return Unreadable(kind, None, f"no session but {shown(sent)}")
    if not usable_id(sent.get("id")):
        return Unreadable(kind, None, f"no usable id: {shown(sent.get('id'))} in {shown(sent)}")
    bad = [field for field in FIELDS if not _is_text(sent.get(field))]
    problems = tuple(f"{field}: {shown(sent[field])} is no text" for field in bad)
    used = sent.get("gb_hours")
    if not (used is None or _is_amount(used)):
        problems = (*problems, f"gb_hours: {shown(used)} is no amount")
    if "kind" in bad:
        return Unreadable(kind, sent["id"], problems[0])
    item: Item = {field: sent[field] for field in FIELDS if field in sent and field not in bad}  # type: ignore[assignment]
    item["gb_hours"] = used if _is_amount(used) else None
    return _session(item, kind, problems)


def _is_amount(value: object) -> bool:
    """A finite number that is not negative."""
    return type(value) in (int, float) and 0 <= value < INFINITE  # type: ignore[operator]


def _is_text(value: object) -> bool:
    """None, or text without what no database and no file takes: lone surrogates and NUL."""
    if not isinstance(value, str):
        return value is None
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _session(item: Item, kind: str, problems: tuple[str, ...] = ()) -> Session | Unreadable:
    """The session of an item whose fields are text; the hot path of every look, and written for it."""
    name, said, state = item["id"], item.get("kind"), item.get("state")
    if not usable_id(name):
        return Unreadable(kind, None, f"no usable id: {shown(name)} in {shown(item)}")
    if said != kind and isinstance(said, str) and said.lower() != kind:
        return Unreadable(kind, name, f"kind: {shown(said)} in the list of {kind}")
    used = item.get("gb_hours")
    created_at, started_at, ended_at = item.get("created_at"), item.get("started_at"), item.get("ended_at")
    try:
        created = None if created_at is None else moment(created_at)
        started = None if started_at is None else moment(started_at)
        ended = None if ended_at is None else moment(ended_at)
    except ValueError:
        return _session(*_without_bad_times(item, kind, problems))
    return Session(
        name,
        kind,
        state.lower() if state else None,
        item.get("user_name") or None,
        item.get("environment_name") or None,
        item.get("app_name") or None,
        item.get("app_version") or None,
        item.get("name") or ("" if "name" in item else None),
        item.get("description") or ("" if "description" in item else None),
        created,
        started,
        ended,
        item.get("message") or ("" if "message" in item else None),
        problems,
        used if used is not None and 0 <= used < INFINITE else None,
    )


def _without_bad_times(item: Item, kind: str, problems: tuple[str, ...]) -> tuple[Item, str, tuple[str, ...]]:
    """The same with each unreadable time made unknown, and a problem instead."""
    clean = item.copy()
    for field in TIMES:
        text = item.get(field)
        if text is not None and not _is_time(text):
            del clean[field]
            problems = (*problems, f"{field}: {shown(text)} is no time")
    return clean, kind, problems


def _is_time(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True
