"""`reaper demo`: the whole story in a minute, against an emulated account on this machine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reaper.core.policy import PolicySet
    from reaper.run import Report
    from reaper.settings import Settings


_STORY = """
Three are to go: ben's is three days old, anna's has been idle for five hours, and carla has one more than she may.
Three only look forgotten and stay: admin is exempt, dan waits for his task, and nothing is known of eva's: \
unknown is never a reason to terminate."""


@click.command("demo")
@click.option("--generation", type=click.Choice(["1", "2"]), default="2", show_default=True, help="Of the API.")
@click.pass_context
def command(ctx: click.Context, *, generation: str) -> None:
    """Start an emulated account, show its sessions and the plan as a dry run, enforce it, and print the history."""
    from reaper import emulator  # noqa: PLC0415 - --help stays quick
    from reaper.policy_files import load_policies, ready_made  # noqa: PLC0415

    scenario = Path(emulator.__file__).parent / "demo.yaml"
    config = emulator.Config(scenario=scenario, generation=2 if generation == "2" else 1)
    with TemporaryDirectory(prefix="reaper-demo-") as folder, emulator.Emulator(config) as account:
        settings = _settings(account.url, Path(folder))
        policies = load_policies(ready_made(), today=account.world.now().date()).policies
        _fleet(settings, policies)
        _heading("What would happen: a dry run")
        _pass(settings, policies, enforce=False)
        _heading("The same with --enforce")
        report = _pass(settings, policies, enforce=True)
        _heading("What the record says, the newest first")
        _history(settings)
        click.echo("\nThe emulated account is gone now. `reaper init` starts with a real one.")
    ctx.exit(1 if report.failed or len(report.outcomes) == 0 else 0)


def _settings(url: str, folder: Path) -> Settings:
    from reaper.settings import OwnSettings  # noqa: PLC0415

    account = {"name": "demo", "url": url, "api_key": "demo-key"}
    return OwnSettings.model_validate(
        {
            "accounts": [account],
            "database_url": f"sqlite:///{folder / 'reaper.db'}",
            "confirm_within": "20s",
            "per_minute": 600,
        }
    )


def _heading(text: str) -> None:
    from reaper.cli.render import console  # noqa: PLC0415

    click.echo()
    click.secho(f"── {text} ".ljust(min(100, console().width), "─"), bold=True)


def _fleet(settings: Settings, policies: PolicySet) -> None:
    from reaper.bootstrap import database, reaper_of  # noqa: PLC0415
    from reaper.cli.render import console  # noqa: PLC0415
    from reaper.cli.sessions import show_sessions  # noqa: PLC0415

    _heading("The fleet, and what the ready-made policies say of it")
    account = settings.accounts[0]
    with (
        database(settings) as store,
        reaper_of(settings, account, policies, store, enforce=False, stop=Event()) as reaper,
    ):
        show_sessions(reaper.look()[0])
    console().print(_STORY, width=min(115, console().width))


def _pass(settings: Settings, policies: PolicySet, *, enforce: bool) -> Report:
    from reaper.cli.passes import run_accounts  # noqa: PLC0415
    from reaper.cli.render import show_reports  # noqa: PLC0415

    done = run_accounts(settings, settings.accounts, policies, enforce=enforce, stop=Event(), tell=lambda _: None)
    for error in done.broken:
        raise error
    show_reports(done.reports)
    return done.reports[0]


def _history(settings: Settings) -> None:
    from reaper.bootstrap import database  # noqa: PLC0415
    from reaper.cli.history import show_entries  # noqa: PLC0415
    from reaper.store import HistoryFilter, entries  # noqa: PLC0415

    with database(settings) as store:
        show_entries(entries(store, HistoryFilter(limit=30)))
