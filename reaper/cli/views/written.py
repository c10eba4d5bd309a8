"""Where a person's word was written down, and whether any reaper will ever read it there."""

from __future__ import annotations

from reaper.cli.output import say
from reaper.cli.views.render import moment
from reaper.usecases.holds import PauseEntry, Written


def show_written(written: Written) -> None:
    """The database and the last run of each account; a warning of those without one."""
    say(f"database: {written.database}")
    say(f"settings: {written.settings}")
    last = [
        f"{name} {f'{moment(at)}Z' if at else 'never'}" for name, at in written.last_runs.items()
    ]
    say(f"last run: {', '.join(last)}")
    if missing := ", ".join(written.without_run):
        say(
            f"warning: no run of {missing} was ever recorded in {written.database}; a reaper that "
            "uses another database ignores this (compare `reaper status` of the user that runs it)",
            err=True,
        )


def scope(account: str | None, written: Written) -> str:
    """Which accounts are meant."""
    return account or f"all accounts ({', '.join(written.last_runs)})"


def of_pause(pause: PauseEntry) -> str:
    """Which pause it is, without what would end it."""
    until = f" until {pause.until:%Y-%m-%d %H:%M}Z" if pause.until else ""
    return f"pause {pause.id} by {pause.by}{until}: {pause.reason}"
