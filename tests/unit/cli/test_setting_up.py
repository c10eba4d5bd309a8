"""`reaper init`, `policy check`, `doctor` and `db`.

What an administrator does before the first run.
"""

import sqlite3
from pathlib import Path
from typing import Any

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

from reaper.config.policies.load import ready_made
from reaper.emulator import DEFAULT_KEY, Emulator

# --- init
# --------------------------------------------------------------------------------------------------------


def test_what_init_writes_loads_and_only_observes(
    reaper: Cli, monkeypatch: pytest.MonkeyPatch, tenant: Open
) -> None:
    """A first run with the files of `init` ends nothing, even when it is told to enforce."""
    account = tenant()
    assert reaper("init").code == 0
    checked = reaper("policy", "check")
    monkeypatch.setenv(
        "REAPER_ACCOUNTS", f'[{{"name": "a", "url": "{account.url}", "api_key": "{DEFAULT_KEY}"}}]'
    )
    monkeypatch.setenv("REAPER_DATABASE_URL", f"sqlite:///{Path('reaper.db').resolve()}")
    run = reaper("run", "--enforce", "-o", "json")
    assert (checked.code, "enforce" in checked.out) == (0, False)
    assert (run.code, run.json["runs"][0]["steps"]) == (6, [])  # it could only observe
    assert run.json["runs"][0]["observed"]
    assert ended(account) == []


def test_init_writes_every_ready_made_policy(reaper: Cli) -> None:
    """All of them are there to start from, with the cases that try them, which pass."""
    reaper("init", "new")
    written = {
        path.relative_to("new/policies")
        for path in Path("new/policies").rglob("*.*")
        if path.is_file()
    }
    assert written == {
        path.relative_to(ready_made()) for path in ready_made().rglob("*.*") if path.is_file()
    }
    assert reaper("policy", "test", "new/policies").code == 0


def test_init_overwrites_nothing(reaper: Cli) -> None:
    """What is there stays as it is, and is said to be kept; what is missing is written."""
    Path("reaper.yaml").write_text("mine", "utf-8")
    result = reaper("init")
    assert Path("reaper.yaml").read_text("utf-8") == "mine"
    assert result.out.startswith("kept   reaper.yaml\nwrote  policies/")
    assert reaper("init").out.count("kept") == 1 + sum(
        path.is_file() for path in ready_made().rglob("*.*")
    )


def test_init_says_where_it_cannot_write(reaper: Cli) -> None:
    """A folder that cannot be made is a usage error."""
    Path("a-file").write_text("", "utf-8")
    result = reaper("init", "a-file/below")
    assert (result.code, is_one_line(result)) == (2, True)
    assert "choose another folder" in result.err


# --- policy check
# ------------------------------------------------------------------------------------------------


def test_policy_check_names_what_is_right(reaper: Cli) -> None:
    """Each policy with its mode, and how many there are; no account is needed."""
    result = reaper("policy", "check", str(write_policies()))
    assert (result.code, result.err) == (0, "")
    assert result.out == "idle-webui: enforce, 1 exempt\nold-tasks: observe\n2 policies OK\n"


def test_policy_check_tells_every_problem(reaper: Cli) -> None:
    """All mistakes of all files come at once, each with file, line and column, as exit code 2."""
    write_policies(
        POLICIES.replace("idle: 2h", "idle: 2").replace("mode: enforce", "mode: enforced")
    )
    write_policies(POLICIES.replace("age: 24h", "aeg: 24h"), "policies/second.yaml")
    result = reaper("policy", "check", "policies")
    *told, count = [line for line in result.err.splitlines() if not line.startswith("    ")]
    assert (result.code, result.out) == (2, "")
    assert [line.split(": ")[0] for line in told] == [
        "policies/all.yaml:3:11",
        "policies/all.yaml:5:28",
        "policies/second.yaml:2:11",
        "policies/second.yaml:8:11",
        "policies/second.yaml:10:22",
    ]
    assert count == "5 errors"


