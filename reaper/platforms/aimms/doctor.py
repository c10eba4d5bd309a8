"""What is wrong with an account, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reaper.core.model.matching import Answer
from reaper.core.model.session import Phase, Session, Unreadable
from reaper.errors import (
    AccountError,
    MissingScope,
    NotFound,
    Unauthorized,
    Unreachable,
    rejects_key,
)
from reaper.platforms.aimms.address import SESSIONS, TASKS
from reaper.platforms.aimms.faults import BadRequest
from reaper.platforms.aimms.generation import NOTHING, Shown, look
from reaper.platforms.aimms.key import PARTIAL, is_administrators
from reaper.platforms.aimms.logs import DEFAULT_IGNORE, compile_ignore
from reaper.platforms.aimms.sessions import UNKNOWN, SessionManager
from reaper.platforms.aimms.wire import (
    AMOUNTS,
    FIELDS,
    items_of,
    read_object,
    read_page,
    unused_problems,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reaper.platforms.aimms.connection import Connection
    from reaper.ports import Clock

    Generation = Literal[1, 2]

WORST_SKEW = 30.0
SAMPLE = 50
UNUSED = frozenset({"account_name", "queue_time", "launch_time"})  # known, not needed
NEW_KEY = (
    "make a key with this scope in the portal (a key lives at most one year) and "
    "set it in the settings"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `ok` is None where nothing can be said.

    `advice` is empty where nothing is to be done.
    """

    name: str
    ok: bool | None
    detail: str
    advice: str = ""


def examine(connection: Connection, generation: Literal["auto", 1, 2], clock: Clock) -> list[Check]:
    """Every check that makes sense after the ones before it.

    Raises nothing for what a server can do.
    """
    return list(_checks(connection, generation, clock))


def _checks(
    connection: Connection, setting: Literal["auto", 1, 2], clock: Clock
) -> Iterator[Check]:
    first = _sample(connection, "webui")
    yield _address(connection, first)
    if isinstance(first, AccountError) and not isinstance(first, Unauthorized):
        return  # what answers there is no session-manager; asking on would only repeat it
    yield _key(first)
    if rejects_key(first if isinstance(first, AccountError) else None):
        return
    yield _session_scope(first)
    yield _tasks_scope(connection)
    yield _user(connection)
    yield _clock_skew(connection)
    generation, check = _generation(connection, setting)
    yield check
    manager = SessionManager(connection, generation, compile_ignore(DEFAULT_IGNORE), clock)
    samples = {kind: _sample(connection, kind) for kind in manager.kinds}
    for kind, sample in samples.items():
        yield _fields(kind, sample, generation)
    yield _log(manager, samples)


class _Sample:
    """A small list page: as it was sent, and as it was understood."""

    def __init__(self, connection: Connection, kind: str, body: bytes) -> None:
        refuse = connection.faults.unintelligible
        sent = items_of(read_object(body, refuse), "items", body, refuse)
        self.items: list[dict[str, Any]] = [item for item in sent if isinstance(item, dict)]
        self.entries = read_page(body, kind, refuse).entries


def _sample(connection: Connection, kind: str) -> _Sample | AccountError:
    try:
        body = connection.get(f"{SESSIONS}/sessions/{kind}", {"limit": SAMPLE, "offset": 0})
        return _Sample(connection, kind, body)
    except AccountError as error:
        return error


def _address(connection: Connection, first: _Sample | AccountError) -> Check:
    if isinstance(first, Unreachable):
        return Check(
            "address", False, str(first), "check the account's url in the settings and the network"
        )
    if isinstance(first, _Sample | Unauthorized):
        return Check("address", True, f"{connection.url} answers")
    return Check(
        "address",
        False,
        str(first),
        "check the account's url in the settings; else ask AIMMS support",
    )


def _key(first: _Sample | AccountError) -> Check:
    if isinstance(first, _Sample | MissingScope):
        return Check("key", True, "the key is known")
    if isinstance(first, Unauthorized):
        return Check("key", False, str(first), NEW_KEY)
    return Check(
        "key", None, "the answer does not tell", "check again when the address check passes"
    )


def _session_scope(first: _Sample | AccountError) -> Check:
    if isinstance(first, _Sample):
        return Check("scope Session", True, "sessions can be listed")
    is_scope = isinstance(first, MissingScope)
    return Check(
        "scope Session",
        False if is_scope else None,
        str(first),
        NEW_KEY if is_scope else "check again later",
    )


def _tasks_scope(connection: Connection) -> Check:
    try:
        connection.get(TASKS, {"appName": "reaper", "offset": 0, "limit": 1})
    except BadRequest:
        return Check("scope Tasks", True, "the key is let through to the tasks API")
    except Unauthorized as error:
        return Check("scope Tasks", False, str(error), f"no task session can be ended: {NEW_KEY}")
    except AccountError as error:
        return Check(
            "scope Tasks", None, str(error), "task sessions may not be ended; check again later"
        )
    return Check("scope Tasks", True, "tasks can be listed")


