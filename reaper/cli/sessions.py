"""`reaper sessions`: what runs now, and what the policies say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import account_option, output_option, policies_of, policies_option, progress, settings_of

if TYPE_CHECKING:
    from reaper.core.session import Session
    from reaper.core.verdict import Pass, Ruling, Verdict


@click.command("sessions")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the whole fleet there, for `reaper policy diff --fleet`.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, keep: Path | None, accounts: tuple[str, ...], policies: Path | None, output: str
) -> None:
    """List the live sessions with owner, age, idle time, where that was learnt, and the verdict.

    Nothing is recorded and nothing is ended. With --keep the log of every session is read.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick
    from reaper.bootstrap import database, reaper_of  # noqa: PLC0415

    settings = settings_of(ctx)
    judged_by, _ = policies_of(settings, policies)
    passes, unread = [], []
    with database(settings) as store, progress() as tell:
        for account in settings.chosen(accounts):
            with reaper_of(settings, account, judged_by, store, enforce=False, stop=Event(), tell=tell) as reaper:
                try:
                    passes.append(reaper.look()[0] if keep is None else reaper.look_at_all())
                except errors.AccountError as error:
                    unread.append(error)
    if output == "json":
        click.echo(json.dumps({"accounts": [_as_json(seen) for seen in passes]}, indent=2))
    else:
        for seen in passes:
            show_sessions(seen)
    if keep is not None and passes:
        _keep(keep, passes)
    for trouble in unread:
        click.echo(f"reaper: {trouble}", err=True)
    ctx.exit(errors.UNREACHABLE if unread else errors.DONE)


def _keep(path: Path, passes: Sequence[Pass]) -> None:
    from reaper.fleet_files import kept, write_fleets  # noqa: PLC0415

    write_fleets(path, map(kept, passes))
    click.echo(f"kept in {path}; `reaper policy diff OLD NEW --fleet {path}` judges it again", err=True)


def show_sessions(seen: Pass) -> None:
    """One table, the offenders first, then by age."""
    from reaper.cli.render import console, escape, styled, table  # noqa: PLC0415

    out = console()
    rows = table("SESSION", "KIND", "STATE", "OWNER", "APP", "AGE", "IDLE", "VERDICT", "WHY", wide="WHY")
    found = _by_session(seen)
    for session in sorted(seen.snapshot.fleet, key=lambda s: _order(s, found.get(s.id, ()), seen)):
        row = _row(session, found.get(session.id, ()), seen)
        cells = [escape(row[key] or "?") for key in ("short", "kind", "state", "owner", "app", "age", "idle")]
        rows.add_row(*cells, styled(row["verdict"]), escape(row["why"]))
    out.print(f"[bold]{escape(seen.account)}[/]: {len(seen.snapshot.fleet)} sessions")
    out.print(rows)
    for doubt in seen.doubts:
        out.print(f"[yellow]this look is doubtful:[/] {escape(doubt)}")
    for bad in seen.snapshot.unreadable:
        out.print(f"[yellow]unreadable {bad.kind} {bad.id or ''}:[/] {escape(bad.problem)}")


def _by_session(seen: Pass) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in seen.verdicts:
        found.setdefault(verdict.session.id, []).append(verdict)
    return found


def _order(session: Session, verdicts: Sequence[Verdict], seen: Pass) -> tuple[bool, float]:
    from reaper.core.verdict import Ruling  # noqa: PLC0415

    age = session.age(seen.now)
    return all(v.ruling is not Ruling.OFFENDER for v in verdicts), -(age.total_seconds() if age else 0)


def _row(session: Session, verdicts: Sequence[Verdict], seen: Pass) -> dict[str, Any]:
    from reaper.cli.render import short  # noqa: PLC0415
    from reaper.core.duration import spoken  # noqa: PLC0415
    from reaper.core.verdict import gravest  # noqa: PLC0415

    ruling = gravest(v.ruling for v in verdicts)
    saying = [v for v in verdicts if v.ruling is ruling]
    age, known = session.age(seen.now), seen.activity.get(session.id)
    idle = known.idle(seen.now) if known else None
    return {
        "short": short(session.id),
        "kind": session.kind,
        "state": session.state,
        "owner": session.owner,
        "app": session.app,
        "age": spoken(age.total_seconds()) if age else None,
        "idle": ("" if known and known.learnt_at >= seen.now else "≤ ") + spoken(idle.total_seconds()) if idle else "-",
        "verdict": ruling.value if ruling else "not selected",
        "why": _why(ruling, saying, known.source if known else ""),
    }


def _why(ruling: Ruling | None, saying: Sequence[Verdict], source: str) -> str:
    """The reasons, each with the policies that give it; of a session that is in order, what shows that it is used."""
    from reaper.core.verdict import Ruling  # noqa: PLC0415

    if ruling is None or (ruling is Ruling.COMPLIANT and source):
        return source
    reasons: dict[str, list[str]] = {}
    for verdict in saying:
        reasons.setdefault(verdict.reason, []).append(verdict.policy.name)
    if ruling is Ruling.COMPLIANT:
        return next(iter(reasons))
    return "; ".join(f"{reason} ({', '.join(policies)})" for reason, policies in reasons.items())


def _as_json(seen: Pass) -> dict[str, Any]:
    found = _by_session(seen)
    return {
        "account": seen.account,
        "at": seen.now.isoformat(),
        "complete": seen.complete,
        "doubts": list(seen.doubts),
        "sessions": [_session(s, found.get(s.id, ()), seen) for s in seen.snapshot.fleet],
        "unreadable": [{"kind": u.kind, "id": u.id, "problem": u.problem} for u in seen.snapshot.unreadable],
    }


def _session(session: Session, verdicts: Sequence[Verdict], seen: Pass) -> dict[str, Any]:
    from reaper.cli.render import identity  # noqa: PLC0415

    age, known = session.age(seen.now), seen.activity.get(session.id)
    idle = known.idle(seen.now) if known else None
    return {
        **identity(session),
        "state": session.state,
        "app": session.app,
        "app_version": session.app_version,
        "name": session.name,
        "created_at": session.created_at.isoformat() if session.created_at else None,
        "age_seconds": age.total_seconds() if age else None,
        "idle_seconds": idle.total_seconds() if idle is not None else None,
        "idle_learnt": known.source if known else None,
        "verdicts": [
            {"policy": v.policy.name, "verdict": v.ruling.value, "mode": v.policy.mode, "reason": v.reason}
            for v in verdicts
        ],
    }
