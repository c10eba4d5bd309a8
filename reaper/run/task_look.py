"""Whether a task session still runs what it ran when the plan was made, and which task an interrupt
is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reaper.core.model.action import Action
from reaper.core.model.session import Session
from reaper.core.model.tasks import SessionTasks
from reaper.core.planning.memory import LastAction
from reaper.core.planning.plan import Outcome, RecheckResult, Result, Step
from reaper.ports import SessionSource

_IDLE_BY_DESIGN = "{}: it is idle between tasks, or about to end by itself"


class TaskLook:
    """Knows the tasks that were in the sessions of the steps when the plan was made, and reads them
    again for each.
    """

    def __init__(self, source: SessionSource, steps: Sequence[Step], planned_at: datetime) -> None:
        self._source, self._planned_at = source, planned_at
        sessions = [step.session for step in steps if _concerns(step)]
        self._before = source.tasks(sessions) if sessions else {}

    def checked(self, step: Step, look: RecheckResult) -> RecheckResult | Outcome:
        """The look, which names the task that is to be interrupted, or why the session is left
        alone.
        """
        if not _concerns(step):
            return look
        before = self._before[look.session.id]
        tasks = self._source.tasks([look.session])[look.session.id]
        if unknown := before.problem or tasks.problem:
            return _withheld(f"which tasks are in it is not known: {unknown}")
        if came := tasks.came_since(before, self._planned_at):
            return Outcome(Result.NO_LONGER_DUE, f"{came}, and is not what was judged")
        if step.action != Action.TERMINATE:
            return _of_the_one(look, tasks)
        if len(step.verdicts[0].policy.steps) > 1 and tasks.between_tasks(look.now):
            return Outcome(Result.WITHHELD, _IDLE_BY_DESIGN.format(tasks.why_not_one()))
        return look


def pending_actions(
    source: SessionSource, sessions: Sequence[Session], last_actions: Mapping[str, LastAction]
) -> dict[str, LastAction]:
    """What was asked of the sessions, without what failed for tasks that are over.

    Others begin their own ladder.
    """
    failed = {
        id_
        for id_, one in last_actions.items()
        if one.result == Result.FAILED and one.action != Action.DELETE
    }
    tasks = source.tasks([s for s in sessions if s.traits.runs_tasks and s.id in failed])
    return {
        id_: one
        for id_, one in last_actions.items()
        if id_ not in tasks or not tasks[id_].all_newer_than(one.at)
    }


def _of_the_one(look: RecheckResult, tasks: SessionTasks) -> RecheckResult | Outcome:
    if tasks.the_one is not None:
        return replace(look, session=replace(look.session, task=tasks.the_one.key))
    if tasks.between_tasks(look.now):
        return Outcome(Result.WITHHELD, _IDLE_BY_DESIGN.format(tasks.why_not_one()))
    return _withheld(f"{tasks.why_not_one()}; to end it anyway, write 'steps: terminate'")


def _withheld(why: str) -> Outcome:
    """It will not get better by itself: somebody must be told."""
    return Outcome(Result.WITHHELD, why, needs_attention=True)


def _concerns(step: Step) -> bool:
    return step.session.traits.runs_tasks and step.action != Action.DELETE
