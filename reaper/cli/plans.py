"""Plans for people: what is to be done, what waits, what a limit halts, and what changed since a review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reaper.cli.render import console, escape, short, show_dormant, show_rest, table
from reaper.core.plan import Plan, Step
from reaper.core.verdict import Pass
from reaper.plan_files import ReviewedPlan
from reaper.run import Report


def show_plan(seen: Pass, plan: Plan) -> None:
    """What a run would do now."""
    out = console()
    out.print(f"[bold]{escape(seen.account)}[/]: {len(seen.snapshot.fleet)} sessions, {len(plan.steps)} to end")
    for doubt in seen.doubts:
        out.print(f"  [yellow]would observe only:[/] {escape(doubt)}")
    if plan.steps:
        rows = table("SESSION", "KIND", "OWNER", "APP", "ACTION", "POLICY", "REASON")
        for step in plan.steps:
            rows.add_row(*_who(step), step.action, escape(step.policy), escape(step.reason))
        out.print(rows)
    show_rest(out, plan)
    show_dormant(out, seen)


def _who(step: Step) -> Sequence[str]:
    session = step.session
    return [escape(cell) for cell in (short(session.id), session.kind, session.owner or "?", session.app or "?")]


def changes(report: Report, reviewed: ReviewedPlan) -> Iterator[str]:
    """What differs between a reviewed plan and what was there to do, one by one."""
    now = {(step.session.id, step.action) for step in report.plan.steps}
    said = {v.session.id: v.reason for v in report.seen.verdicts}
    waits = {w.session.id: w.reason for w in report.plan.waiting}
    for step in reviewed.steps:
        if (step.session, step.action) not in now:
            why = waits.get(step.session) or said.get(step.session) or "it is not there any more"
            yield f"no longer due: {step.kind} {step.session} of {step.owner}: {why}"
    for left in report.left_out:
        yield f"not reviewed, left alone: {left.session.kind} {left.session.id} of {left.session.owner}: {left.reason}"
