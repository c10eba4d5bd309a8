"""`reaper daemon`: look again and again."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import account_option, nobody_to_tell, policies_option, settings_of

if TYPE_CHECKING:
    from datetime import timedelta

    from reaper.daemon import Orders, Rounds
    from reaper.watch import Watch


@click.command("daemon")
@click.option("--interval", metavar="DURATION", help="Between two passes, like 5m; else what the settings say.")
@click.option("--enforce/--dry-run", default=None, help="End the offenders, or only say who they are.")
@account_option
@policies_option
@click.pass_context
def command(
    ctx: click.Context, *, interval: str | None, enforce: bool | None, accounts: tuple[str, ...], policies: Path | None
) -> None:
    """Look at the accounts whenever they are due, until SIGTERM or Ctrl-C.

    Several on one database share the accounts: an account that another has just looked at is left until the next
    time. A stop finishes the step under way and records it; what was planned after it is left alone. What is written
    anew in settings and policies is taken between the passes, and at once upon SIGHUP.
    """
    from reaper.bootstrap import face, opened_again, opened_first  # noqa: PLC0415 - --help stays quick
    from reaper.cli.attending import Attending  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.daemon import Gate, Loop, Rounds, Standing, signals  # noqa: PLC0415
    from reaper.errors import SOME_FAILED  # noqa: PLC0415
    from reaper.logs import logger  # noqa: PLC0415
    from reaper.watch import Watch  # noqa: PLC0415

    settings_of(ctx, speaks=True)
    every, clock, log = _every(interval), SystemClock(), logger("daemon")
    watch = Watch(clock)
    standing = Standing(partial(_load, ctx.obj, policies, accounts), watch)
    settings = standing.current.settings
    for account in standing.current.accounts:
        account.key()  # a missing key is told before anything is looked at
    attending = Attending(standing, watch, clock, enforce, every)
    gate = Gate(partial(opened_first, settings), partial(opened_again, settings), attending.probe, watch, clock)
    with signals() as asked, face(settings, watch), closing(gate):
        rounds = Rounds(
            partial(attending.visit, gate), lambda: gate.database is not None, watch, clock, settings.daemon.workers
        )
        rounds.start()
        rounds.nightly(partial(attending.tidy, gate), settings.daemon.prune)
        names = [account.name for account in standing.current.accounts]
        log.info("daemon begun", accounts=names, enforcing=attending.enforcing(settings))
        Loop(standing, gate, rounds, watch=watch, clock=clock, follow=partial(_follow, rounds, watch, every)).run(asked)
        attending.stop.set()
        late = rounds.close(settings.daemon.stop_within.seconds)
    if late:
        log.error("stopped amid a step", accounts=sorted(late), hint="the next run settles what is unsettled")
        os._exit(SOME_FAILED)  # whoever waits for a server or a database cannot be called back
    log.info("daemon ended")


def _every(interval: str | None) -> timedelta | None:
    from reaper.core.duration import Duration  # noqa: PLC0415

    try:
        return Duration.parse(interval).delta if interval else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--interval") from None


def _load(file: Path | None, policies: Path | None, names: tuple[str, ...]) -> Orders:
    """Raises ConfigurationError with everything that is wrong."""
    from reaper.cli.options import policies_at  # noqa: PLC0415
    from reaper.daemon import Orders  # noqa: PLC0415
    from reaper.settings import DEFAULT_FILE, load_settings  # noqa: PLC0415

    settings = load_settings(file)
    accounts = settings.chosen(names)
    where, loaded = policies_at(settings, policies)
    warnings = (*map(str, loaded.warnings), *nobody_to_tell(loaded.policies, settings))
    return Orders(settings, accounts, loaded.policies, warnings, (file or DEFAULT_FILE, where))


def _follow(rounds: Rounds, watch: Watch, every: timedelta | None, orders: Orders) -> None:
    from reaper.bootstrap import charges  # noqa: PLC0415

    paces = {account.name: every or orders.settings.pace(account) for account in orders.accounts}
    watch.look_after(charges(orders.accounts, paces))
    splay = orders.settings.daemon.splay
    rounds.follow(paces, splay.seconds if splay else 0)
