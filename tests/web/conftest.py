"""The face on a real socket, over the record that real passes over an emulated account have left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

sys.path.append(str(Path(__file__).parent))

from web_tools import FLEET, POLICIES, Ask

from reaper.bootstrap import database, reaper_of, record
from reaper.core.limits import Limit, Limits
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from reaper.http_settings import HttpSettings
from reaper.policy_files import load_policies
from reaper.settings import OwnSettings, Settings
from reaper.web.app import create_app
from reaper.web.server import answering


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose database has three passes over two accounts: a dry run, and one each that ended sessions."""
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
        settings = OwnSettings(accounts=accounts, database_url=url, limits=unlimited, per_minute=None)
        policies = load_policies(folder / "policies.yaml", today=date(2026, 11, 23)).policies
        with database(settings) as store:
            for account, enforce in ((0, False), (0, True), (1, True)):
                with reaper_of(
                    settings, settings.accounts[account], policies, store, enforce=enforce, stop=Event()
                ) as reaper:
                    assert reaper.run_once().result == "done"
    return settings


@pytest.fixture
def ask(recorded: Settings) -> Iterator[Callable[..., Ask]]:
    """Serve the record with these settings of `http`, and ask it."""
    with ExitStack() as stack:

        def serve(**settings: Any) -> Ask:  # noqa: ANN401 - of HttpSettings
            http = HttpSettings.model_validate({"listen": "127.0.0.1:0", **settings})
            app = create_app(stack.enter_context(record(recorded)), http)
            url = stack.enter_context(answering(app, "127.0.0.1:0"))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False))

        yield serve


@pytest.fixture(scope="session")
def api(recorded: Settings) -> Iterator[Ask]:
    """The record, served as it is by default."""
    with (
        record(recorded) as store,
        answering(create_app(store, HttpSettings()), "127.0.0.1:0") as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client
