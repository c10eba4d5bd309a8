"""How things stand, on one screen of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from pydantic import TypeAdapter

from reaper.cli.display import stamp
from reaper.cli.output import say
from reaper.core.model.duration import spoken
from reaper.foreign_text import json_text, visible
from reaper.usecases.status import AccountStatus, RunEntry, Status

_WIDTH = 80
_LABEL = 13
_INDENT = 2
Line = tuple[str, str]


def status_as_json(status: Status) -> str:
    return json_text(TypeAdapter(Status).dump_json(status, indent=2).decode())


def show_status(status: Status) -> None:
    _show(_of_installation(status))
    for account in status.accounts:
        say("")
        state = "needs a person" if account.reasons else "well"
        say(
            f"{account.account}: {_how(account)}; {state}", fg="red" if account.reasons else "green"
        )
        _show(_of_account(account, status.now))
    say("")
    if status.well:
        say("nothing needs a person", fg="green")
        return
    say("needs a person:", fg="red")
    for reason in status.reasons:
        everyone = "all accounts: " if reason.check == "pause" else ""
        about = f"{reason.account}: " if reason.account else everyone
        for line in _wrapped(f"{about}{reason.reason}", _INDENT):
            say(f"{' ' * _INDENT}{line}")


def _show(lines: Iterator[Line]) -> None:
    """Each label once, and beside it what it says, in as many lines as that takes."""
    for label, text in lines:
        for number, line in enumerate(_wrapped(text, _LABEL)):
            say(f"{'' if number else label:{_LABEL}}{line}")


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(visible(text), _WIDTH - indent, break_on_hyphens=False)


def _of_installation(status: Status) -> Iterator[Line]:
    yield "at", stamp(status.now, utc="Z")
    yield "settings", f"{status.settings} (enforce: {'true' if status.enforce else 'false'})"
    yield "database", status.database
    yield "stop file", status.stopped or _stop_file(status)
    in_force = [one for one in status.policies if one.dormant is None]
    for mode in dict.fromkeys(one.mode for one in in_force):
        yield f"{mode}", ", ".join(one.name for one in in_force if one.mode == mode)
    for policy in status.policies:
        if policy.dormant is not None:
            yield "not in force", f"{policy.name}: {policy.dormant}"
    for one in status.exemptions:
        where = f" in {one.account}" if one.account else ""
        yield (
            "exempt until",
            f"{stamp(one.ends, utc='Z', seconds=False)} {one.whom}{where} ({one.given}): {one.reason}",
        )


def _stop_file(status: Status) -> str:
    return f"{status.stop_file} does not exist" if status.stop_file else "none"


def _how(account: AccountStatus) -> str:
    if account.enforcing is None:
        return "no run yet"
    return "enforcing" if account.enforcing else "dry run"


def _of_account(account: AccountStatus, now: datetime) -> Iterator[Line]:
    run = account.last_run
    yield "last run", _run(run, now) if run else "never"
    if run and account.complete_at != run.started_at:
        yield "complete run", _ago(account.complete_at, now)
    yield "next run", _next(account, now)
    for doubt in account.doubts:
        yield "observed", f"only: {doubt}"
    for pause in account.pauses:
        yield "paused", f"{'' if pause.account else 'all accounts, '}{pause}"
    if account.halted:
        yield "halted", account.halted
    if account.lease:
        odd = ", longer than leases last" if account.lease_stuck else ""
        yield "lease", f"{account.lease.holder} until {stamp(account.lease.until, utc='Z')}{odd}"
    if account.unsettled:
        yield "unsettled", f"{account.unsettled} steps whose outcome is not known yet"
    if run and run.undetermined:
        share = f"{account.undetermined:.0%}" if account.undetermined is not None else "?"
        yield "undetermined", f"{run.undetermined} of {run.sessions} sessions ({share})"
    if account.key_expires:
        yield "key", f"expires on {account.key_expires}"


def _run(run: RunEntry, now: datetime) -> str:
    came = [f"{count} {outcome}" for outcome, count in run.outcomes.items()]
    counts = [f"{run.sessions} sessions", f"{run.offenders} offenders", *came]
    return f"{run.id}, {_ago(run.started_at, now)}, by {run.actor}: {', '.join(counts)}"


def _next(account: AccountStatus, now: datetime) -> str:
    if account.schedule is None:
        return "no schedule here (no interval or schedule in the settings)"
    if account.next_at is None:
        return f"when the daemon starts, then {account.schedule}"
    due = account.next_at
    late = f" (due {spoken((now - due).total_seconds())} ago)" if due < now else ""
    overdue = ", overdue" if account.overdue else ""
    return f"{stamp(due, utc='Z')}{late}, {account.schedule}{overdue}"


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    return f"{stamp(at, utc='Z')} ({spoken((now - at).total_seconds())} ago)"
