"""Whatever is wrong.

One line that says what and what to do, the documented exit code, and nothing terminated.
"""

import sqlite3
from pathlib import Path

import pytest
from support.cli_tools import (
    POLICIES,
    Cli,
    Open,
    ended,
    is_one_line,
    write_policies,
    write_settings,
)

from reaper.emulator import DEFAULT_KEY, Emulator

LOOKING = (("run", "--enforce"), ("sessions",))


def check_refused(
    reaper: Cli, account: Emulator, code: int, expected: str, *arguments: str
) -> None:
    result = reaper(*arguments)
    assert (result.code, is_one_line(result)) == (code, True), result.err
    assert result.err.startswith("reaper: ")
    assert expected in result.err
    assert ended(account) == []


@pytest.mark.parametrize("command", LOOKING)
@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ({"keys": [{"key": "another"}]}, "the key is unknown or expired"),
        ({"keys": [{"key": DEFAULT_KEY, "expires": "-1d"}]}, "the key is unknown or expired"),
        ({"keys": [{"key": DEFAULT_KEY, "scopes": ["Tasks"]}]}, "scope"),
        ({"faults": "html:1"}, "it is a web page"),
        ({"faults": "truncate:1"}, "not valid JSON, or is incomplete"),
        ({"faults": "500:1"}, "500"),
        ({"faults": "drop:1"}, "acme"),
    ],
    ids=["wrong key", "expired key", "missing scope", "HTML", "truncated JSON", "500", "dropped"],
)
def test_an_account_in_trouble(
    reaper: Cli, tenant: Open, trouble: dict[str, object], expected: str, command: tuple[str, ...]
) -> None:
    """What the server or the key does wrong is exit code 3."""
    account = tenant(**trouble)
    write_policies()
    write_settings(acme=account.url)
    check_refused(reaper, account, 3, expected, *command)


@pytest.mark.parametrize("command", LOOKING)
def test_an_unknown_host(reaper: Cli, acme: Emulator, command: tuple[str, ...]) -> None:
    """A host that no name service knows is exit code 3."""
    write_settings(acme="https://acme.invalid")
    check_refused(reaper, acme, 3, "unknown host", *command)


@pytest.mark.parametrize("command", LOOKING)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            POLICIES.replace("terminate_when: {idle: 2h}", "terminate_wen: {idle: 2h}"),
            "terminate_when",
        ),
        (POLICIES.replace("idle: 2h", "idle: 2"), "'2h'"),
        (POLICIES.replace("owner: admin@ROOT", "ownr: admin@ROOT"), "owner"),
        (POLICIES.replace("name: old-tasks", "name: idle-webui"), "is already defined at"),
    ],
    ids=["misspelt rule key", "no unit", "misspelt exemption key", "two of one name"],
)
def test_a_policy_that_is_not_right(
    reaper: Cli, acme: Emulator, text: str, expected: str, command: tuple[str, ...]
) -> None:
    """A wrong policy is exit code 2, with its place, and the others are not followed either."""
    write_policies(text)
    check_refused(reaper, acme, 2, expected, *command)
    assert "policies/all.yaml:" in reaper(*command).err


@pytest.mark.parametrize("command", LOOKING)
def test_no_policies_at_all(reaper: Cli, acme: Emulator, command: tuple[str, ...]) -> None:
    """Without policies nothing is judged, and the way to some is told."""
    Path("policies/all.yaml").unlink()
    Path("policies").rmdir()
    check_refused(reaper, acme, 2, "`reaper init`", *command)


@pytest.mark.parametrize("command", [*LOOKING, ("history",), ("runs",), ("db", "upgrade")])
def test_a_database_from_a_newer_version(
    reaper: Cli, acme: Emulator, command: tuple[str, ...]
) -> None:
    """A schema that this version does not know is exit code 4, and left as it is."""
    with sqlite3.connect("reaper.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    check_refused(reaper, acme, 4, "from a newer reaper (revision 9999); upgrade reaper", *command)


@pytest.mark.parametrize("command", [*LOOKING, ("history",), ("runs",), ("db", "upgrade")])
def test_a_folder_that_cannot_be_written(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """A database that cannot be made is exit code 4, with a hint at where it could be."""
    Path("a-file").write_text("", "utf-8")
    monkeypatch.setenv("REAPER_DATABASE_URL", f"sqlite:///{Path('a-file/reaper.db').resolve()}")
    check_refused(reaper, acme, 4, "set database_url to", *command)


@pytest.mark.parametrize("command", LOOKING)
def test_a_file_that_is_no_database(reaper: Cli, acme: Emulator, command: tuple[str, ...]) -> None:
    """A file that is something else is exit code 4, and is not overwritten."""
    Path("reaper.db").write_text("my holiday letters\n" * 100, "utf-8")
    check_refused(reaper, acme, 4, "set database_url to another file", *command)
    assert Path("reaper.db").read_text("utf-8").startswith("my holiday letters")


@pytest.mark.parametrize("command", [("run", "--enforce"), ("sessions",), ("doctor",), ("daemon",)])
def test_no_settings_at_all(reaper: Cli, command: tuple[str, ...]) -> None:
    """A first user is told of `reaper init`."""
    write_policies()
    result = reaper(*command)
    assert (result.code, is_one_line(result)) == (2, True)
    assert "`reaper init` writes a settings file" in result.err


@pytest.mark.parametrize("command", LOOKING)
def test_a_missing_key(reaper: Cli, acme: Emulator, command: tuple[str, ...]) -> None:
    """A variable that is not set is exit code 2, before anything is looked at."""
    text = f"accounts: [{{name: acme, url: '{acme.url}', api_key_env: ACME_API_KEY}}]\n"
    Path("reaper.yaml").write_text(text, "utf-8")
    check_refused(reaper, acme, 2, "set the environment variable ACME_API_KEY", *command)
    assert acme.requests == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("sesions",), "Did you mean 'sessions'?"),
        (("rn",), "Did you mean 'run'?"),
        (("run", "--enfroce"), "--enforce"),
        (("history", "--since", "yesterdy"), "a duration like 2h"),
        (("daemon", "--interval", "5"), "'5m'"),
        (("daemon", "--interval", "0s"), "out of range"),
        (("emulate", "--fault", "flood:1"), "there are"),
        (("run", "-o", "xml"), "'table', 'json'"),
        (("--settings", "nope.yaml", "run"), "there is no such file"),
        (("policy", "check", "nope"), "no such file or folder"),
        (("emulate", "--scenario", "nope.yaml"), "cannot be read"),
    ],
)
def test_a_slip_on_the_command_line(
    reaper: Cli, acme: Emulator, arguments: tuple[str, ...], expected: str
) -> None:
    """A misspelt command, option or value is exit code 2 and told with what would be right."""
    result = reaper(*arguments)
    assert result.code == 2
    assert expected in result.err
    assert "Traceback" not in result.err
    assert ended(acme) == []


def test_a_port_in_use(reaper: Cli, acme: Emulator) -> None:
    """The emulator says which port is taken."""
    result = reaper("emulate", "--port", acme.url.rpartition(":")[2])
    assert (result.code, is_one_line(result)) == (2, True)
    assert "cannot be used" in result.err
