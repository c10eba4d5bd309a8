"""`reaper history checkpoint`, `verify`, `prove` and `pseudonymise`: the proof of the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import complain, settings_of
from reaper.cli.output import emit, say, stream

if TYPE_CHECKING:
    from reaper.usecases.proof import Revision, Verified

_MOST = 20
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("checkpoint")
@click.option("--out", type=_FILE, metavar="FILE", help="Write it to FILE instead.")
@click.pass_context
def checkpoint(ctx: click.Context, *, out: Path | None) -> None:
    """Print the head of the record's tree, signed: keep it where others cannot change it."""
    from reaper.usecases import proof

    note = proof.checkpoint(settings_of(ctx), out)
    if out is None:
        stream((note,))
    else:
        say(f"wrote  {out}")


@click.command("verify")
@click.option(
    "--checkpoint",
    "checkpoints",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Also prove that the record goes on from this checkpoint; may be given several times.",
)
@click.option(
    "--key",
    metavar="KEY",
    help="The verifier key of the checkpoints; by default that of the settings.",
)
@click.pass_context
def verify(ctx: click.Context, *, checkpoints: tuple[Path, ...], key: str | None) -> None:
    """Compare the whole record with its proof. Exit code 1 when something does not fit."""
    from reaper.usecases import proof

    found = proof.verify(settings_of(ctx), checkpoints, key)
    _show(found)
    ctx.exit(found.exit_code)


def _show(found: Verified) -> None:
    for revision in found.revisions:
        say(f"{revision.at:%Y-%m-%d %H:%M}Z  {_changed(revision)}")
    if found.uncovered:
        say(f"not covered: {found.uncovered} outcomes that an earlier version wrote")
    for one in found.checkpoints:
        if one.problem is None:
            say(f"{one.file}: the record goes on from its {one.head.size} leaves")
    complain(*found.problems[:_MOST])
    if len(found.problems) > _MOST:
        complain(f"and {len(found.problems) - _MOST} more")
    complain(*(f"{one.file}: {one.problem}" for one in found.checkpoints if one.problem))
    verdict = "the record is whole" if found.holds else "THE RECORD IS NOT WHOLE"
    say(f"{found.where}: {found.leaves} leaves over {found.rows} rows: {verdict}")


def _changed(revision: Revision) -> str:
    detail = revision.detail
    match revision.kind:
        case "adopted":
            return "proved from here on: what was on record before was taken as it was"
        case "pruned":
            what = f"pruned from account {detail.get('account')} before {detail.get('before')}"
        case "pseudonym":
            what = f"an owner became {detail.get('pseudonym')}"
        case _:
            what = revision.kind
    return f"{what}: {revision.things} things whole, {revision.rows} rows of others"


@click.command("prove")
@click.argument("run", type=click.IntRange(1))
@click.option(
    "--checkpoint",
    "earlier",
    type=_FILE,
    metavar="FILE",
    help="Prove it by this checkpoint, instead of one that is signed now.",
)
@click.pass_context
def prove(ctx: click.Context, *, run: int, earlier: Path | None) -> None:
    """Print a proof, as JSON, that the record of RUN is covered by a checkpoint."""
    from reaper.usecases import proof

    emit(proof.as_json(proof.prove(settings_of(ctx), run, earlier)))


@click.command("pseudonymise")
@click.option("--owner", required=True, metavar="OWNER", help="Whose name, like anna@Planning.")
@click.pass_context
def pseudonymise(ctx: click.Context, *, owner: str) -> None:
    """Put a pseudonym in place of an owner everywhere on record; there is no way back."""
    from reaper.usecases import proof

    done = proof.pseudonymise(settings_of(ctx), owner)
    for number in done.exemptions:
        say(f"exemption {number} holds, and still names the owner; `reaper exempt remove {number}` "
            "ends it", err=True)  # fmt: skip
    for policy in done.policies:
        say(f"policy {policy} mentions the name in a text on record; that stays", err=True)
    counts = ", ".join(
        f"{count} {table.replace('_', ' ')}" for table, count in done.rows.items() if count
    )
    say(f"{done.pseudonym} stands for the owner now, in {counts or 'nothing'}")
