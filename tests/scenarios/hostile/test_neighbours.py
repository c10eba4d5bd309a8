"""No answer of one account, however it is made, costs another account its pass."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr
from support.cli_tools import FLEET, open_account, write_policies
from support.raw_answers import ANSWERS, KEY
from support.raw_server import number_of, raw_server

from reaper.usecases.accounts import Runs, run_all
from reaper.usecases.configuration import read_policies, read_settings

SOME = ("redirect to about:blank", "gzip, half a gigabyte", "401 with the key across the cut")


def run_beside(names: list[str], monkeypatch: pytest.MonkeyPatch) -> Runs:
    """A dry run over an account for each of these answers, and a true one after them."""
    with raw_server() as port, open_account(*FLEET) as acme:
        bad = [
            {
                "name": f"bad{number_of(name)}",
                "url": f"http://localhost:{port}",
                "api_key": SecretStr(KEY),
            }
            for name in names
        ]
        monkeypatch.setattr(
            "reaper.platforms.aimms.connection.checked_url",
            lambda account, url: (
                f"{url}/{account.removeprefix('bad')}" if "bad" in account else url
            ),
        )
        good = {"name": "acme", "url": acme.url, "api_key": "demo-key"}
        write_policies()
        monkeypatch.setenv("REAPER_TIMEOUT", "1s")
        monkeypatch.setenv("REAPER_DATABASE_URL", f"sqlite:///{Path('reaper.db').resolve()}")
        monkeypatch.setenv("REAPER_ACCOUNTS", json.dumps([good]))
        settings = read_settings(None)
        accounts = [settings.accounts[0].model_copy(update=one) for one in bad]
        return run_all(
            settings,
            [*accounts, settings.accounts[0]],
            read_policies(settings),
            enforce=False,
            stop=Event(),
            tell=lambda _: None,
        )


def check(runs: Runs, names: list[str]) -> None:
    *bad, good = runs.reports
    assert (good.observation.account, good.observation.complete, runs.broken) == ("acme", True, ())
    assert [report.observation.account for report in bad] == [
        f"bad{number_of(name)}" for name in names
    ]
    for report in bad:
        told = "; ".join([str(report.error), *report.observation.doubts])
        assert not report.observation.complete
        assert KEY[:20] not in told


def test_another_account_has_its_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few of each sort."""
    check(run_beside(list(SOME), monkeypatch), list(SOME))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_another_account_has_its_pass_after_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """After every fourth that we could think of; `make endure` plays them all."""
    names = list(ANSWERS)[:: 1 if "REAPER_ENDURE_MINUTES" in os.environ else 4]
    check(run_beside(names, monkeypatch), names)
