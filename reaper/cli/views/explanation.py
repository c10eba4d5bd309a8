"""An explanation for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from rich.console import Console

from reaper.cli.views.explanation_json import explanation_as_json
from reaper.cli.views.render import console, escape, moment, styled, table
from reaper.core.explaining.disposition import next_run
from reaper.core.explaining.explanation import Branch, Cover, PolicyView, explained
from reaper.core.judging.verdict import Finding, Ruling
from reaper.core.language.policy import Mode
from reaper.core.language.rules import Need, Unit, unit_of
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer, Match
from reaper.store import AsOf
from reaper.usecases.explain import Explanation, Live

__all__ = ["explanation_as_json", "show_explanation"]

_ANSWERS = {
    Answer.YES: "[red]yes[/]",
    Answer.NO: "[green]no[/]",
    Answer.UNKNOWN: "[yellow]unknown[/]",
}


def show_explanation(explanation: Explanation) -> None:
    out = console()
    at, (account, session) = explanation.at, explanation.who
    if explanation.live is not None:
        _show_session(out, explanation.live)
        _show_policies(out, explanation.live)
    else:
        there = "not among the live sessions; this is on record of it"
        when = f"as recorded by {moment(at)} UTC" if at else there
        out.print(f"[bold]{escape(session)}[/] in {escape(account)}: {when}")
        _show_decisions(out, explanation.past)
    _show_steps(out, explanation.past, "by then" if at else "so far")


def _show_session(out: Console, live: Live) -> None:
    session, observation = live.session, live.observation
    app = " ".join(filter(None, (session.app, session.app_version))) or "?"
    who = [
        session.kind,
        str(session.state),
        f"of {session.owner or '?'}",
        f"app {app}",
        f"'{session.name or ''}'",
    ]
    out.print(
        f"[bold]{escape(session.id)}[/] in {escape(observation.account)}: {escape(', '.join(who))}"
    )
    out.print(
        f"  created {_ago(session.created_at, observation.now)}, started "
        f"{_ago(session.started_at, observation.now)}"
    )
    activity = observation.activity.get(session.id)
    if activity is not None:
        out.print(f"  last active {_ago(activity.at, observation.now)}: {escape(activity.source)}")
    for problem in session.problems:
        out.print(f"  [yellow]not known:[/] {escape(str(problem))}")
    out.print(
        "  next enforcing run: "
        f"{escape(next_run(observation, live.plan, session, live.blocked_reason).words)}"
    )


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "at a time that is not known"
    length = (now - at).total_seconds()
    return f"{moment(at)} UTC ({spoken(length)} {'ago' if length >= 0 else 'ahead'})"


def _show_policies(out: Console, live: Live) -> None:
    views = explained(live.observation, live.session)
    for view in views:
        if view.verdict is not None:
            _show_view(out, view, live.observation.now)
    others = [view for view in views if view.verdict is None]
    if others:
        out.print("\nnot judged by")
    for view in others:
        why = "; ".join(chain(filter(None, [view.aside]), _mismatches(view)))
        out.print(
            f"  {escape(view.policy.name)}: {escape(why)}{escape(_begins(view, live.observation.now))}"
        )


def _mismatches(view: PolicyView) -> Iterator[str]:
    for mismatch in view.mismatches:
        value = "is not known" if mismatch.value is None else f"is {mismatch.value!r}"
        spelt = " (they read alike, and are written otherwise)" if mismatch.alike else ""
        yield f"{mismatch.field} {value}, not {_wanted(mismatch.wanted)}{spelt}"


def _wanted(match: Match) -> str:
    match match:
        case dict():
            return f"other than {_wanted(match['not'])}"
        case list():
            return " or ".join(match)
        case _:
            return match


def _show_view(out: Console, view: PolicyView, now: datetime) -> None:
    verdict = view.verdict
    if verdict is None or view.rule is None:
        return
    out.print(
        f"\n[bold]{escape(view.policy.name)}[/] ({view.policy.mode}): "
        f"{styled(verdict.ruling.value)}"
    )
    if verdict.ruling in (Ruling.EXEMPT, Ruling.UNDETERMINED):
        out.print(f"  {escape(verdict.reason)}")
    for line in _mismatches(view):
        out.print(f"  [yellow]perhaps not selected:[/] {escape(line)}")
    rows = table("  RULE", "MET", "FOUND", "WHERE THAT COMES FROM", wide="WHERE THAT COMES FROM")
    for depth, branch in _branches(view.rule, 1):
        finding = branch.finding
        cells = (measured(finding), finding.note) if finding else ("", "")
        rows.add_row(
            escape("  " * depth + branch.rule), _ANSWERS[branch.answer], *map(escape, cells)
        )
    out.print(rows)
    for cover in view.covers:
        out.print(f"  exemption ({cover.given}): {escape(_cover(cover))}")
    out.print(f"  {escape(_change(view, now))}")


def _branches(branch: Branch, depth: int) -> Iterator[tuple[int, Branch]]:
    yield depth, branch
    for part in branch.parts:
        yield from _branches(part, depth + 1)


def measured(finding: Finding) -> str:
    """A finding's value, in its unit."""
    if finding.value is None:
        return ""
    return (
        f"{finding.value:g}" if unit_of(finding.rule) is not Unit.SECONDS else spoken(finding.value)
    )


