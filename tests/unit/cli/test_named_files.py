"""Commands and the files that they are given: bounded, private, and told in one line."""

import os
from pathlib import Path

import pytest
from support.cli_tools import Cli, is_one_line

from reaper.emulator import Emulator

DEEP = '{"plans": ' + "[" * 200_000


def mode(name: str) -> int:
    return Path(name).stat().st_mode & 0o777


@pytest.mark.usefixtures("acme")
def test_what_holds_names_is_the_owners_alone(reaper: Cli) -> None:
    """Database, plan, kept fleet and first settings are made 0600, whatever the umask."""
    os.umask(0o022)
    assert reaper("plan", "-o", "plan.json").code == 0
    assert reaper("sessions", "--keep", "fleet.json").code == 0
    assert reaper("run").code == 0
    assert reaper("init", "new").code == 0
    names = ("reaper.db", "plan.json", "fleet.json", "new/reaper.yaml")
    assert {name: mode(name) for name in names} == dict.fromkeys(names, 0o600)


@pytest.mark.usefixtures("acme")
def test_doctor_warns_of_files_that_others_may_read(reaper: Cli) -> None:
    """Settings, database and key files; a warning costs no exit code."""
    Path("acme.key").write_text("\ufeff demo-key \r\n", "utf-8")
    text = (
        Path("reaper.yaml")
        .read_text("utf-8")
        .replace("api_key: demo-key", "api_key_file: acme.key")
    )
    Path("reaper.yaml").write_text(text, "utf-8")
    reaper("run")
    for name in ("reaper.yaml", "reaper.db", "acme.key"):
        Path(name).chmod(0o644)
    warned = reaper("doctor", "-o", "json")
    assert warned.code == 0
    assert [
        (one["check"] if "check" in one else one["name"], one["ok"]) for one in warned.json["files"]
    ] == [
        ("settings", None),
        ("database", None),
        ("secret", None),
    ]
    for name in ("reaper.yaml", "reaper.db", "acme.key"):
        Path(name).chmod(0o600)
    assert "files" not in reaper("doctor", "-o", "json").json


def test_a_pipe_among_the_policies_does_not_hang(reaper: Cli, acme: Emulator) -> None:
    """It is told like any other file that cannot be read."""
    assert acme.url
    os.mkfifo("policies/more.yaml")
    for command in (("run",), ("policy", "check"), ("policy", "check", "policies/more.yaml")):
        told = reaper(*command)
        assert told.code == 2
        assert "more.yaml: cannot be read: it is a named pipe, not a file" in told.err


@pytest.mark.usefixtures("acme")
def test_no_file_is_too_deep_long_or_strange_for_one_line(reaper: Cli) -> None:
    """A plan or fleet that is endless, huge, nested or no file at all: one line, exit code 2."""
    Path("deep.json").write_text(DEEP, "utf-8")
    with Path("huge.json").open("wb") as huge:
        huge.truncate(1 << 27)
    os.mkfifo("pipe")
    for name in ("deep.json", "huge.json", "pipe", "/dev/zero"):
        diff = ("policy", "diff", "policies", "policies", "--fleet", name)
        for told in (reaper("apply", name), reaper(*diff)):
            assert told.code == 2, name
            assert is_one_line(told), name
    for command in (("plan", "-o"), ("sessions", "--keep"), ("policy", "schema", "-o")):
        Path("link").unlink(missing_ok=True)
        Path("link").symlink_to("target")
        for name in ("link", "pipe"):
            assert reaper(*command, name).code == 2
    assert not Path("target").exists()


def test_a_scenario_that_is_no_file_is_told(reaper: Cli) -> None:
    """The emulator reads as carefully."""
    os.mkfifo("pipe")
    Path("deep.yaml").write_text("[" * 50_000, "utf-8")
    for name in ("pipe", "/dev/zero", "deep.yaml"):
        told = reaper("emulate", "--scenario", name)
        assert (told.code, is_one_line(told)) == (2, True), name
