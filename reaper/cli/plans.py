"""Plans for people: what is to be done, what waits, what a limit halts, and what changed since a review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reaper.cli.render import console, escape, short, show_dormant, show_rest, table
from reaper.core.plan import Plan, Step
from reaper.core.session import Session
from reaper.core.verdict import Pass
from reaper.plan_files import ReviewedPlan, ReviewedStep
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
    now = {step.reviewed for step in report.plan.steps}
    there = {session.id: session for session in report.seen.snapshot.sessions}
    said = {v.session.id: v.reason for v in report.seen.verdicts}
    waits = {w.session.id: w.reason for w in report.plan.waiting}
    for step in reviewed.steps:
        if step.reviewed not in now:
            another = _another(step, there.get(step.session))
            why = another or waits.get(step.session) or said.get(step.session) or "it is not there any more"
            yield f"no longer due: {step.kind} {step.session} of {step.owner}: {why}"
    for left in report.left_out:
        yield f"not reviewed, left alone: {left.session.kind} {left.session.id} of {left.session.owner}: {left.reason}"


def _another(step: ReviewedStep, now: Session | None) -> str | None:
    """In which way the session of that id is not the one that was reviewed, in words; None when it is that one."""
    if now is None:
        return None
    pairs = {
        "kind": (step.kind, now.kind),
        "owner": (step.owner, now.owner),
        "creation": (step.created_at, now.created_at),
    }
    differs = [f"its {what} was {then} and is {is_now}" for what, (then, is_now) in pairs.items() if then != is_now]
    return f"another session has this id now: {', '.join(differs)}" if differs else None
