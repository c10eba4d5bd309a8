"""What keeps an account's sessions from being ended, and the way on from a halt.

Whoever tells of a pause or of a halted run has the words, the number and the commands from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holds:
    """What holds an account, whatever is due there.

    `pause` tells in words who paused it. `halted_run` is the run that a person is to acknowledge
    before a run that nobody attends ends anything again.
    """

    pause: str | None = None
    halted_run: int | None = None

    def reason(self, halted: Sequence[str] = (), *, attended: bool = False) -> str | None:
        """Why a run would take none of its steps, in words; None where it would.

        The pause comes first: it holds for everybody. `halted` are the limits that the steps
        exceed. An earlier halt does not hold a run that is `attended` by a person.
        """
        if self.pause is not None:
            return self.pause
        if halted:
            return f"halted: {'; '.join(halted)}"
        if self.acknowledge is None or attended:
            return None
        return (
            f"run {self.halted_run} was halted by a limit (`{self.acknowledge}` once you have "
            "seen why)"
        )

    @property
    def acknowledge(self) -> str | None:
        """The command that lets the account be enforced again; None where no run is halted."""
        return None if self.halted_run is None else f"reaper acknowledge {self.halted_run}"

    def way_on(self, account: str, room: int) -> str:
        """What a person can do about a halt, in words.

        `room` is how many of the oldest sessions that are due the limits leave room for.
        """
        if self.acknowledge is None:
            return by_hand(account, room)
        seen = f"`{self.acknowledge}` lets it go on once you have seen why"
        return f"{seen}; {by_hand(account, room)}"


def by_hand(account: str, room: int) -> str:
    """How a person takes some of what is due, halt or no halt, in words; `room` as in `way_on`."""
    if not room:
        return "the limits leave room for no session now"
    command = f"`reaper apply --account {account} --at-most {room} --oldest`"
    return f"{command} takes the oldest {room} by hand"


UNHELD = Holds()
"""Nothing holds the account."""
