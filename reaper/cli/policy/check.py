"""`reaper policy check`: every mistake in the policies at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import nobody_to_tell, settings_of, today

if TYPE_CHECKING:
    from reaper.core.hours import OnlyDuring
    from reaper.core.policy import Policy


@click.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, *, path: Path | None) -> None:
    """Read PATH (a file or folder; the settings' policies by default) and tell every problem at once.

    Exit code 2 when there is one; a warning alone is none.
    """
    from reaper.clock import SystemClock  # noqa: PLC0415 - --help stays quick
    from reaper.policy_files import load_policies  # noqa: PLC0415

    doubts: list[str] = []
    if path is None:
        settings = settings_of(ctx)
        loaded = load_policies(settings.policies, today=today())
        doubts = nobody_to_tell(loaded.policies, settings)
    else:
        loaded = load_policies(path, today=today())
    for warning in (*loaded.warnings, *doubts):
        click.echo(f"warning: {warning}", err=True)
    now = SystemClock().now()
    for policy in loaded.policies.policies:
        click.echo(f"{policy.name}: {', '.join(_gist(policy, now))}")
    protect = f", {len(loaded.policies.protect)} protected from all" if loaded.policies.protect else ""
    click.echo(f"{len(loaded.policies.policies)} policies are right{protect}")


def _gist(policy: Policy, now: datetime) -> Iterator[str]:
    """What it may do, when, and to whom not."""
    yield policy.mode
    if policy.exempt:
        yield f"{len(policy.exempt)} exempt"
    if (why := policy.dormant(now)) is not None:
        yield f"not in force: {why}"
    elif policy.only_during is not None:
        yield f"during {policy.only_during}: {_now(policy.only_during, now)}"


def _now(hours: OnlyDuring, now: datetime) -> str:
    if hours.is_open(now):
        closes = hours.closes_after(now)
        return f"open until {hours.shown(closes)}" if closes else "always open"
    opens = hours.opens_after(now)
    return f"opens {hours.shown(opens)}" if opens else "opens no more"
