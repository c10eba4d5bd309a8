"""`reaper explain`: why one session is judged as it is, when that will change, and what was done to it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from reaper.cli.options import Moment, output_option, policies_of, policies_option, progress, settings_of


@click.command("explain")
@click.argument("session")
@click.option("--account", metavar="NAME", help="Only in this account.")
@click.option("--at", type=Moment(), help="As it was recorded: 2026-11-23T10:00 (UTC), or 2h for so long ago.")
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, session: str, account: str | None, at: datetime | None, policies: Path | None, output: str
) -> None:
    """Tell why SESSION is judged as it is: the policies, each rule with what it found, exemptions, what comes next.

    SESSION is an id, or the first characters of one. Without --at it is looked at now: nothing is recorded and nothing
    is ended. With --at the record tells, and no server is asked.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick
    from reaper.bootstrap import database  # noqa: PLC0415
    from reaper.cli.explain import finding, shapes, showing  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import as_of, recorded  # noqa: PLC0415

    settings, looks = settings_of(ctx), finding.Looks()
    if account is not None:
        settings.chosen((account,))
    with database(settings) as store, progress() as tell:
        if at is None:
            judged_by, _ = policies_of(settings, policies)
            who, looks = finding.find(settings, store, judged_by, session, account, tell=tell)
        else:
            who = finding.the_one(session, recorded(store, session, account), recorded(store, session[:2], account))
        live, past = looks.live.get(who), as_of(store, *who, at or SystemClock().now())
    if output == "json":
        click.echo(json.dumps(shapes.explanation(who, live, past, at), indent=2))
    else:
        showing.show(who, live, past, at)
    for trouble in looks.unread:
        click.echo(f"reaper: {trouble}", err=True)
    ctx.exit(errors.UNREACHABLE if looks.unread else errors.DONE)