def _user(connection: Connection) -> Check:
    match is_administrators(connection):
        case Answer.YES:
            return Check("user", True, "the key's user is an administrator: it sees all sessions")
        case Answer.NO:
            advice = "quotas, seats and orphans stay undetermined: take the key of an administrator"
            return Check("user", False, PARTIAL, advice)
        case Answer.UNKNOWN:
            detail = "whether the key's user is an administrator could not be asked"
            advice = (
                "see that it is one, or give the key the scope APIKey: others see only their own"
            )
            return Check("user", None, detail, f"{advice} sessions")


def _clock_skew(connection: Connection) -> Check:
    skew = connection.skew_seconds
    if skew is None:
        hint = (
            "every look is only observed: have the server, or the proxy before it, send a Date "
            "with each answer"
        )
        return Check("clock", False, "an answer had no readable Date header", hint)
    detail = (
        f"the server's clock is {abs(skew):.0f} s {'ahead of' if skew >= 0 else 'behind'} this "
        "machine's"
    )
    if abs(skew) <= WORST_SKEW:
        return Check("clock", True, detail)
    return Check(
        "clock",
        False,
        detail,
        "set this machine's clock by NTP: ages and idle times would be wrong",
    )


def _generation(
    connection: Connection, setting: Literal["auto", 1, 2]
) -> tuple[Generation | None, Check]:
    try:
        shown = look(connection)
    except AccountError:
        shown = NOTHING
    generation = shown.generation
    if setting != "auto":
        return setting, _told(setting, shown)
    if generation is None:
        return None, Check("generation", False, UNKNOWN, "set generation: 1 or 2 in the settings")
    return generation, Check("generation", True, f"{generation}, by the tenant's OpenAPI document")


def _told(setting: Generation, shown: Shown) -> Check:
    if shown.contradicts(setting):
        detail = (
            f"{setting} by the settings, but {shown.generation or 2} "
            "by the tenant's OpenAPI document"
        )
        advice = "leave generation to auto; until then the account is only observed"
        return Check("generation", False, detail, advice)
    if shown.generation is None:
        detail = f"{setting}, by the settings; the tenant has no OpenAPI document that tells"
        return Check("generation", True, detail)
    return Check(
        "generation", True, f"{setting}, by the settings and the tenant's OpenAPI document"
    )


def _fields(kind: str, sample: _Sample | AccountError, generation: Generation | None) -> Check:
    name = f"fields of {kind}"
    if isinstance(sample, NotFound) and generation is None:
        return Check(name, None, "this kind is not there; generation 1 does not have it")
    if isinstance(sample, AccountError):
        return Check(
            name,
            False,
            str(sample),
            f"without this list every look is incomplete: allow {kind} to the key",
        )
    if not sample.items:
        return Check(name, None, "no session to look at", "check again while one runs")
    return _compare(name, sample)


def _compare(name: str, sample: _Sample) -> Check:
    sent = set().union(*sample.items)
    if "type" in sent:
        sent.add("kind")  # two names of one field
    missing = sorted(set(FIELDS) - {"type"} - sent)
    extra = sorted(map(str, sent - set(FIELDS) - set(AMOUNTS) - UNUSED))
    problems = [problem for entry in sample.entries for problem in _problems(entry)]
    problems += [problem for item in sample.items for problem in unused_problems(item)]
    detail = "; ".join(
        [f"{len(sample.items)} looked at"]
        + ([f"missing: {', '.join(missing)}"] if missing else [])
        + ([f"unknown: {', '.join(extra)}"] if extra else [])
        + ([f"unreadable: {problems[0]} ({len(problems)} in all)"] if problems else [])
    )
    if not missing and not problems:
        return Check(name, True, detail)
    return Check(
        name,
        False,
        detail,
        "rules that need these fields cannot decide: report it to the maintainers of reaper",
    )


def _problems(entry: Session | Unreadable) -> tuple[str, ...]:
    return tuple(map(str, entry.problems)) if isinstance(entry, Session) else (entry.problem,)


def _log(manager: SessionManager, samples: dict[str, _Sample | AccountError]) -> Check:
    running = [
        entry
        for sample in samples.values()
        if isinstance(sample, _Sample)
        for entry in sample.entries
        if isinstance(entry, Session) and entry.phase is Phase.RUNNING
    ]
    if not running:
        return Check(
            "log",
            None,
            "no session is running whose log could be read",
            "check again while one runs",
        )
    activity = manager.last_activity(running[0])
    detail = f"{running[0].kind} {running[0].id}: {activity.source}"
    if activity.at is not None:
        return Check("log", True, detail)
    return Check(
        "log",
        False,
        detail,
        "idle rules cannot decide without logs: read one in the portal and compare",
    )
