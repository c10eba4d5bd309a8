"""What a task session runs. A task is not its session.

One session runs several, and is idle between them by design.

The map from a session to its tasks is one look at the Tasks API. Where it is not certain, it says
why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from reaper.core.model.matching import Answer
from reaper.core.model.session import Phase, Session, TaskKey, phase_of

BETWEEN_TASKS = timedelta(minutes=10)
"""So long after its last task a session may be idle without anybody being told.

AIMMS PRO ends it after five.
"""

_UUID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the Tasks API shows it; `state` is in lower case.

    What is not told, or not readably, is None.
    """

    key: TaskKey
    state: str | None
    session_id: str | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def phase(self) -> Phase:
        return phase_of(self.state)

    @property
    def begun(self) -> bool:
        """Whether it runs, or may; one in a queue does not, nor does one that is over."""
        return self.phase in (Phase.RUNNING, Phase.UNKNOWN)

    def __str__(self) -> str:
        return f"task {self.key} ({self.state or 'state not known'})"


class _Beginning(NamedTuple):
    """A task of a recurring group may begin again under its old key."""

    key: TaskKey
    at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionTasks:
    """The unfinished tasks of one session.

    `own` name the session. `perhaps` name no session and may run in this one. `last_end` is when
    the last of its tasks ended, as far as that is told. `heard` is False where no task of its app
    was told at all, over or not: it is perhaps known there by another name. With a `problem`
    nothing else is known; `refused` when it is that the server refused the key.
    """

    own: tuple[Task, ...] = ()
    perhaps: tuple[Task, ...] = ()
    last_end: datetime | None = None
    heard: bool = True
    problem: str | None = None
    refused: bool = False

    @property
    def the_one(self) -> Task | None:
        """The one task that runs in the session, where it is certain that there is one and which it
        is.
        """
        if (
            self.problem
            or self.perhaps
            or len(self.own) != 1
            or self.own[0].phase is not Phase.RUNNING
        ):
            return None
        return self.own[0]

    @property
    def uncertainty(self) -> str | None:
        """Why it is not known which tasks are in the session."""
        if self.problem:
            return self.problem
        if self.perhaps:
            return f"{self.perhaps[0]} names no session and may be in this one"
        return None

    def why_not_one(self) -> str:
        """Why there is not the one task that could be interrupted, in words."""
        if self.uncertainty:
            return f"which task is in it is not certain: {self.uncertainty}"
        match self.own:
            case ():
                return "no unfinished task is in it"
            case (task,):
                return f"nothing runs in it that could be interrupted, only {task}"
            case _:
                return (
                    f"{len(self.own)} unfinished tasks are in it, {self.own[0]} and {self.own[1]}"
                )

    def between_tasks(self, now: datetime) -> bool:
        """Whether it is idle by design: its last task ended a moment ago."""
        if self.uncertainty or self.own or self.last_end is None:
            return False
        return now - self.last_end < BETWEEN_TASKS

    def all_newer_than(self, moment: datetime) -> bool:
        """Whether each task in the session certainly began later, or has yet to.

        None is what was there then.
        """
        if self.uncertainty or not self.own:
            return False
        return all(
            t.phase is Phase.WAITING or (t.began_at is not None and t.began_at > moment)
            for t in self.own
        )

    def came_since(self, before: SessionTasks, planned_at: datetime) -> str | None:
        """What is, or may be, in the session that was not when the plan was made."""
        keys = {task.key for task in before.own}
        begun = set(before._beginnings())
        for task in self.own:
            late = task.begun and task.began_at is not None and task.began_at > planned_at
            if late or task.key not in keys:
                return f"{task} came to it after the plan was made"
        if any(one not in begun for one in self._beginnings()):
            return "a task began, or may have begun, in it after the plan was made"
        return None

    def _beginnings(self) -> Iterator[_Beginning]:
        return (
            _Beginning(task.key, task.began_at) for task in (*self.own, *self.perhaps) if task.begun
        )

    @property
    def at_work(self) -> tuple[Answer, str]:
        """Whether the session has work, whatever its log says, and why."""
        certain = [task for task in self.own if task.phase is not Phase.UNKNOWN]
        if certain or self.own:
            answer = Answer.YES if certain else Answer.UNKNOWN
            return answer, f"{(certain or self.own)[0]} is in it"
        if self.uncertainty:
            return Answer.UNKNOWN, f"whether a task runs in it is not known: {self.uncertainty}"
        if not self.heard:
            return (
                Answer.UNKNOWN,
                "whether a task runs in it is not known: no task of its app is told at all",
            )
        return Answer.NO, "no unfinished task is in it"


def tasks_in(session: Session, tasks: Sequence[Task]) -> SessionTasks:
    """Which of the tasks of its app are in the session."""
    here, perhaps, ends = [], [], []
    for task in tasks:
        if task.session_id is None:
            if task.phase is not Phase.OVER and task.state != "queued":
                perhaps.append(task)
        elif _same_id(task.session_id, session.id):
            if task.phase is not Phase.OVER:
                here.append(task)
            elif task.ended_at is not None:
                ends.append(task.ended_at)
    return SessionTasks(tuple(here), tuple(perhaps), max(ends, default=None), heard=bool(tasks))


def _same_id(one: str, other: str) -> bool:
    """Two services write the same UUID with and without dashes.

    Anything else is compared as it stands.
    """
    return one == other or (_bare(one) == _bare(other) and _UUID.fullmatch(_bare(one)) is not None)


def _bare(id_: str) -> str:
    return id_.replace("-", "").lower()
