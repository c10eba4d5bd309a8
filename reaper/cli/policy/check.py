"""`reaper policy check`: every mistake in the policies at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import nobody_to_tell, output_option, settings_of, today

if TYPE_CHECKING:
    from reaper.cli.problems import Finding
    from reaper.core.hours import OnlyDuring
    from reaper.core.policy import Policy
    from reaper.policy_files import LoadedPolicies
    from reaper.settings import Settings


@click.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="A warning is an error.")
@output_option("table", "json", "sarif", "github")
@click.pass_context
def command(ctx: click.Context, *, path: Path | None, strict: bool, output: str) -> None:
    """Read PATH (a file or folder; the settings' policies by default) and tell every problem at once.

    Exit code 2 when there is an error; a warning alone is none. `-o github` and `-o sarif` are for CI.
    """
    from reaper.cli.problems import as_github, as_json, as_sarif  # noqa: PLC0415 - --help stays quick
    from reaper.errors import DONE, USAGE  # noqa: PLC0415

    where, settings = _chosen(ctx, path)
    found, loaded = _read(where, strict=strict)
    doubts = nobody_to_tell(loaded.policies, settings) if loaded and settings else []
    writers = {"json": as_json, "sarif": as_sarif, "github": as_github}
    if output in writers:
        click.echo(writers[output](found))
    else:
        _show(found, loaded)
        for doubt in doubts:
            click.echo(f"warning: {doubt}", err=True)
    ctx.exit(USAGE if any(one.level == "error" for one in found) else DONE)


def _chosen(ctx: click.Context, path: Path | None) -> tuple[Path, Settings | None]:
    """Where the policies lie, and the settings where these say so."""
    if path is not None:
        return path, None
    settings = settings_of(ctx)
    return settings.policies, settings


def _read(path: Path, *, strict: bool) -> tuple[list[Finding], LoadedPolicies | None]:
    from reaper.cli.problems import findings  # noqa: PLC0415
    from reaper.errors import FileProblems  # noqa: PLC0415
    from reaper.policy_files import load_policies  # noqa: PLC0415

    try:
        loaded = load_policies(path, today=today())
    except FileProblems as error:
        return findings(error.problems, ()), None
    return findings((), loaded.warnings, strict=strict), loaded


def _show(found: Sequence[Finding], loaded: LoadedPolicies | None) -> None:
    from reaper.cli.problems import shown  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415

    for problem, level in found:
        click.echo(shown(problem, "" if level == "error" else "warning: "), err=True)
    errors = sum(one.level == "error" for one in found)
    if loaded is not None and not errors:
        now = SystemClock().now()
        for policy in loaded.policies.policies:
            click.echo(f"{policy.name}: {', '.join(_gist(policy, now))}")
        protect = f", {len(loaded.policies.protect)} protected from all" if loaded.policies.protect else ""
        click.echo(f"{_count(len(loaded.policies.policies), 'policy is', 'policies are')} right{protect}")
    if found:
        told = [_count(errors, "error"), _count(len(found) - errors, "warning")]
        click.echo(", ".join(one for one in told if not one.startswith("0")), err=True)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def _gist(policy: Policy, now: datetime) -> Iterator[str]:
    """What it may do, when, and to whom not."""
    yield policy.mode
    if policy.exempt:
        yield f"{len(policy.exempt)} exempt"
    if (why := policy.dormant(now)) is not None:
        yield f"not in force: {why}"
    elif policy.only_during is not None:
        yield f"during {policy.only_during}: {_now(policy.only_during, now)}"


def _now(hours: OnlyDuring, now: datetime) -> str:
    if hours.is_open(now):
        closes = hours.closes_after(now)
        return f"open until {hours.shown(closes)}" if closes else "always open"
    opens = hours.opens_after(now)
    return f"opens {hours.shown(opens)}" if opens else "opens no more"