def _cover(cover: Cover) -> str:
    if not cover.holds:
        return f"{cover.exemption}: it would cover this session, but has ended"
    if cover.answer is Answer.YES:
        return str(cover.exemption)
    return f"{cover.exemption}: it is not known whether it covers this session"


def _begins(view: PolicyView, now: datetime) -> str:
    return "" if view.change is None else f"; {_change(view, now)}"


def _change(view: PolicyView, now: datetime) -> str:
    """When and to what the verdict changes by itself."""
    change, policy = view.change, view.policy
    if change is None:
        return "does not change by itself"
    when = f"in {spoken((change.at - now).total_seconds())} (at {moment(change.at)} UTC)"
    if change.open_end:
        return f"does not change by itself before {when[3:]}"
    if change.verdict is None:
        return f"judged by it no more {when}"
    unless = " unless a log line appears" if Need.ACTIVITY in policy.needs else ""
    if change.verdict.ruling is not Ruling.OFFENDER:
        return f"{change.verdict.ruling.value} {when}{unless}: {change.verdict.reason}"
    was = view.verdict.ruling if view.verdict else None
    if was is Ruling.OFFENDER:
        return f"its window ({policy.only_during}) {'opens' if change.acts else 'closes'} {when}"
    met = dict.fromkeys(f.rule for f in change.verdict.findings if f.answer is Answer.YES)
    then = "" if change.acts else f"; its window ({policy.only_during}) is closed then"
    after = "; then what 'after' asks for" if policy.after else ""
    due = "due" if policy.mode is Mode.ENFORCE else "an offender"
    return f"{due} {when}{unless}: {' and '.join(met)}{after}{then}"


def _show_decisions(out: Console, past: AsOf) -> None:
    if past.look is not None:
        how = "enforcing" if past.look.enforcing else "dry run"
        out.print(
            f"  last look by then: run {past.look.id} ({how}) at {moment(past.look.at)} UTC "
            f"by {escape(past.look.actor)}"
        )
        for doubt in past.look.doubts:
            out.print(f"  [yellow]observed only:[/] {escape(doubt)}")
    else:
        out.print("  no run had read the account by then")
    if not past.decisions:
        out.print("  no verdict on it is on record by then")
        return
    for one in past.decisions:
        out.print(
            f"\n[bold]{escape(one.policy)}[/]: {styled(one.ruling)} since run {one.run} at "
            f"{moment(one.at)} UTC"
        )
        out.print(f"  {escape(one.reason)}")
        for kept in one.evidence["findings"]:
            finding = Finding(**{**kept, "answer": Answer[kept["answer"].upper()]})
            detail = ", ".join(filter(None, (measured(finding), finding.note)))
            out.print(
                f"  {escape(finding.rule)}: "
                f"{_ANSWERS[finding.answer]}{escape(f', {detail}' if detail else '')}"
            )
        text = past.texts.get(one.policy_hash)
        reason = (
            "by this text"
            if past.stands(one)
            else "by this text, by which the last look judged no more"
        )
        out.print(f"  {reason}:" if text else "  the text it was judged by is not on record")
        for line in (text or "").splitlines():
            out.print(f"    {escape(line)}")
    out.print(
        "\n  a verdict is recorded when it changes: values are those of its run; the session's "
        "state, name and version "
        "then are not on record"
    )


def _show_steps(out: Console, past: AsOf, when: str) -> None:
    if not past.steps:
        out.print(f"\nno step was planned for it {when}")
        return
    out.print("\nwhat was done")
    rows = table("AT (UTC)", "RUN", "POLICY", "ACTION", "EVENT", "DETAIL", wide="DETAIL")
    for step in reversed(past.steps):
        for event in step.events:
            cells = (step.policy, step.action)
            rows.add_row(
                moment(event.at),
                str(step.run),
                *map(escape, cells),
                styled(event.event),
                escape(event.detail),
            )
        if not step.events:
            rows.add_row(
                moment(step.at),
                str(step.run),
                escape(step.policy),
                step.action,
                "planned",
                "not begun",
            )
    out.print(rows)
