"""`reaper exempt`: exemptions by hand, from every policy, one file a verb."""

from __future__ import annotations

import click

from reaper.cli.exempt import add, listing, remove


@click.group("exempt")
def command() -> None:
    """Exempt sessions from all policies for a time."""


command.add_command(add.command)
command.add_command(listing.command)
command.add_command(remove.command)
