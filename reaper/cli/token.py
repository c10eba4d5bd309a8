"""`reaper token`: a secret by which others may read over HTTP."""

from __future__ import annotations

import click

from reaper.cli.output import say


@click.command("token")
def command() -> None:
    """Make a bearer token for the daemon's HTTP face, and the hash of it that the settings keep.

    The token is shown this once. Give it to who may read; put the hash into the settings.
    """
    from reaper.usecases.tokens import hash_of, new_token

    token = new_token()
    say(token)
    say(
        "store this token now; it is not shown again. In the settings:",
        err=True,
    )
    say(f'  http: {{token_hashes: ["{hash_of(token)}"]}}', err=True)
