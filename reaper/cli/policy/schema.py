"""`reaper policy schema`: what an editor completes and checks by."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.output import say, stream


@click.command("schema")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of standard output.",
)
def command(*, output: Path | None) -> None:
    """Print the JSON Schema (2020-12) of a policy file.

    An editor that knows YAML schemas completes and checks by it, where a policy file begins with a
    line like
    `# yaml-language-server: $schema=schema/policy.schema.json`.
    """
    from reaper.usecases.policies import schema_text, write_schema

    if output is None:
        stream((schema_text(),))
        return
    write_schema(output)
    say(f"wrote  {output}")
