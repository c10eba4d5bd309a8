"""`reaper history`: what was decided and done, and why."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import Moment, output_option, settings_of

if TYPE_CHECKING:
    from reaper.store import HistoryEntry

_COLUMNS = ("at", "run", "account", "session", "kind", "owner", "app", "policy", "event", "action", "reason")


@click.command("history")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--session", metavar="ID", help="Only this session; the first characters of its id will do.")
@click.option("--owner", metavar="OWNER", help="Only this owner; * stands for anything.")
@click.option("--policy", metavar="NAME", help="Only by this policy.")
@click.option("--outcome", metavar="WORD", help="Only this outcome or verdict, like terminated or offender.")
@click.option("--since", type=Moment(), help="From this moment on: 2026-11-23T10:00 (UTC), or 2h for so long ago.")
@click.option("--until", type=Moment(), help="Before this moment.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Also why sessions were left alone: compliant verdicts.")
@output_option("table", "json", "csv")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    account: str | None,
    session: str | None,
    owner: str | None,
    policy: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    everything: bool,
    output: str,
) -> None:
    """Show the decisions and what came of them, the newest first.

    A decision is shown when it was taken; as long as nothing changes it is not taken, and not shown, again.
    """
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.store import HistoryFilter, entries  # noqa: PLC0415

    asked = HistoryFilter(
        account=account,
        session=session,
        owner=owner,
        policy=policy,
        outcome=_known(outcome),
        since=since,
        until=until,
        limit=limit,
        everything=everything,
    )
    with database(settings_of(ctx)) as store:
        found = entries(store, asked)
    match output:
        case "json":
            click.echo(json.dumps({"history": [_as_json(entry) for entry in found]}, indent=2))
        case "csv":
            from reaper.cli.render import rows_as_csv  # noqa: PLC0415

            click.echo(rows_as_csv([_as_json(entry) for entry in found], _COLUMNS), nl=False)
        case _:
            show_entries(found)


def _known(outcome: str | None) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415

    from reaper.core.notice import Telling  # noqa: PLC0415
    from reaper.core.plan import Result  # noqa: PLC0415
    from reaper.core.verdict import Ruling  # noqa: PLC0415

    known = list(dict.fromkeys([*Result, *Ruling, *Telling, "intended", "planned"]))
    if outcome is None or outcome in known:
        return outcome
    near = get_close_matches(outcome, known, 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise click.BadParameter(f"'{outcome}' is none of {', '.join(known)}{hint}", param_hint="--outcome")


def show_entries(found: list[HistoryEntry]) -> None:
    from reaper.cli.render import console, escape, moment, short, styled, table  # noqa: PLC0415

    out = console()
    if not found:
        out.print("nothing recorded that fits")
        return
    rows = table("AT (UTC)", "RUN", "SESSION", "KIND", "OWNER", "POLICY", "EVENT", "REASON")
    for entry in found:
        who = [short(entry.session_id), entry.kind, entry.owner or "?", entry.policy]
        cells = [escape(cell) for cell in who]
        rows.add_row(moment(entry.at), str(entry.run_id), *cells, styled(entry.event), escape(entry.reason))
    out.print(rows)


def _as_json(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "run": entry.run_id,
        "account": entry.account,
        "session": entry.session_id,
        "kind": entry.kind,
        "owner": entry.owner,
        "app": entry.app,
        "policy": entry.policy,
        "policy_hash": entry.policy_hash,
        "event": entry.event,
        "action": entry.action,
        "reason": entry.reason,
        "evidence": entry.evidence,
    }
