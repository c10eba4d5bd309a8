"""Filtering, sorting and cutting the list of a kind into pages."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .config import Key
from .parameters import SessionQuery
from .session import COMPUTED, Session

if TYPE_CHECKING:
    from .world import World

Test = Callable[[Session], bool]
_PAGING = {"offset", "limit", "sort"}
_OPERATORS = ("_equal_cs", "_equal_ci", "_contain_cs", "_contain_ci", "_not_in", "_in")
_NEWEST_FIRST = "-created_at"
_OLDEST_FIRST = "created_at"


def page(world: "World", kind: str, query: SessionQuery, key: Key) -> tuple[int, list[str]]:
    """How many match in all that the key sees, and the JSON of those on the page."""
    tests = _tests(query)
    if not key.administrator:
        tests.append(lambda session: key.sees(session.user_name, session.environment_name))
    with world.moment() as now:
        found = _ordered(list(_matching(world.of_kind(kind), tests)), query.sort, now)
        end = query.offset + min(query.limit, world.page_cap)
        return len(found), [session.json(now) for session in found[query.offset : end]]


def _matching(sessions: Iterable[Session], tests: list[Test]) -> Iterable[Session]:
    for test in tests:
        sessions = filter(test, sessions)
    return sessions


def _tests(query: SessionQuery) -> list[Test]:
    given = {name: getattr(query, name) for name in query.model_fields_set - _PAGING}
    return [_test(name, value) for name, value in given.items() if value is not None]


def _test(name: str, value: str | datetime) -> Test:
    if isinstance(value, datetime):
        return partial(_since if name == "created_at_from" else _until, value)
    operator = next(operator for operator in _OPERATORS if name.endswith(operator))
    return partial(_TESTS[operator], name.removesuffix(operator), _wanted(operator, value))


def _since(moment: datetime, session: Session) -> bool:
    return session.created_at >= moment


def _until(moment: datetime, session: Session) -> bool:
    return session.created_at < moment


def _wanted(operator: str, value: str) -> str | frozenset[str]:
    if operator.endswith("in"):
        return frozenset(value.split(","))
    return value.casefold() if operator.endswith("ci") else value


def _text(session: Session, field: str) -> str:
    return getattr(session, field) or ""


_TESTS: dict[str, Callable[[str, Any, Session], bool]] = {
    "_equal_cs": lambda field, wanted, session: _text(session, field) == wanted,
    "_equal_ci": lambda field, wanted, session: _text(session, field).casefold() == wanted,
    "_contain_cs": lambda field, wanted, session: wanted in _text(session, field),
    "_contain_ci": lambda field, wanted, session: wanted in _text(session, field).casefold(),
    "_in": lambda field, wanted, session: _text(session, field) in wanted,
    "_not_in": lambda field, wanted, session: _text(session, field) not in wanted,
}


def _ordered(oldest_first: list[Session], sort: str, now: datetime) -> list[Session]:
    """Stable: the last field is sorted by first, and equals stay in the order of their age."""
    if sort == _OLDEST_FIRST:
        return oldest_first
    if sort == _NEWEST_FIRST:
        return oldest_first[::-1]
    for name in reversed(sort.split(",")):
        field = name.removeprefix("-")
        read = (
            partial(Session.field, name=field, now=now) if field in COMPUTED else attrgetter(field)
        )
        oldest_first.sort(key=partial(_sort_key, read), reverse=name != field)
    return oldest_first


def _sort_key(read: Callable[[Session], Any], session: Session) -> tuple[bool, Any]:
    """What is not there sorts before all that is."""
    value = read(session)
    return (value is not None, value if value is not None else 0)
