"""The command line: one file a verb, each loaded only when it is called."""

from __future__ import annotations

import gc
import os
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from reaper import __version__
from reaper.foreign_text import visible

COMMANDS = {
    "run": "Run the policies once; a dry run unless enforcing is enabled.",
    "status": "Show the state of each account, and what needs a person.",
    "sessions": "List the live sessions, with the verdict on each.",
    "plan": "Show what a run would do, and write it to a file for review.",
    "apply": "Carry out a reviewed plan, or the oldest of what is due, and nothing else.",
    "terminate": "End one session by hand.",
    "pause": "Stop ending sessions until resumed.",
    "resume": "End pauses.",
    "acknowledge": "Acknowledge a halted run, so that its account can be enforced again.",
    "release": "End a lease that locks an account for too long.",
    "exempt": "Exempt sessions from all policies for a time.",
    "history": "Show what was decided and done, and why.",
    "explain": "Explain the verdicts on one session, and when they will change.",
    "runs": "List the runs.",
    "policy": "Check, test and compare policy files.",
    "doctor": "Diagnose problems with accounts and the database.",
    "daemon": "Run the policies on a schedule.",
    "token": "Create a token for reading over HTTP.",
    "db": "Manage the database.",
    "init": "Create a settings file and policies to start from.",
    "demo": "Show a demonstration against an emulated account.",
    "emulate": "Serve an emulated AIMMS PRO account on this machine.",
}


class _LazyGroup(click.Group):
    """Knows every command's name and one line; imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reaper.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As ever, without importing every command to ask what it does."""
        named = [
            CompletionItem(name, help=about)
            for name, about in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> object:
        """As ever; an argument that a script took from elsewhere is shown, and not obeyed."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise click.UsageError(visible(error.format_message()), error.ctx) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx) from None


_EXIT_CODES = (
    "Exit codes: 0 done; 1 some terminations or cases failed, or policies differ; 2 usage or "
    "configuration; "
    "3 account unreachable; 4 database; 5 halted by a limit; 6 inconclusive: it could only observe."
)


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_CODES
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="REAPER_SETTINGS",
    show_envvar=True,
    help="The settings file; reaper.yaml in this folder by default.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="Log to standard error; by default only the daemon does.",
)
@click.version_option(__version__, package_name="aimms-reaper", prog_name="reaper")
@click.pass_context
def cli(ctx: click.Context, settings_file: Path | None, log_level: str | None) -> None:  # noqa: ARG001 - options.logging reads it
    """End forgotten AIMMS PRO sessions by policy, and be able to prove why.

    Nothing is ended unless both `--enforce` (or `enforce: true` in the settings) and `mode:
    enforce` in the policy
    say so.
    """
    ctx.obj = settings_file


_OBJECTS = (
    300_000  # made and not given back, before the garbage collector looks through what is young
)


COMPLETION_VARIABLE = "_REAPER_COMPLETE"
"""What a shell sets to ask what could come next, and its user to have the script for that."""


def prepare_process() -> None:
    """Once at its start: what a pass makes lives until its end, so the collector looks through it
    more seldom.
    """
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])


def main() -> None:
    """The console script: every error that a person can meet is told on standard error, with an
    exit code.
    """
    if COMPLETION_VARIABLE in os.environ:  # for a shell, as bytes, and nothing else
        cli.main(prog_name="reaper")
    from reaper.cli.output import guarded

    prepare_process()
    with guarded():
        _answer()


def _answer() -> None:
    from reaper.cli.output import say
    from reaper.errors import PolicyProblems, ReaperError

    try:
        cli.main(prog_name="reaper")
    except PolicyProblems as error:
        from reaper.cli.views.problems import shown

        for line in (line for one in error.problems for line in shown(one, "reaper: ")):
            say(line, err=True)
        raise SystemExit(error.exit_code) from None
    except ReaperError as error:
        for line in error.lines:
            say(f"reaper: {line}", err=True)
        raise SystemExit(error.exit_code) from None
