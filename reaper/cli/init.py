"""`reaper init`: a settings file and policies to start from."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.output import say


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def command(*, folder: Path) -> None:
    """Write reaper.yaml and policies/ into FOLDER (this one by default); nothing that exists is
    overwritten.

    The policies are the ready-made ones in mode observe, with the cases that try them and the
    schema by which an
    editor completes them: they only say what they would end.
    """
    from reaper.usecases.init import initialise

    for file in initialise(folder):
        say(f"{'wrote' if file.written else 'kept '}  {file.path}")
    say(f"next: set the account in {folder / 'reaper.yaml'}, then `reaper doctor` and `reaper run`")
