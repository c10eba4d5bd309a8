"""Where a person's word was written down, and whether any reaper will ever read it there."""

from __future__ import annotations

from collections.abc import Sequence

from reaper.cli.display import stamp
from reaper.cli.output import say
from reaper.cli.views.render import short
from reaper.core.model.session import Session
from reaper.usecases.holds import PauseEntry, Written
from reaper.usecases.live import Covered

_EXAMPLES = 3


def show_written(written: Written) -> None:
    """The database and the last run of each account; a warning of those without one."""
    say(f"database: {written.database}")
    say(f"settings: {written.settings}")
    last = [
        f"{name} {stamp(at, utc='Z') if at else 'never'}" for name, at in written.last_runs.items()
    ]
    say(f"last run: {', '.join(last)}")
    if missing := ", ".join(written.without_run):
        say(
            f"warning: no run of {missing} was ever recorded in {written.database}; a reaper that "
            "uses another database ignores this (compare `reaper status` of the user that runs it)",
            err=True,
        )


def show_covered(covered: Covered) -> None:
    """How many sessions an exemption covers now, the first few, and what may be misspelt."""
    for why in covered.untold:
        say(f"warning: whom it covers now is not known: {why}", err=True)
    sure, perhaps = covered.reach
    if not covered.untold or sure or perhaps:
        say(f"covers {covered.reach} now{_examples(sure)}")
    if covered.untold or sure or perhaps:
        return
    for why in covered.strange:
        say(f"warning: {why}", err=True)


def _examples(sessions: Sequence[Session]) -> str:
    named = [f"{one.kind} {short(one.id)} of {one.owner or '?'}" for one in sessions[:_EXAMPLES]]
    more = ", ..." if len(sessions) > _EXAMPLES else ""
    return f": {', '.join(named)}{more}" if named else ""


def scope(account: str | None, written: Written) -> str:
    """Which accounts are meant."""
    return account or f"all accounts ({', '.join(written.last_runs)})"


def of_pause(pause: PauseEntry) -> str:
    """Which pause it is, without what would end it."""
    until = f" until {stamp(pause.until, utc='Z', seconds=False)}" if pause.until else ""
    return f"pause {pause.id} by {pause.by}{until}: {pause.reason}"
