"""Settings and policies are read anew while the daemon runs: taken whole, or not at all."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.counted import counted

from reaper.daemon import LiveConfiguration, load_configuration
from reaper.daemon.status import DaemonStatus
from reaper.errors import ConfigurationError

POLICY = """\
policies:
  - name: {name}
    select: {{kind: webui}}
    terminate_when: {{idle: 2h}}
"""
BROKEN = POLICY.replace("terminate_when", "termiate_when")


class Desk:
    """A folder in which somebody writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings(accounts=["acme"])
        self.policy("first")

    def settings(self, *, accounts: list[str], **more: Any) -> None:  # noqa: ANN401 - settings
        named = [
            {"name": name, "url": f"http://127.0.0.1:{port}", "api_key": "key"}
            for port, name in enumerate(accounts, start=9)
        ]
        self._write("reaper.yaml", json.dumps({"accounts": named, **more}))

    def policy(self, name: str, text: str = POLICY, folder: str = "policies") -> None:
        self._write(f"{folder}/one.yaml", text.format(name=name))

    def _write(self, name: str, text: str) -> None:
        """As editors do: beside, and then in its place."""
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text, "utf-8")
        beside.replace(file)

    def configuration(self, status: DaemonStatus) -> LiveConfiguration:
        return LiveConfiguration(
            partial(load_configuration, self.folder / "reaper.yaml", None, ()), status
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def held(configuration: LiveConfiguration) -> tuple[list[str], list[str]]:
    """The accounts and the policies that are in force."""
    now = configuration.current
    return [one.name for one in now.accounts], [one.name for one in now.policies.policies]


def test_what_nobody_changed_is_not_read_again(desk: Desk, status: DaemonStatus) -> None:
    """Looking costs next to nothing; the orders are the very same."""
    configuration = desk.configuration(status)
    before = configuration.current
    assert not configuration.look()
    assert (configuration.current is before, counted(status, "reloads_total")) == (True, {})


def test_what_is_written_is_taken(desk: Desk, status: DaemonStatus) -> None:
    """Another policy in a file, another file, and another account.

    Each is in force after the next look.
    """
    configuration = desk.configuration(status)
    desk.policy("second")
    assert (configuration.look(), held(configuration)) == (True, (["acme"], ["second"]))
    desk.policy("third", folder="elsewhere")
    desk.settings(accounts=["acme", "globex"], policies="elsewhere")
    assert (configuration.look(), held(configuration)) == (True, (["acme", "globex"], ["third"]))
    assert (configuration.look(), counted(status, "reloads_total")) == (False, {("taken",): 2})


def test_what_is_no_policy_is_not_watched(desk: Desk, status: DaemonStatus) -> None:
    """A database or a note beside the policies may grow without anything being read anew."""
    configuration = desk.configuration(status)
    (desk.folder / "policies" / "reaper.db").write_bytes(b"grown")
    assert (configuration.look(), counted(status, "reloads_total")) == (False, {})


@pytest.mark.parametrize("what", ["policies", "settings"])
def test_a_broken_edit_keeps_all_that_was_in_force(
    desk: Desk, status: DaemonStatus, what: str
) -> None:
    """Also what was right beside it is not taken.

    It is told by file, line and column, once, until it is mended.
    """
    configuration = desk.configuration(status)
    desk.policy("second", BROKEN if what == "policies" else POLICY)
    desk.settings(accounts=["acme", "globex"], **({"interval": "5"} if what == "settings" else {}))
    assert (configuration.look(), held(configuration)) == (False, (["acme"], ["first"]))
    place = (
        "policies/one.yaml:4:5: unknown key 'termiate_when'"
        if what == "policies"
        else "reaper.yaml:1:"
    )
    assert status.refused is not None
    assert place in status.refused
    assert (configuration.look(), counted(status, "reloads_total")) == (False, {("refused",): 1})
    desk.policy("second")
    desk.settings(accounts=["acme", "globex"])
    assert (configuration.look(), held(configuration)) == (True, (["acme", "globex"], ["second"]))
    assert status.refused is None


def test_a_mistake_in_a_folder_that_is_not_in_force_yet(desk: Desk, status: DaemonStatus) -> None:
    """The settings name another folder, with a mistake in it: mending that file is enough."""
    configuration = desk.configuration(status)
    desk.policy("new", BROKEN, folder="elsewhere")
    desk.settings(accounts=["acme"], policies="elsewhere")
    assert not configuration.look()
    desk.policy("new", folder="elsewhere")
    assert (configuration.look(), held(configuration)) == (True, (["acme"], ["new"]))


def test_a_folder_that_is_gone_keeps_its_policies(desk: Desk, status: DaemonStatus) -> None:
    """Renaming it away ends nothing and forgets nothing."""
    configuration = desk.configuration(status)
    (desk.folder / "policies").rename(desk.folder / "away")
    assert (configuration.look(), held(configuration)) == (False, (["acme"], ["first"]))
    assert "policies" in str(status.refused)


def test_asked_to_it_reads_all_anew(desk: Desk, status: DaemonStatus) -> None:
    """Whether anything seems changed or not."""
    assert desk.configuration(status).look(forced=True)
    assert counted(status, "reloads_total") == {("taken",): 1}


def test_what_holds_until_the_next_start(desk: Desk, status: DaemonStatus) -> None:
    """Another database is not taken while it runs; what came with it is."""
    configuration = desk.configuration(status)
    database = configuration.current.settings.database_url
    desk.settings(
        accounts=["acme"],
        database_url="sqlite:///other.db",
        http={"listen": "127.0.0.1:1"},
        timeout="3s",
    )
    assert configuration.look()
    now = configuration.current.settings
    assert (now.database_url, now.http.listen, now.timeout.seconds) == (database, None, 3)


def test_a_second_look_goes_by_what_is_written_now(desk: Desk, status: DaemonStatus) -> None:
    """Whoever is protected while a run is under way is safe at once.

    A mistake leaves what was in force.
    """
    configuration = desk.configuration(status)
    desk.policy("second")
    assert [one.name for one in configuration.policies().policies] == ["second"]
    desk.policy("third", BROKEN)
    assert [one.name for one in configuration.policies().policies] == ["second"]


def test_a_start_with_a_mistake_is_refused(desk: Desk, status: DaemonStatus) -> None:
    """There is nothing yet that could stay in force."""
    desk.policy("first", BROKEN)
    with pytest.raises(ConfigurationError, match="termiate_when"):
        desk.configuration(status)
