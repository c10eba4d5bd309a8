"""The tasks API: the gentle ends of a task. A task has the id of its task session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reaper.client.address import TASKS, segment, usable_id
from reaper.client.wire import items_of, read_object, shown

if TYPE_CHECKING:
    from reaper.client.connection import Connection

LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the tasks API shows it; `state` is in lower case."""

    id: str
    state: str | None
    app: str | None
    app_version: str | None
    user: str | None
    environment: str | None
    error_message: str | None


class Tasks:
    """One tenant's tasks. Interrupting returns when it was asked for, not when it is done, and is never retried."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def interrupt_solve(self, task_id: str) -> None:
        """The solve stops, the task goes on and ends as completed. Raises AccountError."""
        self._set_status(task_id, "interrupt-solve")

    def interrupt_execution(self, task_id: str) -> None:
        """The procedure stops, the task ends as failed. Raises AccountError."""
        self._set_status(task_id, "interrupt-execution")

    def read(self, task_id: str) -> Task:
        """One task. Raises AccountError, NotFound when the server does not know it."""
        refuse = self._connection.faults.unintelligible
        body = self._connection.get(f"{TASKS}/{segment(task_id)}")
        task = _task(read_object(body, refuse))
        if task is None or task.id != task_id:
            raise refuse(f"asked for task {task_id}, the server answered with {shown(task and task.id)}", body)
        return task

    def list(self, app: str, version: str | None = None, *, limit: int = LARGEST_PAGE) -> tuple[Task, ...]:
        """The first page of an app's tasks; those that cannot be read are left out. Raises AccountError."""
        refuse = self._connection.faults.unintelligible
        only = {"appName": app} if version is None else {"appName": app, "appVersion": version}
        body = self._connection.get(TASKS, {**only, "offset": 0, "limit": limit})
        sent = items_of(read_object(body, refuse), "current_batch", body, refuse)
        return tuple(task for task in map(_task, sent) if task is not None)

    def _set_status(self, task_id: str, status: str) -> None:
        self._connection.send("PUT", f"{TASKS}/{segment(task_id)}", json={"setstatus": status})


def _task(sent: object) -> Task | None:
    if not isinstance(sent, dict) or not usable_id(sent.get("id")):
        return None
    state = _text(sent, "state")
    return Task(
        sent["id"],
        state.lower() if state else None,
        _text(sent, "appName"),
        _text(sent, "appVersion"),
        _text(sent, "userName"),
        _text(sent, "userEnvironment"),
        _text(sent, "errorMessage"),
    )


def _text(sent: dict[str, Any], field: str) -> str | None:
    value = sent.get(field)
    return value if isinstance(value, str) and value else None
