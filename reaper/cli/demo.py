"""`reaper demo`: the whole story in a minute, against an emulated account on this machine."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import click

from reaper.cli.output import say

if TYPE_CHECKING:
    from reaper.usecases.accounts import Report
    from reaper.usecases.emulation import Demonstration


_STORY = """
Three are to go: ben's is three days old, anna's has been idle for five hours, and carla has one more than she may.
Three only look forgotten and stay: admin is exempt, dan waits for his task, and nothing is known of eva's: \
unknown is never a reason to terminate."""


@click.command("demo")
@click.option(
    "--generation",
    type=click.Choice(["1", "2"]),
    default="2",
    show_default=True,
    help="The API generation.",
)
@click.pass_context
def command(ctx: click.Context, *, generation: str) -> None:
    """Start an emulated account, show its sessions and the plan as a dry run, enforce it, and print
    the history.
    """
    from reaper.cli.views.records import show_entries
    from reaper.usecases.emulation import demonstration
    from reaper.usecases.history import HistoryFilter, history

    with demonstration(2 if generation == "2" else 1) as demo:
        _show_fleet(demo)
        _heading("What would happen: a dry run")
        _run(demo, enforce=False)
        _heading("The same with --enforce")
        report = _run(demo, enforce=True)
        _heading("What the record says, the newest first")
        show_entries(history(demo.settings, HistoryFilter(limit=None)))
        say("")
        say("The emulated account is gone now. `reaper init` starts with a real one.")
    ctx.exit(1 if report.failed or len(report.outcomes) == 0 else 0)


def _heading(text: str) -> None:
    from reaper.cli.views.render import console

    out = console()
    out.line("\n[bold]{}[/]", f"── {text} ".ljust(min(100, out.width), "─"))


def _show_fleet(demo: Demonstration) -> None:
    from reaper.cli.views.fleets import show_fleet
    from reaper.cli.views.render import console
    from reaper.usecases.sessions import observe, view

    _heading("The fleet, and what the ready-made policies say of it")
    observed = observe(demo.settings, demo.policies.policies)
    for error in observed.unread:
        raise error
    for seen in observed.looks:
        show_fleet(view(seen))
    for line in _STORY.split("\n"):
        console().line("{}", line)


def _run(demo: Demonstration, *, enforce: bool) -> Report:
    from reaper.cli.views.render import show_reports
    from reaper.usecases.accounts import run_all

    runs = run_all(
        demo.settings,
        demo.settings.accounts,
        demo.policies,
        enforce=enforce,
        stop=Event(),
        tell=lambda _: None,
    )
    for error in runs.broken:
        raise error
    show_reports(runs.reports)
    return runs.reports[0]
