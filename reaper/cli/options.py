"""What several commands share: options, the settings and policies that they name, progress and
interruption.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reaper.cli.output import say
from reaper.clock import SYSTEM_CLOCK
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


class Moment(click.ParamType[datetime]):
    """`2026-11-23`, `2026-11-23T10:00` (UTC unless it says otherwise), or a duration like `2h` for
    so long ago.
    """

    name = "moment"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - whatever the parameter was given
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return SYSTEM_CLOCK.now() - _length(value)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"'{value}' is not a valid time; write 2026-11-23, 2026-11-23T10:00 or a duration like 2h",
                param,
                ctx,
            )
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


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


def future(text: str) -> datetime:
    """A moment as `Moment` reads it, but a duration counts from now on. Raises
    click.BadParameter.
    """
    now = SYSTEM_CLOCK.now()
    try:
        return now + _length(text)
    except ValueError:
        moment: datetime = Moment().convert(text, None, None)
    if moment <= now:
        raise click.BadParameter(f"'{text}' is already in the past")
    return moment


def duration(text: str, option: str) -> timedelta:
    """Raises click.BadParameter."""
    try:
        return _length(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _length(text: str) -> timedelta:
    from reaper.core.model.duration import Duration

    return Duration.parse(text).delta


def settings_of(ctx: click.Context, *, speaks: bool = False) -> Settings:
    """The settings that the command line names; from here on the log is written as they say.

    A command that does not speak for itself logs only with --log-level. Raises ConfigurationError.
    """
    from reaper.usecases import configuration

    settings = configuration.read_settings(ctx.obj)
    for doubt in configuration.strange_variables(ctx.obj):
        say(f"warning: {doubt}", err=True)
    whole = ctx.find_root()
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
