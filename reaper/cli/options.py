"""What several commands share: options, the settings, progress and interruption."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from reaper.core.policy import PolicySet
    from reaper.policy_files import LoadedPolicies, PolicyReader
    from reaper.run import Tell
    from reaper.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

account_option = click.option(
    "--account", "accounts", multiple=True, metavar="NAME", help="Only this account; may be given several times."
)
policies_option = click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="A policy file or folder, instead of the one in the settings.",
)


def output_option(*formats: str) -> Callable[[Command], Command]:
    return click.option(
        "-o", "--output", type=click.Choice(formats), default="table", show_default=True, help="How to print it."
    )


class Moment(click.ParamType[datetime]):
    """`2026-11-23`, `2026-11-23T10:00` (UTC unless it says otherwise), or a duration like `2h` for so long ago."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        from reaper.clock import SystemClock  # noqa: PLC0415 - only when a moment is given
        from reaper.core.duration import Duration  # noqa: PLC0415

        if isinstance(value, datetime):
            return value
        try:
            return SystemClock().now() - Duration.parse(value).delta
        except ValueError:
            pass
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no moment; write 2026-11-23, 2026-11-23T10:00 or a duration like 2h", param, ctx)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def future(text: str, now: datetime) -> datetime:
    """A moment as `Moment` reads it, but a duration counts from now on. Raises click.BadParameter."""
    from reaper.core.duration import Duration  # noqa: PLC0415

    try:
        return now + Duration.parse(text).delta
    except ValueError:
        found: datetime = Moment().convert(text, None, None)
    if found <= now:
        raise click.BadParameter(f"'{text}' is past already")
    return found


def settings_of(ctx: click.Context, *, speaks: bool = False) -> Settings:
    """The settings that the command line names; from here on the log is written as they say.

    A command that does not speak for itself logs only with --log-level. Raises ConfigurationError.
    """
    from reaper.settings import load_settings, variables_without_effect  # noqa: PLC0415 - pydantic is slow to import

    settings, whole = load_settings(ctx.obj), ctx.find_root()
    for doubt in variables_without_effect(ctx.obj):
        click.echo(f"warning: {doubt}", err=True)
    level = whole.params["log_level"] or (settings.log.level if speaks else None)
    if level is not None:
        from reaper import logs  # noqa: PLC0415 - most commands write no log

        whole.with_resource(logs.writing(level, settings.log.format))
    return settings


def policies_of(settings: Settings, path: Path | None, *, warn: bool = True) -> tuple[PolicySet, PolicyReader]:
    """The policies to judge by, and what reads them again; warnings go to standard error. Raises FileProblems."""
    from reaper.policy_files import PolicyReader  # noqa: PLC0415

    where, loaded = policies_at(settings, path)
    for warning in (*loaded.warnings, *nobody_to_tell(loaded.policies, settings)) if warn else ():
        click.echo(f"warning: {warning}", err=True)
    return loaded.policies, PolicyReader(where, loaded, today)


def policies_at(settings: Settings, path: Path | None) -> tuple[Path, LoadedPolicies]:
    """Where the policies are, by the command line or else the settings, and what is there. Raises FileProblems."""
    from reaper.errors import ConfigurationError  # noqa: PLC0415
    from reaper.policy_files import load_policies  # noqa: PLC0415

    if path is None and not settings.policies.exists():
        raise ConfigurationError(f"{settings.policies}: no policies are there; `reaper init` writes some to start from")
    where = path or settings.policies
    return where, load_policies(where, today=today())


def nobody_to_tell(policies: PolicySet, settings: Settings) -> list[str]:
    """What is doubtful about policies that tell, where the settings name nobody."""
    silent = [policy.name for policy in policies.policies if policy.mode == "notify"]
    if not silent or settings.notify.targets:
        return []
    return [f"nobody is told what {', '.join(silent)} finds: name a target under 'notify' in the settings"]


def today() -> date:
    from reaper.clock import SystemClock  # noqa: PLC0415

    return SystemClock().now().date()


@contextmanager
def progress(*, shown: bool = True) -> Iterator[Tell]:
    """A line on a terminal's standard error that says what is going on; silent elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a terminal

    with Console(stderr=True).status("") as status:
        yield status.update


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set: the step under way is finished and settled, the rest is left alone."""
    stop = Event()

    def request(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
