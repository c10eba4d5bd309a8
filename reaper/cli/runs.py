"""`reaper runs`: the passes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import output_option, settings_of

if TYPE_CHECKING:
    from reaper.store import RunEntry


@click.command("runs")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many.")
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, account: str | None, limit: int, output: str) -> None:
    """List the passes, the newest first, with what each saw and what came of it."""
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.store import list_runs  # noqa: PLC0415

    with database(settings_of(ctx)) as store:
        found = list_runs(store, account=account, limit=limit)
    if output == "json":
        click.echo(json.dumps({"runs": [_as_json(run) for run in found]}, indent=2))
    else:
        _show(found)


def _as_json(run: RunEntry) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(run).items()}


def _show(found: list[RunEntry]) -> None:
    from reaper.cli.render import console, escape, moment, table  # noqa: PLC0415

    out = console()
    if not found:
        out.print("no run is recorded yet")
        return
    rows = table("RUN", "STARTED (UTC)", "ACCOUNT", "HOW", "SESSIONS", "OFFENDERS", "BY", "OUTCOMES", wide="OUTCOMES")
    for run in found:
        how = "enforce" if run.enforcing else "dry run"
        rows.add_row(
            str(run.id),
            moment(run.started_at),
            escape(run.account),
            how,
            str(run.sessions),
            str(run.offenders),
            escape(run.actor),
            escape(_outcomes(run)),
        )
    out.print(rows)


def _outcomes(run: RunEntry) -> str:
    parts = [f"{count} {result}" for result, count in run.outcomes.items()]
    if run.finished_at is None:
        parts.append("broke off")
    return "; ".join([*parts, *(f"observed only: {doubt}" for doubt in run.doubts)]) or "nothing to end"