def test_a_warning_is_no_error(reaper: Cli) -> None:
    """What loads but is doubtful is said on standard error, and the exit code stays 0."""
    path = write_policies(
        POLICIES.replace("reason: operations", "reason: operations, until: 2020-12-31")
    )
    result = reaper("policy", "check", str(path))
    assert result.code == 0
    assert result.err.startswith("warning: policies/all.yaml:7:")
    assert "this exemption ended on 2020-12-31" in result.err


# --- doctor
# ------------------------------------------------------------------------------------------------------


def trouble(reaper: Cli) -> dict[str, str]:
    """The bad findings on the account, by check."""
    result = reaper("doctor", "-o", "json")
    bad = {
        c["name"]: f"{c['detail']} {c['advice']}" for c in result.json["acme"] if c["ok"] is False
    }
    assert (result.code, result.err) == (3 if bad else 0, "")
    return bad


@pytest.mark.parametrize("generation", [1, 2])
def test_doctor_finds_nothing_wrong_with_a_sound_account(
    reaper: Cli, tenant: Open, generation: int
) -> None:
    """Every check of both generations is well, and nothing is ended."""
    account = tenant(generation=generation)
    write_settings(acme=account.url)
    assert trouble(reaper) == {}
    shown = reaper("doctor").out
    for word in (
        "address",
        "key",
        "scope Session",
        "scope Tasks",
        "clock",
        "generation",
        "fields of webui",
        "log",
    ):
        assert word in shown
    assert f"{generation}, by the tenant's OpenAPI document" in shown
    assert ended(account) == []


@pytest.mark.parametrize(
    ("about", "check", "expected"),
    [
        ({"keys": [{"key": "another"}]}, "key", "unknown or expired"),
        ({"keys": [{"key": DEFAULT_KEY, "expires": "-1d"}]}, "key", "unknown or expired"),
        (
            {"keys": [{"key": DEFAULT_KEY, "scopes": ["Tasks"]}]},
            "scope Session",
            "make a key with this scope",
        ),
        (
            {"keys": [{"key": DEFAULT_KEY, "scopes": ["Session"]}]},
            "scope Tasks",
            "make a key with this scope",
        ),
        ({"faults": "html:1"}, "address", "it is a web page"),
        ({"faults": "skew:+90s"}, "clock", "ahead of this machine's set this machine's clock"),
        ({"faults": "skew:-5m"}, "clock", "behind this machine's"),
    ],
)
def test_doctor_names_the_trouble(
    reaper: Cli, tenant: Open, about: dict[str, Any], check: str, expected: str
) -> None:
    """Each trouble fails its own check, with what to do."""
    write_settings(acme=tenant(**about).url)
    assert expected in trouble(reaper)[check]


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("2020-01-31", "it expired on 2020-01-31 make a new one"),
        ("2299-01-31", None),
    ],
)
def test_doctor_watches_the_day_on_which_the_key_expires(
    reaper: Cli, tenant: Open, expires: str, expected: str | None
) -> None:
    """Where the settings know it."""
    Path("reaper.yaml").write_text(
        f"accounts: [{{name: acme, url: '{tenant().url}', api_key: {DEFAULT_KEY}, api_key_expires: {expires}}}]\n"
        f"database_url: sqlite:///{Path('reaper.db').resolve()}\n",
        "utf-8",
    )
    assert trouble(reaper).get("key expiry", "").startswith(expected or "")
    assert ("key expiry" in trouble(reaper)) == (expected is not None)


def test_doctor_asks_a_web_page_no_further(reaper: Cli, tenant: Open) -> None:
    """Where the address is no session-manager, one finding says so."""
    write_settings(acme=tenant(faults="html:1").url)
    assert list(trouble(reaper)) == ["address"]


def test_doctor_of_an_unknown_host(reaper: Cli) -> None:
    """A host that does not exist is one finding, with what to check."""
    write_settings(acme="https://acme.invalid")
    (found,) = trouble(reaper).values()
    assert "unknown host" in found


