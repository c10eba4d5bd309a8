"""`reaper run --quiet`: what cron mails is what needs a person."""

import sqlite3
from datetime import timedelta

import pytest
from support.cli_tools import IDLE, Cli, Open, ended, is_one_line, write_policies, write_settings

from reaper.clock import SystemClock
from reaper.emulator import Emulator
from reaper.store import SqlLedger, open_database

DEAD = "http://127.0.0.1:9"
URL = "sqlite:///reaper.db"
QUIET = ("run", "--enforce", "--quiet")


def test_a_good_run_prints_nothing_at_all(reaper: Cli, acme: Emulator) -> None:
    """The offender was ended, and nobody gets mail."""
    result = reaper(*QUIET)
    assert (result.code, result.out, result.err, ended(acme)) == (0, "", "", [IDLE])


@pytest.mark.usefixtures("acme")
def test_a_dry_run_with_offenders_prints_nothing(reaper: Cli) -> None:
    """That nothing was ended was what the person wanted."""
    result = reaper("run", "--quiet", "-o", "json")
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.usefixtures("acme")
def test_an_account_that_another_reaper_holds_is_no_news(reaper: Cli) -> None:
    """Beside a daemon cron does no harm, and says nothing."""
    store = open_database(URL)
    with SqlLedger(store, SystemClock(), "somebody", "1", lease_length=timedelta(minutes=2)).lease(
        "acme"
    ):
        result = reaper(*QUIET)
    store.close()
    assert (result.code, result.out, result.err) == (0, "", "")


def test_an_account_that_cannot_be_read_is_one_line(reaper: Cli, acme: Emulator) -> None:
    """It names the account; the other one got its pass."""
    write_settings(globex=DEAD, acme=acme.url)
    result = reaper(*QUIET)
    assert (result.code, result.out, is_one_line(result), ended(acme)) == (3, "", True, [IDLE])
    assert result.err.startswith(f"reaper: globex ({DEAD}): ")


def test_a_halted_run_says_how_to_go_on(reaper: Cli, acme: Emulator) -> None:
    """The limit, the run, and the command; and the run after tells what is left alone."""
    write_settings(acme=acme.url, more="limits: {run: {sessions: 0}}\n")
    first, second = reaper(*QUIET), reaper(*QUIET)
    assert (first.code, first.out, is_one_line(first)) == (5, "", True)
    assert "acme: run 1 was halted: " in first.err
    assert "`reaper acknowledge 1`" in first.err
    assert (second.code, is_one_line(second), ended(acme)) == (5, True, [])


@pytest.mark.usefixtures("acme")
def test_what_is_due_and_left_alone_is_told(reaper: Cli) -> None:
    """A pause that somebody forgot is remembered by whoever gets the mail."""
    reaper("pause", "--reason", "year-end close", "--by", "vera")
    result = reaper(*QUIET)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith(
        "reaper: acme: 1 session due but left alone: paused by vera: year-end close"
    )


def test_a_session_that_will_not_end_is_told(reaper: Cli, tenant: Open) -> None:
    """With its id, its owner and what was last seen of it."""
    write_policies()
    write_settings(acme=tenant(faults="deaf:1").url)
    result = reaper(*QUIET)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"reaper: acme: webui {IDLE} of anna@Planning: unconfirmed: ")


@pytest.mark.parametrize("order", [("acme", "globex"), ("globex", "acme")])
def test_a_database_that_fails_one_account_costs_the_other_nothing(
    reaper: Cli, tenant: Open, order: tuple[str, str]
) -> None:
    """What cannot be recorded of one account is told, with exit code 4, and the other is looked
    after.
    """
    accounts = {name: tenant() for name in order}
    write_policies()
    write_settings(**{name: account.url for name, account in accounts.items()})
    reaper("db", "upgrade")
    with sqlite3.connect("reaper.db") as db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON runs WHEN NEW.account = 'acme' "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    db.close()
    result = reaper(*QUIET)
    assert (result.code, result.out, is_one_line(result)) == (4, "", True)
    assert "disk is full; free some space" in result.err
    assert {name: ended(account) for name, account in accounts.items()} == {
        "acme": [],
        "globex": [IDLE],
    }
