"""The gentlest step that works: a running task is interrupted before it is forced, each rung after
its own wait.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator

from reaper.core.language.selector import Written, problem
from reaper.core.model.action import Action
from reaper.core.model.duration import Duration
from reaper.core.model.suggestions import did_you_mean, quoted


class InterruptSolve(Written):
    """Stop the solve; the task goes on and mostly completes. Then wait so long."""

    interrupt_solve: Duration


class InterruptExecution(Written):
    """Stop the task's execution. Then wait so long."""

    interrupt_execution: Duration


Rung = InterruptSolve | InterruptExecution | Literal["terminate"]


_LIKE = "write like [interrupt_solve: 2m, interrupt_execution: 2m, terminate]"
_INTERRUPTS: dict[str, type[InterruptSolve | InterruptExecution]] = {
    "interrupt_solve": InterruptSolve,
    "interrupt_execution": InterruptExecution,
}
_GENTLEST_FIRST = (*_INTERRUPTS, "terminate")


def _ladder(value: object) -> object:
    """Checked here as a whole, so that its one message says what would be right."""
    if not isinstance(value, list | tuple):
        return (_rung(value),)
    if not value:
        raise problem("steps", f"an empty list requests nothing; {_LIKE}")
    made = tuple(_rung(one, number) for number, one in enumerate(value))
    for number, (before, one) in enumerate(pairwise(map(_key, made)), start=1):
        if before == one:
            raise problem("steps", f"'{one}' is listed twice; keep one", number)
        if _GENTLEST_FIRST.index(before) > _GENTLEST_FIRST.index(one):
            raise problem(
                "steps", f"'{one}' is gentler than '{before}' and comes before it; {_LIKE}", number
            )
    return made


def _key(rung: Rung) -> str:
    return "terminate" if rung == "terminate" else next(iter(type(rung).model_fields))


def _rung(value: object, *at: int) -> Rung:
    match value:
        case "terminate":
            return "terminate"
        case InterruptSolve() | InterruptExecution():
            return value
        case dict() if len(value) == 1 and (key := next(iter(value))) in _INTERRUPTS:
            return _interrupt(key, value[key], *at)
        case _:
            raise problem("steps", _no_step(value), *at)


def _interrupt(key: str, wait: object, *at: int) -> Rung:
    try:
        return _INTERRUPTS[key].model_validate({key: Duration.parse(wait)})
    except ValueError as error:
        raise problem("duration", str(error), *at, key) from None


def _no_step(value: object) -> str:
    syntax = "a step is 'terminate', {interrupt_solve: 2m} or {interrupt_execution: 2m}"
    if isinstance(value, dict) and len(value) != 1:
        return f"one step has one key; start each with '- '; {syntax}"
    word = next(iter(value)) if isinstance(value, dict) else value
    if not isinstance(word, str):
        return f"{quoted(word)} is not a step; {syntax}"
    if word in _INTERRUPTS:
        return f"'{word}' needs a wait after it, as in {{{word}: 2m}}"
    return f"'{word}' is not a step{did_you_mean(word, _GENTLEST_FIRST) or ';'} {syntax}"


Ladder = Annotated[
    tuple[Rung, ...], BeforeValidator(_ladder, json_schema_input_type=Rung | list[Rung])
]
_WAIT = Duration.parse("2m")
GENTLE: tuple[Rung, ...] = (
    InterruptSolve(interrupt_solve=_WAIT),
    InterruptExecution(interrupt_execution=_WAIT),
    "terminate",
)


def action_of(rung: Rung) -> tuple[Action, timedelta]:
    """What is asked of the server, and how long it is waited for before the next rung."""
    match rung:
        case InterruptSolve():
            return Action.INTERRUPT_SOLVE, rung.interrupt_solve.delta
        case InterruptExecution():
            return Action.INTERRUPT_EXECUTION, rung.interrupt_execution.delta
        case "terminate":
            return Action.TERMINATE, timedelta(0)
