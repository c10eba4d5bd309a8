"""Results for people (rich tables), and as CSV for programs."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import markup
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reaper.core.judging.verdict import Observation, Verdict
from reaper.core.model.session import Session
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Outcome, Plan, Result, Step
from reaper.run.pipeline import Report

_FILE_WIDTH = 160  # columns where standard output is no terminal
# columns that the wide column needs beside the others; with fewer it stands on a line of its own
_LEAST = 28
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


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _FILE_WIDTH, highlight=False, emoji=False)


def escape(text: str) -> str:
    """What a server sent, as plain text: neither markup nor a terminal's control sequences."""
    return markup.escape(
        "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def short(session_id: str) -> str:
    return session_id[:_SHORT]


def styled(word: str) -> str:
    style = STYLES.get(word)
    return f"[{style}]{word}[/]" if style else escape(word)


def moment(at: datetime | None) -> str:
    """A time in UTC, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else "-"


class _Sheet(Table):
    """A table that a narrow terminal shows in two lines a row: the wide column stands below the
    others.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = [
            [Text.from_markup(str(cell), emoji=False) for cell in (c.header, *c.cells)]
            for c in self.columns
        ]
        narrow = [cells for cells, c in zip(columns, self.columns, strict=True) if c.no_wrap]
        widths = [max(text.cell_len for text in cells) for cells in narrow]
        if not narrow or sum(widths) + 2 * len(widths) + _LEAST <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        wide = next(
            (cells for cells, c in zip(columns, self.columns, strict=True) if not c.no_wrap), []
        )
        _shrink(widths, options.max_width - 2 * (len(widths) - 1))
        for number, row in enumerate(zip(*narrow, strict=True)):
            for text, width in zip(row, widths, strict=True):
                text.truncate(width, overflow="ellipsis", pad=True)
            line = Text("  ").join(row)
            line.rstrip()
            line.stylize("bold" if number == 0 else "")
            yield line
            if number and wide and wide[number].plain:
                yield Padding(wide[number], (0, 0, 0, 4))


def _shrink(widths: list[int], room: int) -> None:
    """Take from the widest until they fit, or nothing is left to take."""
    while sum(widths) > room and max(widths) > _SHORT:
        widths[widths.index(max(widths))] -= 1


def table(*columns: str, wide: str = "REASON") -> Table:
    """An empty table in the house's style; the `wide` column takes what width is left,
    and folds.
    """
    made = _Sheet(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(
            column, overflow="fold", ratio=1 if column == wide else None, no_wrap=column != wide
        )
    return made


# --- passes
# ------------------------------------------------------------------------------------------------------


def show_reports(reports: Iterable[Report]) -> None:
    out = console()
    for report in reports:
        show_report(out, report)


def show_report(out: Console, report: Report) -> None:
    observation = report.observation
    counts = (
        ", ".join(f"{n} {ruling}" for ruling, n in observation.count().items() if n)
        or "none judged"
    )
    how = "enforcing" if report.enforcing else "dry run"
    if report.error is not None:  # its line is on standard error
        out.print(
            f"[bold]{escape(observation.account)}[/] run {report.run_id} ({how}): the account could not "
            "be read"
        )
        return
    out.print(
        f"[bold]{escape(observation.account)}[/] run {report.run_id} ({how}): {len(observation.snapshot.fleet)} "
        f"sessions; {counts}"
    )
    for past, outcome in report.settled:
        settled = (
            f"{short(past.session_id)} {styled(outcome.result.value)}: {escape(outcome.detail)}"
        )
        out.print(f"  settled from run {past.run_id}: {settled}")
    for doubt in observation.doubts:
        out.print(f"  [yellow]observed only:[/] {escape(doubt)}")
    for concern in report.concerns:
        out.print(f"  [yellow]needs a person:[/] {escape(concern.reason)}")
    for bad in observation.snapshot.unreadable:
        out.print(f"  [yellow]unreadable {bad.kind} {bad.id or ''}:[/] {escape(bad.problem)}")
    _show_half_read(out, observation)
    _show_steps(out, report)
    show_rest(out, report.plan)
    _show_receipts(out, report)
    show_dormant(out, observation)


def _show_half_read(out: Console, observation: Observation) -> None:
    """How many sessions are left alone because a field cannot be read, and one of them."""
    sessions = observation.half_read
    if sessions:
        one = sessions[0]
        why = "; ".join(map(str, one.problems))
        some = "1 session" if len(sessions) == 1 else f"{len(sessions)} sessions, such as"
        out.print(
            f"  [yellow]read only in part, left alone:[/] {some} {one.kind} {escape(one.id)}: "
            f"{escape(why)}"
        )


def show_dormant(out: Console, observation: Observation) -> None:
    for name, why in observation.policies.dormant(observation.now).items():
        out.print(f"  policy {escape(name)} is not in force: {why}")


def show_rest(out: Console, plan: Plan) -> None:
    """What of a plan is not a step: halts, what waits, what came back, and what only observing
    policies found.
    """
    for halt in plan.halted:
        out.print(f"  [bold red]halted:[/] {escape(halt)}")
    for step in plan.came_back:
        out.print(
            f"  [magenta]came back:[/] {escape(short(step.session.id))} was seen "
            "to end, and runs again"
        )
    for waiting in plan.waiting:
        who = f"{short(waiting.session.id)} ({waiting.policy})"
        out.print(f"  [cyan]waits:[/] {escape(who)}: {escape(waiting.reason)}")
    others = {s.session.id for s in (*plan.steps, *plan.came_back)} | {
        w.session.id for w in plan.waiting
    }
    _show_left_alone(
        out, "notify", [c.verdict for c in plan.to_tell if c.verdict.session.id not in others]
    )
    _show_left_alone(out, "observe", [v for v in plan.observed if v.session.id not in others])


def _show_left_alone(out: Console, mode: str, verdicts: Sequence[Verdict]) -> None:
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
        rows.add_row(*map(escape, cells), escape(verdict.reason))
    out.print(f"  offenders of policies in mode {mode}, left alone:")
    out.print(rows)


def _show_receipts(out: Console, report: Report) -> None:
    for delivery in report.deliveries:
        count = len(delivery.notice.reported)
        what = f"{count} {'session' if count == 1 else 'sessions'}"
        detail = f" ({escape(delivery.detail)})" if delivery.detail else ""
        match delivery.result:
            case DeliveryStatus.TOLD:
                out.print(f"  [green]told[/] {delivery.target} of {what}{detail}")
            case DeliveryStatus.NOT_TOLD:
                out.print(
                    f"  [bold red]could not tell[/] {delivery.target} of {what}{detail}; the next "
                    "run tries again"
                )
            case DeliveryStatus.WITHHELD:
                out.print(
                    f"  dry run: nobody was told; --enforce would tell {delivery.target} of {what}"
                )


def _show_steps(out: Console, report: Report) -> None:
    if not report.plan.steps:
        return
    rows, common = (
        table("SESSION", "KIND", "OWNER", "APP", "POLICY", "REASON", "OUTCOME"),
        _common(report),
    )
    for step in report.plan.steps:
        outcome = report.outcomes.get(step.session.id)
        what = styled(outcome.result.value) if outcome else "planned"
        shown = _detail(step, outcome, common)
        rows.add_row(*_who(step.session), escape(step.policy), escape(shown), what)
    out.print(rows)
    if common and report.enforcing and not report.plan.halted:
        out.print(f"  [yellow]nothing was asked:[/] {escape(common)}")
    if not report.enforcing:
        withheld = sum(1 for o in report.outcomes.values() if o.result is Result.WITHHELD)
        would = "would be halted as well" if report.plan.halted else f"would end {withheld}"
        out.print(f"  dry run: nothing was ended; --enforce {would}")


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
    return (
        escape(short(session.id)),
        escape(session.kind),
        escape(session.owner or "?"),
        escape(session.app or "?"),
    )


def identity(session: Session) -> dict[str, Any]:
    return {"session": session.id, "kind": session.kind, "owner": session.owner}


def rows_as_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """CSV with a header line; every text in quotes, for it may hold anything; times in ISO 8601,
    UTC.
    """
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns, extrasaction="ignore", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    writer.writeheader()
    writer.writerows({key: _inert(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _inert(value: object) -> object:
    """A session's own text must not become a formula in whoever's spreadsheet opens the file."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
