"""`reaper policy`: the files that say what is judged, one file a verb."""

from __future__ import annotations

import click

from reaper.cli.policy import check, diff, schema, test


@click.group("policy")
def command() -> None:
    """Check, compare, try and describe policy files."""


command.add_command(check.command)
command.add_command(diff.command)
command.add_command(schema.command)
command.add_command(test.command)
