"""Results for people (rich tables), and as CSV for programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from reaper.cli.display import stamp
from reaper.cli.views.sheet import Sheet
from reaper.core.judging.concerns import Check, Concern
from reaper.core.judging.verdict import Observation, Verdict
from reaper.core.model.session import Session
from reaper.core.planning.holds import Holds
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Outcome, Plan, Result, Step
from reaper.foreign_text import csv_cell, visible
from reaper.run.pipeline import Report
from reaper.usecases.accounts import MANY, NOBODY, Unmatched

_FILE_WIDTH = 160  # columns where standard output is no terminal
_SHORT = 8  # characters of a session's id that a table shows; commands accept them
STYLES = {
    "terminated": "green",
    "already-gone": "green",
    "no-longer-due": "cyan",
    "withheld": "yellow",
    "unconfirmed": "magenta",
    "came-back": "magenta",
    "failed": "bold red",
    "offender": "red",
    "exempt": "cyan",
    "undetermined": "yellow",
    "compliant": "green",
}


_SHIELD = str.maketrans({"[": "\ue000", "\\": "\ue001"})
"""Stands for what markup is made of; neither is printable, so that no text that is shown has one."""
_UNSHIELD = str.maketrans({"\ue000": "[", "\ue001": "\\"})


class Screen:
    """Standard output for tables and lines: whatever is no `Text` is somebody else's, and inert."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else _FILE_WIDTH
        self._console = Console(width=width, markup=False, highlight=False, emoji=False)

    @property
    def width(self) -> int:
        return self._console.width

    def line(self, template: str, *parts: object) -> None:
        """A line as `marked` makes it."""
        self._console.print(marked(template, *parts))

    def rows(self, sheet: Sheet) -> None:
        self._console.print(sheet)


def console() -> Screen:
    return Screen()


def marked(template: str, *parts: object) -> Text:
    """A template of our own, a literal that may hold markup, with the parts in place of its `{}`.

    The parts may come from anywhere: they are shown as they are. A `Text` keeps its style.
    """
    text = Text.from_markup(template.format(*map(_shielded, parts)), emoji=False)
    text.plain = text.plain.translate(_UNSHIELD)
    return text


def _shielded(part: object) -> str:
    plain = part.plain if isinstance(part, Text) else visible(str(part))
    shielded = plain.translate(_SHIELD)
    return f"[{part.style}]{shielded}[/]" if isinstance(part, Text) and part.style else shielded


def short(session_id: str) -> str:
    return session_id[:_SHORT]


def styled(word: str) -> Text:
    return Text(visible(word), STYLES.get(word, ""))


