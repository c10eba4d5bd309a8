"""`reaper status`: how do we stand?"""

from __future__ import annotations

import click

from reaper.cli.options import account_option, output_option, settings_of
from reaper.cli.output import emit
from reaper.cli.times import zone_option


@click.command("status")
@account_option
@zone_option
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, accounts: tuple[str, ...], output: str) -> None:
    """Show the state of each account: its last and next run, what keeps sessions from being ended,
    and what needs a person.

    Reads the settings, the policies and the database; contacts no platform and changes nothing.
    Exit code 1 if something needs a person.
    """
    from reaper.cli.views.status import show_status, status_as_json
    from reaper.usecases import status

    found = status.examine(settings_of(ctx), accounts)
    if output == "json":
        emit(status_as_json(found))
    else:
        show_status(found)
    ctx.exit(found.exit_code)
