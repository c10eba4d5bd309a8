"""Plans for people: what is to be done, what waits, and what a limit halts."""

from __future__ import annotations

from collections.abc import Sequence

from reaper.cli.views.render import (
    console,
    short,
    show_concerns,
    show_dormant,
    show_holds,
    show_rest,
    table,
)
from reaper.core.judging.concerns import concerns
from reaper.core.judging.verdict import Observation
from reaper.core.planning.holds import Holds
from reaper.core.planning.plan import Plan, Step


def show_plan(observation: Observation, plan: Plan, holds: Holds) -> None:
    """What a run would do now."""
    out = console()
    counts = len(observation.snapshot.fleet), len(plan.steps)
    out.line("[bold]{}[/]: {} sessions, {} to end", observation.account, *counts)
    for doubt in observation.doubts:
        out.line("  [yellow]would observe only:[/] {}", doubt)
    show_concerns(out, concerns(observation, enforcing=False))
    if plan.steps:
        rows = table("SESSION", "KIND", "OWNER", "APP", "ACTION", "POLICY", "REASON")
        for step in plan.steps:
            rows.add_row(*_who(step), step.action, step.policy, step.reason)
        out.rows(rows)
    show_holds(out, observation.account, plan, holds)
    show_rest(out, plan)
    show_dormant(out, observation)


def _who(step: Step) -> Sequence[str]:
    session = step.session
    return short(session.id), session.kind, session.owner or "?", session.app or "?"
