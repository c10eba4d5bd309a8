"""What several commands share: options, the settings and policies that they name, progress and
interruption.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from reaper.cli import completion
from reaper.cli.display import shown_in
from reaper.cli.output import say
from reaper.cli.times import ZONE
from reaper.foreign_text import visible

if TYPE_CHECKING:
    from reaper.ports import Tell
    from reaper.usecases.configuration import ChosenPolicies, Settings

Command = TypeVar("Command", bound=Callable[..., Any])

account_option = click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.accounts,
    help="Only this account; may be given several times.",
)
policies_option = click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="A policy file or folder, instead of the one in the settings.",
)


def output_option(*formats: str) -> Callable[[Command], Command]:
    return click.option(
        "-o",
        "--output",
        type=click.Choice(formats),
        default="table",
        show_default=True,
        help="Output format.",
    )


class Word(click.ParamType[str]):
    """One of the words of a use case; `words` is the name of its tuple in `reaper.usecases`, which
    is imported only when somebody uses the option.
    """

    def __init__(self, name: str, module: str, words: str) -> None:
        self.name = name
        self._where = (f"reaper.usecases.{module}", words)

    def words(self) -> tuple[str, ...]:
        module, name = self._where
        found: tuple[str, ...] = getattr(import_module(module), name)
        return found

    def convert(
        self,
        value: Any,  # noqa: ANN401 - whatever the parameter was given
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        from reaper.core.model.suggestions import did_you_mean

        words = self.words()
        if value not in words:
            hint = did_you_mean(value, words)
            self.fail(f"'{value}' is not one of {', '.join(words)}{hint}", param, ctx)
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(word) for word in self.words() if word.startswith(incomplete)]


class Said(click.ParamType[str]):
    """What a person says for the record; white space says nothing."""

    name = "text"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - whatever the parameter was given
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        text = str(value)
        if not text.strip():
            self.fail("it is empty; write a few words for whoever reads the record", param, ctx)
        return text


def settings_of(ctx: click.Context, *, speaks: bool = False) -> Settings:
    """The settings that the command line names; from here on the log is written as they say.

    A command that does not speak for itself logs only with --log-level. Raises ConfigurationError.
    """
    from reaper.usecases import configuration

    settings = configuration.read_settings(ctx.obj)
    for doubt in configuration.strange_variables(ctx.obj):
        say(f"warning: {doubt}", err=True)
    whole = ctx.find_root()
    zone = ctx.meta.get(ZONE, settings.display_zone)
    whole.with_resource(shown_in(zone))
    level = whole.params["log_level"] or (settings.log.level if speaks else None)
    if level is not None:
        from reaper import logs

        whole.with_resource(logs.writing(level, settings.log.format))
    return settings


def policies_of(settings: Settings, path: Path | None, *, warn: bool = True) -> ChosenPolicies:
    """The policies to judge by; warnings go to standard error. Raises FileProblems."""
    from reaper.usecases import configuration

    chosen = configuration.read_policies(settings, path)
    for warning in chosen.warnings if warn else ():
        say(f"warning: {warning}", err=True)
    return chosen


@contextmanager
def progress(*, shown: bool = True) -> Iterator[Tell]:
    """A line on a terminal's standard error that says what is going on; silent elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(Text(visible(text)))


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set: the step under way is finished and settled, the rest is
    left alone.
    """
    stop = Event()

    def request(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def warn_of_empty_record(settings: Settings) -> None:
    """Say that nothing is on record because no run ever was, and in which database."""
    from reaper.usecases import history

    if (why := history.nothing_recorded(settings)) is not None:
        say(f"warning: {why}", err=True)


def complain(*troubles: object) -> None:
    """Tell of each on standard error, a line each."""
    for trouble in troubles:
        say(f"reaper: {trouble}", err=True)
