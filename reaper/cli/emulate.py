"""`reaper emulate`: an AIMMS PRO account of your own, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.output import say

if TYPE_CHECKING:
    from reaper.usecases.emulation import Invitation


@click.command("emulate")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="0 selects a free port.",
)
@click.option(
    "--generation",
    type=click.Choice(["1", "2"]),
    default="2",
    show_default=True,
    help="The API generation.",
)
@click.option(
    "--sessions",
    type=click.IntRange(0),
    default=40,
    show_default=True,
    help="The number of sessions at the start.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same fleet."
)
@click.option(
    "--speed",
    type=click.FloatRange(0.001),
    default=1.0,
    show_default=True,
    help="How much faster time passes; 60: an hour per minute.",
)
@click.option(
    "--latency",
    type=click.FloatRange(0),
    default=0.0,
    metavar="MS",
    help="A delay added to each response.",
)
@click.option(
    "--fault",
    "faults",
    default="",
    metavar="SPEC",
    help="Faults to inject, like 429:0.1,500:0.05,slow:0.02,drop:0.01,skew:+90s.",
)
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML file that describes the fleet.",
)
def command(
    *,
    port: int,
    generation: str,
    sessions: int,
    seed: int,
    speed: float,
    latency: float,
    faults: str,
    scenario: Path | None,
) -> None:
    """Serve an emulated AIMMS PRO account on 127.0.0.1 until Ctrl-C: every endpoint, keys, faults,
    passing time.
    """
    from reaper.usecases.emulation import Config, Faults, emulate

    try:
        parsed = Faults.parse(faults)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from None
    options: dict[str, Any] = {
        "port": port,
        "generation": int(generation),
        "sessions": sessions,
        "seed": seed,
    }
    config = Config(
        **options, speed=speed, latency=latency / 1000, faults=parsed, scenario=scenario
    )
    emulate(config, _invite)


def _invite(invitation: Invitation) -> None:
    say(
        f"emulating an AIMMS PRO account at {invitation.url}; press Ctrl-C to stop. In another shell:"
    )
    for name, value in invitation.variables.items():
        say(f"  export {name}='{value}'")
    say("  reaper doctor; reaper sessions; reaper run")
