"""Plans for people: what is to be done, what waits, and what a limit halts."""

from __future__ import annotations

from collections.abc import Sequence

from reaper.cli.views.render import console, escape, short, show_dormant, show_rest, table
from reaper.core.judging.concerns import concerns
from reaper.core.judging.verdict import Observation
from reaper.core.planning.plan import Plan, Step


def show_plan(observation: Observation, plan: Plan) -> None:
    """What a run would do now."""
    out = console()
    out.print(
        f"[bold]{escape(observation.account)}[/]: {len(observation.snapshot.fleet)} sessions, {len(plan.steps)} "
        "to end"
    )
    for doubt in observation.doubts:
        out.print(f"  [yellow]would observe only:[/] {escape(doubt)}")
    for concern in concerns(observation, enforcing=False):
        out.print(f"  [yellow]needs a person:[/] {escape(concern.reason)}")
    if plan.steps:
        rows = table("SESSION", "KIND", "OWNER", "APP", "ACTION", "POLICY", "REASON")
        for step in plan.steps:
            rows.add_row(*_who(step), step.action, escape(step.policy), escape(step.reason))
        out.print(rows)
    show_rest(out, plan)
    show_dormant(out, observation)


def _who(step: Step) -> Sequence[str]:
    session = step.session
    return [
        escape(cell)
        for cell in (short(session.id), session.kind, session.owner or "?", session.app or "?")
    ]
