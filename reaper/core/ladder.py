"""The gentlest step that works: a running task is interrupted before it is forced, each rung after its own wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator

from reaper.core.duration import Duration, spoken
from reaper.core.memory import Asked
from reaper.core.selector import Written, problem
from reaper.core.session import TASK, Phase, Session
from reaper.core.wait import Wait

INTERRUPT_SOLVE = "interrupt-solve"
INTERRUPT_EXECUTION = "interrupt-execution"
TERMINATE = "terminate"
DELETE = "delete"


class InterruptSolve(Written):
    """Stop the solve; the task goes on and mostly completes. Then wait so long."""

    interrupt_solve: Duration


class InterruptExecution(Written):
    """Stop the task's execution. Then wait so long."""

    interrupt_execution: Duration


Rung = InterruptSolve | InterruptExecution | Literal["terminate"]


def _ladder(value: object) -> object:
    """Checked here as a whole, so that its one message says what would be right."""
    rungs = value if isinstance(value, list | tuple) else [value]
    made = [_rung(rung) for rung in rungs]
    if not made or any(rung == TERMINATE for rung in made[:-1]):
        raise problem(
            "steps", "'terminate' comes last; write like [interrupt_solve: 2m, interrupt_execution: 2m, terminate]"
        )
    return tuple(made)


def _rung(value: object) -> Rung:
    match value:
        case "terminate":
            return "terminate"
        case {"interrupt_solve": wait, **rest} if not rest:
            return InterruptSolve(interrupt_solve=Duration.parse(wait))
        case {"interrupt_execution": wait, **rest} if not rest:
            return InterruptExecution(interrupt_execution=Duration.parse(wait))
        case InterruptSolve() | InterruptExecution():
            return value
        case _:
            raise problem("steps", "a step is 'terminate', {interrupt_solve: 2m} or {interrupt_execution: 2m}")


Ladder = Annotated[tuple[Rung, ...], BeforeValidator(_ladder, json_schema_input_type=Rung | list[Rung])]
_WAIT = Duration.parse("2m")
GENTLE: tuple[Rung, ...] = (
    InterruptSolve(interrupt_solve=_WAIT),
    InterruptExecution(interrupt_execution=_WAIT),
    "terminate",
)


def action_of(rung: Rung) -> tuple[str, timedelta]:
    """What is asked of the server, and how long it is waited for before the next rung."""
    match rung:
        case InterruptSolve():
            return INTERRUPT_SOLVE, rung.interrupt_solve.delta
        case InterruptExecution():
            return INTERRUPT_EXECUTION, rung.interrupt_execution.delta
        case "terminate":
            return TERMINATE, timedelta(0)


def next_action(ladder: tuple[Rung, ...], session: Session, asked: Asked | None, now: datetime) -> str | Wait:
    """The action that is due now, or what is waited for.

    Only a running task can be interrupted; anything else goes to the last rung at once.
    """
    rungs = [action_of(rung) for rung in ladder]
    if session.kind != TASK or session.phase is not Phase.RUNNING:
        rungs = [(action, wait) for action, wait in rungs if action == TERMINATE]
    names = [action for action, _ in rungs]
    if asked is None or asked.action not in names:
        return names[0] if names else Wait("its policy only interrupts, and it is not a running task")
    at = names.index(asked.action)
    due = asked.at + rungs[at][1]
    if due > now:
        since, left = (spoken(length.total_seconds()) for length in (now - asked.at, due - now))
        return Wait(f"{asked.action} was asked {since} ago; the next step comes in {left}", due)
    if at + 1 < len(names):
        return names[at + 1]
    return TERMINATE if names[at] == TERMINATE else Wait(f"{asked.action} was its policy's last step")
