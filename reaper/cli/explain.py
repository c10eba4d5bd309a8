"""`reaper explain`: why one session is judged as it is, when that will change, and what was done to
it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from reaper.cli import completion
from reaper.cli.options import (
    complain,
    output_option,
    policies_of,
    policies_option,
    progress,
    settings_of,
)
from reaper.cli.output import emit
from reaper.cli.times import Moment, zone_option


@click.command("explain")
@click.argument("session", shell_complete=completion.sessions)
@click.option(
    "--account", metavar="NAME", shell_complete=completion.accounts, help="Only in this account."
)
@click.option(
    "--at",
    type=Moment(),
    help="Explain from the record of this time: 2026-11-23T10:00, 14:05, yesterday, or a duration ago such as 2h.",
)
@policies_option
@zone_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    session: str,
    account: str | None,
    at: datetime | None,
    policies: Path | None,
    output: str,
) -> None:
    """Tell why SESSION is judged as it is: the policies, each rule with what it found, exemptions,
    what comes next.

    SESSION is an id, or the first characters of one. Without --at it is looked at now: nothing is
    recorded and nothing
    is ended. With --at the record tells, and no server is asked.
    """
    from reaper.cli.views.explanation import explanation_as_json, show_explanation
    from reaper.usecases.explain import explain_now, explain_past

    settings = settings_of(ctx)
    if at is not None:
        explanation = explain_past(settings, session, at, account)
    else:
        judged_by = policies_of(settings, policies).policies
        with progress() as tell:
            explanation = explain_now(settings, judged_by, session, account, tell=tell)
    if output == "json":
        emit(explanation_as_json(explanation))
    else:
        show_explanation(explanation)
    complain(*explanation.unread)
    ctx.exit(explanation.exit_code)
