"""`reaper policy check`: every mistake in the policies at once."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import settings_of, today


@click.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, *, path: Path | None) -> None:
    """Read PATH (a file or folder; the settings' policies by default) and tell every problem at once.

    Exit code 2 when there is one; a warning alone is none.
    """
    from reaper.policy_files import load_policies  # noqa: PLC0415 - --help stays quick

    loaded = load_policies(path or settings_of(ctx).policies, today=today())
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    for policy in loaded.policies.policies:
        exempt = f", {len(policy.exempt)} exempt" if policy.exempt else ""
        click.echo(f"{policy.name}: {policy.mode}{exempt}")
    protect = f", {len(loaded.policies.protect)} protected from all" if loaded.policies.protect else ""
    click.echo(f"{len(loaded.policies.policies)} policies are right{protect}")
