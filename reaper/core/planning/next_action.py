"""Which step of the ladder is due now, or what is waited for."""

from __future__ import annotations

from datetime import datetime

from reaper.core.language.ladder import Rung, action_of
from reaper.core.model.action import Action
from reaper.core.model.duration import spoken
from reaper.core.model.session import Phase, Session
from reaper.core.planning.memory import LastAction
from reaper.core.planning.waiting import Wait


def next_action(
    ladder: tuple[Rung, ...], session: Session, previous: LastAction | None, now: datetime
) -> Action | Wait:
    """The action that is due now, or what is waited for.

    Only what runs can be interrupted, and only as its kind can be; anything else goes to the last
    rung at once.
    """
    gentle = session.traits.gentle_steps if session.phase is Phase.RUNNING else ()
    possible = {*gentle, Action.TERMINATE}
    rungs = [rung for rung in map(action_of, ladder) if rung[0] in possible]
    names = [action for action, _ in rungs]
    if previous is None or previous.action not in names:
        return (
            names[0] if names else Wait("its policy only interrupts, and it is not a running task")
        )
    at = names.index(previous.action)
    due = previous.at + rungs[at][1]
    if due > now:
        since, remaining = (
            spoken(length.total_seconds()) for length in (now - previous.at, due - now)
        )
        return Wait(
            f"{previous.action} was asked {since} ago; the next step comes in {remaining}", due
        )
    if at + 1 < len(names):
        return names[at + 1]
    if names[at] is Action.TERMINATE:
        return Action.TERMINATE
    return Wait(f"{previous.action} was its policy's last step")
