"""`reaper daemon`: look again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import account_option, policies_of, policies_option, settings_of, stopping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reaper.run import Report


@click.command("daemon")
@click.option("--interval", metavar="DURATION", help="Between two passes, like 5m; else what the settings say.")
@click.option("--enforce/--dry-run", default=None, help="End the offenders, or only say who they are.")
@account_option
@policies_option
@click.pass_context
def command(
    ctx: click.Context, *, interval: str | None, enforce: bool | None, accounts: tuple[str, ...], policies: Path | None
) -> None:
    """Look at the accounts now and then every interval, until SIGTERM or Ctrl-C.

    A stop finishes the step under way and records it; what was planned after it is left alone.
    """
    from reaper.cli.passes import run_accounts  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.core.duration import Duration  # noqa: PLC0415
    from reaper.daemon import run_forever  # noqa: PLC0415
    from reaper.errors import ReaperError  # noqa: PLC0415

    settings = settings_of(ctx)
    try:
        every = Duration.parse(interval) if interval else settings.interval
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--interval") from None
    chosen = settings.chosen(accounts)
    judged_by, reread = policies_of(settings, policies)
    enforcing = settings.enforce if enforce is None else enforce
    with stopping() as stop:

        def pass_once(late: Sequence[str]) -> None:
            try:
                done = run_accounts(
                    settings,
                    chosen,
                    judged_by,
                    enforce=enforcing,
                    stop=stop,
                    tell=lambda _: None,
                    reread=reread,
                    misgivings=late,
                )
            except ReaperError as error:
                _say(f"this pass failed: {error}")
            else:
                for line in (*done.skipped, *map(_line, done.reports)):
                    _say(line)

        how = "enforcing" if enforcing else "dry run"
        _say(f"looking at {', '.join(a.name for a in chosen)} every {every} ({how}); SIGTERM or Ctrl-C stops")
        run_forever(pass_once, interval=every.seconds, stop=stop, clock=SystemClock(), say=_say)
    _say("stopped")


def _line(report: Report) -> str:
    seen = report.seen
    if report.error is not None:
        return f"{seen.account} run {report.run_id}: {report.error}"
    outcomes = [o.result.value for o in report.outcomes.values()]
    done = ", ".join(f"{outcomes.count(result)} {result}" for result in sorted(set(outcomes))) or "nothing to end"
    doubts = f"; observed only: {'; '.join(seen.doubts)}" if seen.doubts else ""
    return f"{seen.account} run {report.run_id}: {len(seen.snapshot.fleet)} sessions, {done}{doubts}"


def _say(line: str) -> None:
    from reaper.clock import SystemClock  # noqa: PLC0415

    click.echo(f"{SystemClock().now():%Y-%m-%dT%H:%M:%SZ} {line}", err=True)
