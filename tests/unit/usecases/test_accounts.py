"""A look at, or a run over, several accounts: each account's trouble is its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from support.cli_tools import IDLE, ended

from reaper.usecases import accounts, compare, explain, plans, sessions
from reaper.usecases.configuration import ChosenPolicies, Settings

if TYPE_CHECKING:
    from reaper.emulator import Emulator

Desk = Callable[..., tuple[Settings, ChosenPolicies]]
NOBODY = "http://127.0.0.1:9"


def silent(_: str) -> None:
    """Nobody watches."""


def test_an_account_that_does_not_answer_costs_no_other_its_look(
    acme: Emulator, desk: Desk
) -> None:
    """Its trouble is in the result, before and behind it the others are looked at."""
    settings, policies = desk(
        before=acme.url, gone=NOBODY, behind=acme.url.replace("127.0.0.1", "localhost")
    )
    observed = sessions.observe(settings, policies.policies)
    assert [seen.account for seen in observed.looks] == ["before", "behind"]
    assert ["gone" in str(error) for error in observed.unread] == [True]
    assert observed.exit_code == 3


def test_each_that_looks_tells_the_same_trouble(acme: Emulator, desk: Desk, tmp_path: Path) -> None:
    """Sessions, plan, comparison and explanation give the account that answered, and exit code 3
    for the other.
    """
    settings, policies = desk(gone=NOBODY, acme=acme.url)
    policy = tmp_path / "policies"
    made = plans.make_plan(settings, policies.policies)
    compared = compare.compare_live(settings, policy, policy)
    told = explain.explain_now(settings, policies.policies, IDLE)
    assert [seen.account for seen, _ in made.plans] == ["acme"]
    assert [one.new[0].account for one in compared.accounts] == ["acme"]
    assert told.who == ("acme", IDLE)
    assert [one.exit_code for one in (made, compared, told)] == [3, 3, 3]
    assert [len(one.unread) for one in (made, compared, told)] == [1, 1, 1]


def test_an_account_that_does_not_answer_costs_no_other_its_run(acme: Emulator, desk: Desk) -> None:
    """The offender of the other account is ended, and exit code 3 tells that one could
    not be read.
    """
    settings, policies = desk(gone=NOBODY, acme=acme.url)
    runs = accounts.run_all(
        settings, settings.accounts, policies, enforce=True, stop=Event(), tell=silent
    )
    assert [report.observation.account for report in runs.reports] == ["gone", "acme"]
    assert ended(acme) == [IDLE]
    assert runs.exit_code == 3


def test_a_look_ends_and_records_nothing(acme: Emulator, desk: Desk) -> None:
    """Even where the settings enforce, an observation asks for nothing but reads."""
    settings, policies = desk("enforce: true", acme=acme.url)
    observed = sessions.observe(settings, policies.policies)
    assert (observed.exit_code, {request.method for request in acme.requests}) == (0, {"GET"})


def test_a_missing_key_is_its_own_accounts_trouble(acme: Emulator, desk: Desk) -> None:
    """The others are looked at and passed over as ever, and the exit code is that of a setting."""
    settings, policies = desk(acme=acme.url)
    keyless = settings.accounts[0].model_copy(
        update={"name": "keyless", "api_key": None, "api_key_env": "NOT_SET"}
    )
    both = settings.model_copy(update={"accounts": (keyless, *settings.accounts)})
    observed = sessions.observe(both, policies.policies)
    assert ([look.account for look in observed.looks], observed.exit_code) == (["acme"], 2)
    runs = accounts.run_all(both, both.accounts, policies, enforce=False, stop=Event(), tell=silent)
    assert ([run.observation.account for run in runs.reports], runs.exit_code) == (["acme"], 2)
    assert ["NOT_SET" in str(error) for error in (*observed.unread, *runs.unready)] == [True, True]


def test_nothing_is_begun_once_it_is_to_stop(acme: Emulator, desk: Desk) -> None:
    """A stop that comes before the first account leaves all of them alone."""
    settings, policies = desk(acme=acme.url)
    stop = Event()
    stop.set()
    runs = accounts.run_all(
        settings, settings.accounts, policies, enforce=True, stop=stop, tell=silent
    )
    assert (runs.reports, runs.exit_code, acme.requests) == ((), 0, [])
