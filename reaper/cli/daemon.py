"""`reaper daemon`: look again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import account_option, policies_of, policies_option, settings_of, stopping

if TYPE_CHECKING:
    from collections.abc import Sequence


TURN = 0.5
"""The part of the interval within which another replica's run serves; the rest is for passes of uneven length."""


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

    Several on one database share the accounts: an account that another has just looked at is left until the next
    time. A stop finishes the step under way and records it; what was planned after it is left alone.
    """
    from reaper.bootstrap import charges, face  # noqa: PLC0415 - --help stays quick
    from reaper.cli.passes import run_accounts  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.core.duration import Duration  # noqa: PLC0415
    from reaper.daemon import run_forever  # noqa: PLC0415
    from reaper.errors import ReaperError, StoreError  # noqa: PLC0415
    from reaper.logs import logger  # noqa: PLC0415
    from reaper.watch import Watch  # noqa: PLC0415

    settings, log = settings_of(ctx, speaks=True), logger("daemon")
    try:
        every = Duration.parse(interval) if interval else settings.interval
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--interval") from None
    chosen = settings.chosen(accounts)
    judged_by, reread = policies_of(settings, policies)
    enforcing = settings.enforce if enforce is None else enforce
    watch = Watch(clock := SystemClock())
    watch.look_after(charges(chosen, every.delta))
    with face(settings, watch), stopping() as stop:

        def pass_once(late: Sequence[str]) -> None:
            try:
                done = run_accounts(
                    settings,
                    chosen,
                    judged_by,
                    enforce=enforcing,
                    stop=stop,
                    tell=log.debug,
                    reread=reread,
                    misgivings=late,
                    turn=every.delta * TURN,
                    watch=watch,
                )
            except StoreError as error:
                watch.database_lost(str(error))
            except ReaperError as error:
                log.error("pass failed", error=str(error))  # noqa: TRY400 - the line says it all
            else:
                watch.database_back()
                for line in done.skipped:
                    log.info("skipped", why=line)

        log.info("daemon begun", accounts=[a.name for a in chosen], interval=str(every), enforcing=enforcing)
        run_forever(pass_once, interval=every.seconds, stop=stop, clock=clock, say=log.warning, beat=watch.beat)
    log.info("daemon ended")
