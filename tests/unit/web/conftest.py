"""The face on a real socket, over the record that real passes over an emulated account
have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from threading import Event
from typing import Any

import httpx
import pytest
from support.cli_tools import FLEET, POLICIES
from support.clock import Clock
from support.counted import counted
from support.web_tools import Ask, Stand

from reaper.bootstrap import database, reaper_of
from reaper.clock import SystemClock
from reaper.config.policies.load import load_policies
from reaper.config.settings.http import HttpSettings
from reaper.config.settings.model import OwnSettings, Settings
from reaper.core.language.limits import Limit, Limits
from reaper.daemon.readiness import monitored_accounts
from reaper.daemon.status import DaemonStatus
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from reaper.store import Database, list_runs
from reaper.web.app import create_app
from reaper.web.face import record
from reaper.web.server import serve as answering
from reaper.web.status import StatusReader


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, DaemonStatus]:
    """What made three passes over two accounts: a dry run, and one each that ended sessions."""
    folder = tmp_path_factory.mktemp("record")
    (folder / "policies.yaml").write_text(POLICIES, "utf-8")
    with ExitStack() as stack:
        scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in FLEET])
        tenants = [stack.enter_context(Emulator(Config(), scenario)) for _ in range(2)]
        accounts: Any = [
            {"name": name, "url": tenant.url, "api_key": DEFAULT_KEY}
            for name, tenant in zip(("acme", "globex"), tenants, strict=True)
        ]
        unlimited = Limits(run=Limit(), hour=Limit(), policy=Limit())
        url = f"sqlite:///{folder / 'reaper.db'}"
        settings = OwnSettings(
            accounts=accounts, database_url=url, limits=unlimited, per_minute=None
        )
        policies = load_policies(folder / "policies.yaml", today=date(2026, 11, 23)).policies
        daemon = DaemonStatus(SystemClock())
        daemon.set_accounts(
            monitored_accounts(
                settings.accounts, dict.fromkeys(("acme", "globex"), timedelta(minutes=5))
            )
        )
        acme, globex = settings.accounts
        with database(settings) as store:
            for account, enforce in ((acme, False), (acme, True), (globex, True)):
                wired = reaper_of(
                    settings,
                    account,
                    policies,
                    store,
                    enforce=enforce,
                    stop=Event(),
                    count=daemon.count_request,
                )
                with daemon.track_run(account.name) as ended, wired as reaper:
                    ended(reaper.run_once())
        runs = {("acme", "done"): 2, ("globex", "done"): 1}
        assert counted(daemon, "runs_total") == runs
    return settings, daemon


@pytest.fixture(scope="session")
def recorded(daemon: tuple[Settings, DaemonStatus]) -> Settings:
    """Settings whose database has the three passes."""
    return daemon[0]


def status_reader(
    daemon: tuple[Settings, DaemonStatus], store: Callable[[], Database]
) -> StatusReader:
    return StatusReader(daemon[1], store, SystemClock(), timedelta(days=14))


@pytest.fixture
def ask(recorded: Settings, daemon: tuple[Settings, DaemonStatus]) -> Iterator[Callable[..., Ask]]:
    """Serve the record with these settings of `http`, and ask it."""
    with ExitStack() as stack:

        def serve(**settings: Any) -> Ask:  # noqa: ANN401 - of HttpSettings
            http = HttpSettings.model_validate({"listen": "127.0.0.1:0", **settings})
            store = stack.enter_context(record(recorded))
            app = create_app(store, http, status_reader(daemon, store))
            url = stack.enter_context(answering(app, "127.0.0.1:0"))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False))

        yield serve


@pytest.fixture(scope="session")
def api(recorded: Settings, daemon: tuple[Settings, DaemonStatus]) -> Iterator[Ask]:
    """The record, served as it is by default."""
    with (
        record(recorded) as store,
        answering(
            create_app(store, HttpSettings(), status_reader(daemon, store)), "127.0.0.1:0"
        ) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def clock(recorded: Settings) -> Clock:
    with record(recorded) as store:
        return Clock(max(run.started_at for run in list_runs(store())) + timedelta(minutes=1))


@pytest.fixture
def stand(recorded: Settings, clock: Clock) -> Iterator[Stand]:
    """A daemon over the recorded accounts, whose clock stands."""
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(trust_env=False))
        made = Stand(client, DaemonStatus(clock), clock, stack.enter_context(record(recorded)))
        made.daemon.set_accounts(
            monitored_accounts(
                recorded.accounts, dict.fromkeys(("acme", "globex"), timedelta(minutes=5))
            )
        )
        how = StatusReader(made.daemon, made.database, clock, timedelta(days=14))
        client.base_url = stack.enter_context(
            answering(create_app(made.database, HttpSettings(), how), "127.0.0.1:0")
        )
        yield made
