"""`reaper init`: a settings file and policies to start from."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.output import say


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option(
    "--signing-key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write nothing but a new key that signs checkpoints of the record, into FILE.",
)
def command(*, folder: Path, signing_key: Path | None) -> None:
    """Write reaper.yaml and policies/ into FOLDER (this one by default); nothing that exists is
    overwritten.

    The policies are the ready-made ones in mode observe, with the cases that try them and the
    schema by which an
    editor completes them: they only say what they would end.
    """
    if signing_key is not None:
        _make_key(signing_key)
        return
    from reaper.usecases.init import initialise

    for file in initialise(folder):
        say(f"{'wrote' if file.written else 'kept '}  {file.path}")
    say(f"next: set the account in {folder / 'reaper.yaml'}, then `reaper doctor` and `reaper run`")


def _make_key(file: Path) -> None:
    from reaper.usecases.proof import make_key

    verifier = make_key(file)
    say(f"wrote  {file}")
    say(f"verifier key: {verifier}")
    say(
        f"next: set `proof: {{signing_key_file: {file}}}` in reaper.yaml, and give the verifier key "
        "to whoever is to check"
    )
