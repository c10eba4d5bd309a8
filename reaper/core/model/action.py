"""What can be asked of the server for a session."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """From the gentlest on; `delete` destroys the record of a session that is over."""

    INTERRUPT_SOLVE = "interrupt-solve"
    INTERRUPT_EXECUTION = "interrupt-execution"
    TERMINATE = "terminate"
    DELETE = "delete"

    @property
    def interrupts(self) -> bool:
        """Whether another step may follow it."""
        return self in (Action.INTERRUPT_SOLVE, Action.INTERRUPT_EXECUTION)