def table(*columns: str, wide: str = "REASON") -> Sheet:
    """An empty table in the house's style; the `wide` column takes what width is left,
    and folds.
    """
    made = Sheet(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(
            column, overflow="fold", ratio=1 if column == wide else None, no_wrap=column != wide
        )
    return made


# --- passes
# ------------------------------------------------------------------------------------------------------


def show_reports(
    reports: Iterable[Report], unmatched: Mapping[str, Sequence[Unmatched]] = NOBODY
) -> None:
    out = console()
    for report in reports:
        show_report(out, report, unmatched.get(report.observation.account, ()))


def show_report(out: Screen, report: Report, unmatched: Sequence[Unmatched] = ()) -> None:
    observation = report.observation
    counts = (
        ", ".join(f"{n} {ruling}" for ruling, n in observation.count().items() if n)
        or "none judged"
    )
    how = "enforcing" if report.enforcing else "dry run"
    who = (observation.account, report.run_id, how)
    if report.error is not None:  # its line is on standard error
        out.line("[bold]{}[/] run {} ({}): the account could not be read", *who)
        return
    fleet = len(observation.snapshot.fleet)
    out.line("[bold]{}[/] run {} ({}): {} sessions; {}", *who, fleet, counts)
    _show_policies(out, observation, unmatched)
    for past, outcome in report.settled:
        which, result = short(past.session_id), styled(outcome.result.value)
        out.line("  settled from run {}: {} {}: {}", past.run_id, which, result, outcome.detail)
    for doubt in observation.doubts:
        out.line("  [yellow]observed only:[/] {}", doubt)
    show_concerns(out, report.concerns)
    for bad in observation.snapshot.unreadable:
        out.line("  [yellow]unreadable {} {}:[/] {}", bad.kind, bad.id or "", bad.problem)
    _show_half_read(out, observation)
    _show_steps(out, report)
    _show_blocked(out, report)
    show_rest(out, report.plan)
    _show_receipts(out, report)
    show_dormant(out, observation)


def _show_policies(out: Screen, observation: Observation, unmatched: Sequence[Unmatched]) -> None:
    """How many sessions each policy judged, and how; and which has had none for long."""
    idle = {one.policy: one for one in unmatched}
    for name, counts in observation.count_by_policy().items():
        if name in idle:
            out.line("  [yellow]policy {}:[/] {}", name, no_match(idle[name]))
            continue
        said = ", ".join(f"{count} {ruling}" for ruling, count in counts.items())
        out.line("  policy {}: {}", name, said or "selects no session")


def no_match(one: Unmatched) -> str:
    return (
        f"selected no session in the last {MANY} runs, since {stamp(one.since)}; "
        "`reaper policy check --live` tells which patterns match nobody"
    )


def show_concerns(out: Screen, concerns: Iterable[Concern]) -> None:
    """What needs a person; that the key is refused is told on standard error."""
    for concern in concerns:
        if concern.check is not Check.KEY:
            out.line("  [yellow]needs a person:[/] {}", concern.reason)


def _show_half_read(out: Screen, observation: Observation) -> None:
    """How many sessions are left alone because a field cannot be read, and one of them."""
    sessions = observation.half_read
    if sessions:
        one = sessions[0]
        why = "; ".join(map(str, one.problems))
        some = "1 session" if len(sessions) == 1 else f"{len(sessions)} sessions, such as"
        left = "  [yellow]read only in part, left alone:[/] {} {} {}: {}"
        out.line(left, some, one.kind, one.id, why)


def show_dormant(out: Screen, observation: Observation) -> None:
    for name, why in observation.policies.dormant(observation.now).items():
        out.line("  policy {} is not in force: {}", name, why)


def show_holds(
    out: Screen, account: str, plan: Plan, holds: Holds, *, attended: bool = False
) -> None:
    """Why a run takes none of the steps: a pause first, the limits that they exceed, an earlier
    halt; and the way on.
    """
    if not plan.steps:
        return
    if holds.pause is not None:
        out.line("  [yellow]withheld:[/] {}", holds.pause)
    for halt in plan.halted:
        out.line("  [bold red]halted:[/] {}", halt)
    if not plan.halted and holds.acknowledge and not attended:
        out.line("  [bold red]halted:[/] run {} was halted by a limit", holds.halted_run)
    if plan.halted or (holds.acknowledge and not attended):
        out.line("  {}", holds.way_on(account, plan.takeable))


def show_rest(out: Screen, plan: Plan) -> None:
    """What of a plan is not a step: what waits, what came back, and what only observing policies
    found.
    """
    for step in plan.came_back:
        who = short(step.session.id)
        out.line("  [magenta]came back:[/] {} was seen to end, and runs again", who)
    for waiting in plan.waiting:
        who = f"{short(waiting.session.id)} ({waiting.policy})"
        out.line("  [cyan]waits:[/] {}: {}", who, waiting.reason)
    others = {s.session.id for s in (*plan.steps, *plan.came_back)} | {
        w.session.id for w in plan.waiting
    }
    _show_left_alone(
        out, "notify", [c.verdict for c in plan.to_tell if c.verdict.session.id not in others]
    )
    _show_left_alone(out, "observe", [v for v in plan.observed if v.session.id not in others])


def _show_left_alone(out: Screen, mode: str, verdicts: Sequence[Verdict]) -> None:
    if not verdicts:
        return
    rows = table("SESSION", "KIND", "OWNER", "APP", "POLICY", "REASON")
    for verdict in verdicts:
        session = verdict.session
        cells = (
            short(session.id),
            session.kind,
            session.owner or "?",
            session.app or "?",
            verdict.policy.name,
        )
        rows.add_row(*cells, verdict.reason)
    out.line("  offenders of policies in mode {}, left alone:", mode)
    out.rows(rows)


def _show_receipts(out: Screen, report: Report) -> None:
    for delivery in report.deliveries:
        count = len(delivery.notice.reported)
        what = f"{count} {'session' if count == 1 else 'sessions'}"
        detail = f" ({delivery.detail})" if delivery.detail else ""
        to = delivery.target
        match delivery.result:
            case DeliveryStatus.TOLD:
                out.line("  [green]notified[/] {} of {}{}", to, what, detail)
            case DeliveryStatus.NOT_TOLD:
                again = "  [bold red]could not notify[/] {} of {}{}; the next run tries again"
                out.line(again, to, what, detail)
            case DeliveryStatus.WITHHELD:
                would = "  dry run: nobody was notified; --enforce would notify {} of {}"
                out.line(would, to, what)


def _show_steps(out: Screen, report: Report) -> None:
    if not report.plan.steps:
        return
    rows, common = (
        table("SESSION", "KIND", "OWNER", "APP", "POLICY", "REASON", "OUTCOME"),
        _common(report),
    )
    for step in report.plan.steps:
        outcome = report.outcomes.get(step.session.id)
        what: str | Text = styled(outcome.result.value) if outcome else "planned"
        shown = _detail(step, outcome, common)
        rows.add_row(*_who(step.session), step.policy, shown, what)
    out.rows(rows)
    if common and report.enforcing and report.blocked is None:
        out.line("  [yellow]nothing was requested:[/] {}", common)


def _show_blocked(out: Screen, report: Report) -> None:
    show_holds(
        out, report.observation.account, report.plan, report.holds, attended=report.request.attended
    )
    if not report.enforcing and report.plan.steps:
        withheld = sum(1 for o in report.outcomes.values() if o.result is Result.WITHHELD)
        would = "would end nothing either" if report.blocked else f"would end {withheld}"
        would = "would be halted as well" if report.plan.halted else would
        out.line("  dry run: nothing was ended; --enforce {}", would)


def _common(report: Report) -> str:
    """Why all steps were withheld, where it is the same for each: said once, not in every row."""
    outcomes = {(o.result, o.detail) for o in report.outcomes.values()}
    if len(outcomes) != 1 or len(report.outcomes) < len(report.plan.steps):
        return ""
    result, detail = outcomes.pop()
    return detail if result is Result.WITHHELD else ""


def _detail(step: Step, outcome: Outcome | None, common: str) -> str:
    if outcome is None or outcome.detail in ("", common):
        return step.reason
    return f"{step.reason}; {outcome.detail}"


def _who(session: Session) -> tuple[str, str, str, str]:
    return short(session.id), session.kind, session.owner or "?", session.app or "?"


def identity(session: Session) -> dict[str, Any]:
    return {"session": session.id, "kind": session.kind, "owner": session.owner}


def csv_lines(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """CSV with a header line; every text in quotes, for it may hold anything; times in ISO 8601,
    UTC.
    """
    kept: list[str] = []
    writer = csv.DictWriter(
        _Lines(kept),
        columns,
        extrasaction="ignore",
        lineterminator="\n",
        quoting=csv.QUOTE_NONNUMERIC,
    )
    writer.writeheader()
    yield kept.pop()
    for row in rows:
        writer.writerow({key: csv_cell(value) for key, value in row.items()})
        yield kept.pop()


class _Lines:
    """What the csv module writes to."""

    def __init__(self, kept: list[str]) -> None:
        self._kept = kept

    def write(self, line: str) -> None:
        self._kept.append(line)