def test_doctor_of_a_missing_key(reaper: Cli, acme: Emulator) -> None:
    """A key that is not there is a finding; the database is still looked at."""
    Path("reaper.yaml").write_text(
        f"accounts: [{{name: acme, url: '{acme.url}', api_key_env: NOT_SET}}]\ndatabase_url: "
        "sqlite:///reaper.db\n"
    )
    assert "set the environment variable NOT_SET" in trouble(reaper)["key"]


def test_doctor_of_a_bad_database(reaper: Cli, acme: Emulator) -> None:
    """A database in trouble is exit code 4, and the accounts are looked at all the same."""
    Path("reaper.db").write_text("my holiday letters\n" * 100, "utf-8")
    result = reaper("doctor", "-o", "json")
    assert (result.code, result.json["database"][0]["ok"]) == (4, False)
    assert all(check["ok"] is not False for check in result.json["acme"])
    assert acme.requests


# --- db
# ----------------------------------------------------------------------------------------------------------


def test_db_upgrade_makes_what_check_expects(reaper: Cli, acme: Emulator) -> None:
    """An empty place becomes a database at the newest revision, and a second time changes
    nothing.
    """
    assert acme.url
    first, second = reaper("db", "upgrade"), reaper("db", "upgrade")
    assert (first.code, first.out) == (second.code, second.out)
    assert reaper("db", "current").out.strip() in first.out
    assert reaper("db", "check").code == 0


def test_db_current_makes_no_schema(reaper: Cli, acme: Emulator) -> None:
    """Asking for the revision changes nothing."""
    assert acme.url
    Path("reaper.db").unlink()
    assert reaper("db", "current").out == "empty: no schema yet\n"
    assert reaper("db", "current").out == "empty: no schema yet\n"


def test_db_check_finds_a_difference(reaper: Cli, acme: Emulator) -> None:
    """A table too many is exit code 4, by its name."""
    assert acme.url
    reaper("db", "upgrade")
    with sqlite3.connect("reaper.db") as db:
        db.execute("CREATE TABLE stray (id INTEGER)")
    db.close()
    result = reaper("db", "check")
    assert (result.code, is_one_line(result)) == (4, True)
    assert "stray" in result.err


# --- demo
# --------------------------------------------------------------------------------------------------------


def test_the_demo_touches_no_real_account(
    reaper: Cli, acme: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever account and database the settings and the environment name, the demo leaves them
    alone.
    """
    monkeypatch.setenv(
        "REAPER_ACCOUNTS", f'[{{"name": "a", "url": "{acme.url}", "api_key": "{DEFAULT_KEY}"}}]'
    )
    monkeypatch.setenv("REAPER_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    assert reaper("demo").code == 0
    assert acme.requests == []
    assert not (tmp_path / "real.db").exists()


def test_db_prune_tells_what_it_deleted(reaper: Cli, acme: Emulator) -> None:
    """By the settings nothing of today.

    By a moment in the future all that is closed and no longer stands.
    """
    reaper("run")
    assert acme.requests
    assert reaper("db", "prune").out.endswith("deleted: nothing\n")
    assert reaper("db", "prune", "--before", "2999-01-01").out.startswith(
        "from before 2999-01-01 00:00Z deleted: "
    )


def test_db_copy_moves_an_installation(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy answers as the original does, and what is not empty is refused in one line."""
    write_settings(acme=acme.url)
    reaper("run")
    here, there = (f"sqlite:///{Path(name).resolve()}" for name in ("reaper.db", "copy.db"))
    shown = reaper("history", "--all", "-o", "json").json
    copied = reaper("db", "copy", here, there)
    assert (copied.code, "1 runs" in copied.out) == (0, True)
    monkeypatch.setenv("REAPER_DATABASE_URL", there)
    assert reaper("history", "--all", "-o", "json").json == shown
    again = reaper("db", "copy", here, there)
    assert (again.code, is_one_line(again), "is not empty" in again.err) == (2, True, True)
