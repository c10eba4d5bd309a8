"""The Tasks API: which tasks there are, in which session each runs, and their gentle ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reaper.core.model.kinds import OVER_STATES
from reaper.core.model.session import TaskKey
from reaper.core.model.tasks import Task
from reaper.errors import AccountError, Conflict, NotFound
from reaper.platforms.aimms.address import TASKS, segment, usable_id
from reaper.platforms.aimms.wire import items_of, moment, read_object, shown, total_of

if TYPE_CHECKING:
    from datetime import datetime

    from reaper.platforms.aimms.connection import Connection

LARGEST_PAGE = 1000
ATTEMPTS = 3
MOST_TASKS = 50_000  # of one app
MOST_PAGES = 1_000


class _Moved(Exception):
    """Tasks came or went between two pages."""


class Tasks:
    """One tenant's tasks.

    Interrupting returns when it was asked for, not when it is done, and is never retried.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def interrupt_solve(self, key: TaskKey) -> None:
        """The solve stops, the task goes on and ends as completed. Raises AccountError."""
        self._set_status(key, "interrupt-solve")

    def interrupt_execution(self, key: TaskKey) -> None:
        """The procedure stops, the task ends as failed. Raises AccountError."""
        self._set_status(key, "interrupt-execution")

    def of_app(self, app: str) -> tuple[Task, ...]:
        """Every task of the app, over or not.

        Raises AccountError, also when they could not be read completely.
        """
        moved = ""
        for _ in range(ATTEMPTS):
            try:
                entries = self._read_through(app)
            except _Moved as event:
                moved = str(event)
            else:
                return tuple(task for task in map(self._task, entries) if task is not None)
        raise self._incomplete(app, moved)

    def _read_through(self, app: str) -> list[Any]:
        """Read until a page past the last task brings nothing new: a total proves nothing.

        Raises _Moved.
        """
        reading = _Reading()
        while reading.add(*self._page(app, max(len(reading.entries) - 1, 0))):
            reading.pages += 1
            if len(reading.entries) > MOST_TASKS or reading.pages > MOST_PAGES:
                raise self._incomplete(
                    app, f"the list does not end ({len(reading.entries):,} received)"
                )
        reading.check()
        if reading.widest == 1 and reading.goes_on_with(self._page(app, len(reading.entries))[0]):
            raise _Moved("tasks came past what had seemed to be the end, in pages of one")
        return reading.entries

    def _page(self, app: str, offset: int) -> tuple[list[Any], int | None]:
        refuse = self._connection.faults.unintelligible
        body = self._connection.get(
            TASKS, {"appName": app, "offset": offset, "limit": LARGEST_PAGE}
        )
        answer = read_object(body, refuse)
        return items_of(answer, "current_batch", body, refuse), total_of(answer.get("total_tasks"))

    def _task(self, sent: object) -> Task | None:
        """The task, or None where it is over, whatever else it is.

        Raises AccountError when it cannot be read.
        """
        key = _key(sent)
        if key is not None and isinstance(sent, dict):
            state, session = _text(sent, "state"), sent.get("sessionId")
            named = session if usable_id(session) else None
            began = _moment(sent, "runningAt") or _moment(sent, "assignedAt")
            return Task(
                key, state.lower() if state else None, named, began, _moment(sent, "endedAt")
            )
        if isinstance(sent, dict) and (_text(sent, "state") or "").lower() in OVER_STATES:
            return None
        raise AccountError(self._connection.faults.line(f"a task cannot be read: {shown(sent)}"))

    def _incomplete(self, app: str, why: str) -> AccountError:
        what = f"the tasks of the app {shown(app)} could not be read completely: {why}"
        return AccountError(self._connection.faults.line(what))

    def _set_status(self, key: TaskKey, status: str) -> None:
        group = None if key.group is None else {"groupIndex": key.group}
        try:
            self._connection.send(
                "PUT", f"{TASKS}/{segment(key.id)}", json={"setstatus": status}, params=group
            )
        except NotFound as error:  # of the task, which says nothing of its session
            raise Conflict(f"{error}: the server does not know the task {key}") from error


@dataclass
class _Reading:
    """The pages of one reading, each of which begins with the entry that the one before
    ended with.
    """

    entries: list[Any] = field(default_factory=list)
    total: int | None = None
    pages: int = 0
    widest: int = 0
    """How many entries the largest page had; in pages of one, the overlap is all there is."""

    def goes_on_with(self, page: list[Any]) -> bool:
        """Whether the page holds anything but the entry that came last."""
        last = _identity(self.entries[-1])
        return any(_identity(one) != last for one in page)

    def add(self, page: list[Any], total: int | None) -> int:
        """How many entries of the page are new. Raises _Moved."""
        self.total, self.widest = total, max(self.widest, len(page))
        if self.entries:
            if [_identity(one) for one in page[:1]] != [_identity(self.entries[-1])]:
                raise _Moved(
                    f"the page from {len(self.entries):,} on did not begin "
                    "where the one before had ended"
                )
            page = page[1:]
        self.entries += page
        return len(page)

    def check(self) -> None:
        """Raises _Moved where a task came twice, or fewer came than there are."""
        keys = [key for key in map(_key, self.entries) if key is not None]
        if len(set(keys)) != len(keys):
            raise _Moved("a task came twice")
        if self.total is not None and self.total > len(self.entries):
            raise _Moved(f"{len(self.entries):,} came though the total is {self.total:,}")


def _identity(sent: object) -> str:
    """What stays the same of an entry while its task goes on."""
    return repr((sent.get("id"), sent.get("groupIndex")) if isinstance(sent, dict) else sent)


def _key(sent: object) -> TaskKey | None:
    if not isinstance(sent, dict) or not usable_id(sent.get("id")):
        return None
    group = sent.get("groupIndex")
    if isinstance(group, float) and group.is_integer():
        group = int(group)
    return TaskKey(sent["id"], group) if group is None or type(group) is int else None


def _text(sent: dict[str, Any], name: str) -> str | None:
    value = sent.get(name)
    return value if isinstance(value, str) and value else None


def _moment(sent: dict[str, Any], name: str) -> datetime | None:
    """A time that is there and cannot be read is not known."""
    text = _text(sent, name)
    try:
        return None if text is None else moment(text)
    except ValueError:
        return None
