"""How sessions end at the API's request: by force, gently, or by vanishing from the records."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .refusals import Impossible, Unreachable
from .session import SOLVE, TASK, WAITING, WEBUI, Session
from .task import Task

if TYPE_CHECKING:
    from .world import World

Interrupt = Literal["interrupt-solve", "interrupt-execution"]
INTERRUPT_SOLVE: Literal["interrupt-solve"] = "interrupt-solve"
INTERRUPT_EXECUTION: Literal["interrupt-execution"] = "interrupt-execution"

_FORCED_STATE = {WEBUI: "Terminated", SOLVE: "terminated", TASK: "failed"}
_FORCED_MESSAGE = {
    WEBUI: "",
    SOLVE: "Terminated through the API",
    TASK: "The job of this task is gone",
}


def reach(world: "World", kind: str, session_id: str) -> Session:
    """The session at its own address.

    Raises:
        Missing: there is none.
        Unreachable: its job was killed, which its scheduler has not noticed yet.
    """
    session = world.find(kind, session_id)
    if session.forced_at is not None and not session.over:
        raise Unreachable(f"The {kind} session {session_id} cannot be reached.")
    return session


def terminate(world: "World", kind: str, session_id: str) -> Session:
    """End a session by force; a running task fails only when its scheduler notices.

    Raises:
        Missing, Unreachable: as `reach`.
        Impossible: it is over already.
    """
    with world.moment() as now:
        session = reach(world, kind, session_id)
        if session.over:
            raise Impossible(f"The {kind} session {session_id} has ended already.")
        world.terminated.append((session.id, now))
        if kind == TASK and not session.waiting:
            _kill_job(world, session, now)
        else:
            world.end(session.id, _FORCED_STATE[kind], _FORCED_MESSAGE[kind])
        return session


def _kill_job(world: "World", task: Session, now: datetime) -> None:
    task.forced_at = task.log.until = now
    task.state = "running"
    world.timeline.at(now + world.force_lag, lambda _: _job_missed(world, task))


def _job_missed(world: "World", task: Session) -> None:
    """The scheduler notices that the job is gone."""
    if world.lookup(task.id) is task:
        world.end(task.id, "failed", _FORCED_MESSAGE[TASK])


def delete_record(world: "World", kind: str, session_id: str) -> None:
    """Forget a session that is over.

    Raises:
        Missing, Unreachable: as `reach`.
        Impossible: it is still active.
    """
    with world.moment():
        session = reach(world, kind, session_id)
        if not session.over:
            raise Impossible(f"The {kind} session {session_id} is still active.")
        world.remove(session)


def delete_task(world: "World", task: Task) -> None:
    """Remove a queued or completed task, and with its last one its session.

    Raises:
        Impossible: it is neither queued nor completed.
    """
    with world.moment():
        if task.state not in ("queued", "completed"):
            raise Impossible(
                f"The task {task.id} is {task.state}: only a queued or completed task can be "
                "deleted."
            )
        world.remove_task(task)
        if not world.tasks_in(task.session.id):
            world.remove(task.session)


def interrupt(world: "World", task: Task, how: Interrupt) -> None:
    """Ask a task to stop.

    Its solve (it then completes) or its execution (it then fails), `interrupt_lag` later.

    Raises:
        Missing, Unreachable: as `reach`.
        Impossible: it is not running, or no solve is in flight to be interrupted.
    """
    with world.moment() as now:
        reach(world, TASK, task.session.id)
        _refuse_in_vain(task, how)
        world.interrupted.append((task.id, now))
        gently = how == INTERRUPT_SOLVE
        task.session.log.add(now, "solve interrupted" if gently else "execution interrupted")
        if gently:
            task.become("running")
        _end_later(world, task, now + world.interrupt_lag, gently=gently)


def _refuse_in_vain(task: Task, how: Interrupt) -> None:
    if task.over or task.state.lower() in WAITING:
        raise Impossible(f"The task {task.id} is {task.state}: there is nothing to interrupt.")
    if how == INTERRUPT_SOLVE and task.state != "solving":
        raise Impossible(f"The task {task.id} is not solving.")


def _end_later(world: "World", task: Task, moment: datetime, *, gently: bool) -> None:
    def end(_: datetime) -> None:
        if task.session.forced_at is not None or task not in world.tasks_in(task.session.id):
            return
        if gently:
            world.end_task(task)
        else:
            world.end_task(task, "failed", "Execution interrupted")

    world.timeline.at(moment, end)
