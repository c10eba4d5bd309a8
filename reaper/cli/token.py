"""`reaper token`: a secret by which others may read over HTTP."""

from __future__ import annotations

import click

from reaper.cli.output import say
from reaper.cli.times import future


@click.command("token")
@click.option("--name", metavar="NAME", help="Whose it is; the log names it so.")
@click.option(
    "--role",
    type=click.Choice(["view", "operate"]),
    default="view",
    show_default=True,
    help="What it is for: to read, or also to change what can be changed over HTTP.",
)
@click.option(
    "--until",
    metavar="WHEN",
    default="365d",
    show_default=True,
    help="When it expires: 2027-01-31 (at 00:00), 2027-01-31T08:00, or a duration like 90d.",
)
def command(name: str | None, role: str, until: str) -> None:
    """Make a bearer token for the daemon's HTTP face, and the entry of it that the settings keep.

    The token is shown this once. Give it to who may read; put the entry into the settings.
    """
    from reaper.usecases.tokens import make_token

    made = make_token(name, role, future(until))
    say(made.token)
    say(
        "store this token now; it is not shown again. In the settings:",
        err=True,
    )
    say(f"  http: {{tokens: [{made.entry}]}}", err=True)
