"""An explanation for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from rich.text import Text

from reaper.cli.display import headed, moment, stamp
from reaper.cli.views.explanation_json import explanation_as_json
from reaper.cli.views.render import Screen, console, styled, table
from reaper.core.explaining.disposition import next_run
from reaper.core.explaining.explanation import Branch, Cover, PolicyView, explained
from reaper.core.judging.verdict import Finding, Ruling
from reaper.core.language.leaf_rule import Need, Unit
from reaper.core.language.policy import Mode
from reaper.core.language.rules import unit_of
from reaper.core.model.duration import spoken
from reaper.core.model.matching import Answer, Match
from reaper.store import AsOf
from reaper.usecases.explain import Explanation, Live

__all__ = ["explanation_as_json", "show_explanation"]

_ANSWERS = {
    Answer.YES: Text("yes", "red"),
    Answer.NO: Text("no", "green"),
    Answer.UNKNOWN: Text("unknown", "yellow"),
}


def show_explanation(explanation: Explanation) -> None:
    out = console()
    at, (account, session) = explanation.at, explanation.who
    if explanation.live is not None:
        _show_session(out, explanation.live)
        _show_policies(out, explanation.live)
    else:
        there = "not among the live sessions; this is on record of it"
        when = f"as recorded by {stamp(at)}" if at else there
        if explanation.past.end is not None:
            _show_end(out, explanation)
        else:
            out.line("[bold]{}[/] in {}: {}", session, account, when)
            if at is None and not explanation.unread:
                out.line("  not ended by this reaper: no step on record shows its end")
        _show_decisions(out, explanation.past)
    _show_steps(out, explanation.past, "by then" if at else "so far")


def _show_end(out: Screen, explanation: Explanation) -> None:
    """Who ended it, when, and why: what is asked first of a session that is gone."""
    end, (account, session) = explanation.past.end, explanation.who
    if end is None:
        return
    step, run = end.step, end.run
    word = styled(end.event.event)
    out.line("[bold]{}[/] in {}: {} at {}", session, account, word, stamp(end.event.at))
    actor = f", by {run.actor}" if run else ""
    out.line("  who: policy {} in run {}{}", step.policy, step.run, actor)
    if run is not None and run.request is not None:
        out.line("  asked for by hand: {}", run.request)
    out.line("  why: {}", step.reason)
    if end.event.detail:
        out.line("  how it was seen: {}", end.event.detail)
    whose = (step.kind, step.owner or "?", step.app or "?")
    out.line("  it was a {} session of {}, app {}", *whose)


def _show_session(out: Screen, live: Live) -> None:
    session, observation = live.session, live.observation
    app = " ".join(filter(None, (session.app, session.app_version))) or "?"
    who = [
        session.kind,
        str(session.state),
        f"of {session.owner or '?'}",
        f"app {app}",
        f"'{session.name or ''}'",
    ]
    out.line("[bold]{}[/] in {}: {}", session.id, observation.account, ", ".join(who))
    created, started = (
        _ago(at, observation.now) for at in (session.created_at, session.started_at)
    )
    out.line("  created {}, started {}", created, started)
    activity = observation.activity.get(session.id)
    if activity is not None:
        out.line("  last active {}: {}", _ago(activity.at, observation.now), activity.source)
    for problem in session.problems:
        out.line("  [yellow]not known:[/] {}", problem)
    words = next_run(observation, live.plan, session, live.holds).words
    out.line("  next enforcing run: {}", words)


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "at a time that is not known"
    length = (now - at).total_seconds()
    return f"{stamp(at)} ({spoken(length)} {'ago' if length >= 0 else 'ahead'})"


def _show_policies(out: Screen, live: Live) -> None:
    views = explained(live.observation, live.session)
    for view in views:
        if view.verdict is not None:
            _show_view(out, view, live.observation.now)
    others = [view for view in views if view.verdict is None]
    if others:
        out.line("\nnot judged by")
    for view in others:
        why = "; ".join(chain(filter(None, [view.aside]), _mismatches(view)))
        out.line("  {}: {}{}", view.policy.name, why, _begins(view, live.observation.now))


def _mismatches(view: PolicyView) -> Iterator[str]:
    for mismatch in view.mismatches:
        value = "is not known" if mismatch.value is None else f"is {mismatch.value!r}"
        spelt = " (they look alike, but are spelled differently)" if mismatch.alike else ""
        yield f"{mismatch.field} {value}, not {_wanted(mismatch.wanted)}{spelt}"


def _wanted(match: Match) -> str:
    match match:
        case dict():
            return f"other than {_wanted(match['not'])}"
        case list():
            return " or ".join(match)
        case _:
            return match


def _show_view(out: Screen, view: PolicyView, now: datetime) -> None:
    verdict = view.verdict
    if verdict is None or view.rule is None:
        return
    ruling = styled(verdict.ruling.value)
    out.line("\n[bold]{}[/] ({}): {}", view.policy.name, view.policy.mode, ruling)
    if verdict.ruling in (Ruling.EXEMPT, Ruling.UNDETERMINED):
        out.line("  {}", verdict.reason)
    for line in _mismatches(view):
        out.line("  [yellow]perhaps not selected:[/] {}", line)
    rows = table("  RULE", "MET", "FOUND", "WHERE THAT COMES FROM", wide="WHERE THAT COMES FROM")
    for depth, branch in _branches(view.rule, 1):
        finding = branch.finding
        cells = (measured(finding), finding.note) if finding else ("", "")
        rows.add_row("  " * depth + branch.rule, _ANSWERS[branch.answer], *cells)
    out.rows(rows)
    for cover in view.covers:
        out.line("  exemption ({}): {}", cover.given, _cover(cover))
    out.line("  {}", _change(view, now))


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
    when = f"in {spoken((change.at - now).total_seconds())} (at {stamp(change.at)})"
    if change.open_end:
        return f"does not change by itself before {when[3:]}"
    if change.verdict is None:
        return f"no longer judged by it {when}"
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


def _show_decisions(out: Screen, past: AsOf) -> None:
    if past.look is not None:
        how = "enforcing" if past.look.enforcing else "dry run"
        last = "  last look by then: run {} ({}) at {} by {}"
        out.line(last, past.look.id, how, stamp(past.look.at), past.look.actor)
        for doubt in past.look.doubts:
            out.line("  [yellow]observed only:[/] {}", doubt)
    else:
        out.line("  no run had read the account by then")
    if not past.decisions:
        out.line("  no verdict on it is on record by then")
        return
    for one in past.decisions:
        stands = "\n[bold]{}[/]: {} since run {} at {}"
        out.line(stands, one.policy, styled(one.ruling), one.run, stamp(one.at))
        out.line("  {}", one.reason)
        for kept in one.evidence["findings"]:
            finding = Finding(**{**kept, "answer": Answer[kept["answer"].upper()]})
            told = "".join(f", {part}" for part in (measured(finding), finding.note) if part)
            out.line("  {}: {}{}", finding.rule, _ANSWERS[finding.answer], told)
        text = past.texts.get(one.policy_hash)
        reason = (
            "by this text"
            if past.stands(one)
            else "by this text, which the last look no longer used"
        )
        out.line("  {}", f"{reason}:" if text else "the text it was judged by is not on record")
        for line in (text or "").splitlines():
            out.line("    {}", line)
    out.line(
        "\n  a verdict is recorded when it changes: values are those of its run; the session's "
        "state, name and version "
        "then are not on record"
    )


def _show_steps(out: Screen, past: AsOf, when: str) -> None:
    if not past.steps:
        out.line("\nno step was planned for it {}", when)
        return
    out.line("\nwhat was done")
    rows = table(headed("AT"), "RUN", "POLICY", "ACTION", "EVENT", "DETAIL", wide="DETAIL")
    for step in reversed(past.steps):
        for event in step.events:
            cells = (step.policy, step.action)
            rows.add_row(
                moment(event.at),
                str(step.run),
                *cells,
                styled(event.event),
                event.detail,
            )
        if not step.events:
            rows.add_row(
                moment(step.at),
                str(step.run),
                step.policy,
                step.action,
                "planned",
                "not begun",
            )
    out.rows(rows)
