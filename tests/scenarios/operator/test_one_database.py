"""A stop that stops: whoever says it, from wherever, it holds for the reaper that ends sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Cli
from support.safety_cli import Desk, ended
from support.safety_house import idle

SAYS = [
    ("pause", "--reason", "x"),
    ("resume",),
    ("acknowledge", "1"),
    ("release", "--account", "acme"),
    ("exempt", "add", "--owner", "anna@Planning", "--until", "3d", "--reason", "x"),
    ("exempt", "remove", "1", "--reason", "x"),
]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another person's folder, with a home of their own."""
    folder = tmp_path / "vera"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "home"))
    return folder


@pytest.mark.parametrize("named", ["variable", "option"])
@pytest.mark.parametrize("written", ["", "sqlite:///reaper.db"])
def test_a_pause_of_one_person_holds_for_the_reaper_of_another(
    reaper: Cli, desk: Desk, monkeypatch: pytest.MonkeyPatch, named: str, written: str
) -> None:
    """Whether the settings name the database or leave it to the default."""
    desk.settings = {"database_url": written or None}
    acme = desk.acme(idle("s1"))
    etc = Path.cwd()
    assert reaper("run").code == 0
    with monkeypatch.context() as vera:
        (etc.parent / "vera").mkdir()
        vera.chdir(etc.parent / "vera")
        vera.setenv("XDG_DATA_HOME", str(etc.parent / "vera"))
        if named == "variable":
            vera.setenv("REAPER_SETTINGS", str(etc / "reaper.yaml"))
        option = ["--settings", "../etc/reaper.yaml"] if named == "option" else []
        said = reaper(*option, "pause", "--reason", "year end", "--by", "vera")
    assert (said.code, said.err) == (0, "")
    first, database, settings, last = said.out.splitlines()
    assert first == "paused: all accounts (acme) (pause 1)"
    assert str(etc / "reaper.db") in database
    assert settings.endswith("etc/reaper.yaml")
    assert last.startswith("last run: acme 20")
    run = reaper("run", "--enforce")
    assert (ended(acme), "paused by vera: year end" in run.out) == ([], True)


@pytest.mark.parametrize("words", SAYS, ids=" ".join)
def test_nobody_is_told_that_something_holds_where_there_are_no_accounts(
    reaper: Cli, elsewhere: Path, words: tuple[str, ...]
) -> None:
    """It is refused in one line with what to do, and no database is made anywhere."""
    said = reaper(*words)
    assert (said.code, said.out, said.one_line) == (2, "", True)
    assert f"there is no {elsewhere / 'reaper.yaml'}" in said.err
    assert "--settings or REAPER_SETTINGS" in said.err
    assert list(elsewhere.rglob("*.db")) == []


def test_a_database_without_a_run_is_warned_of(reaper: Cli, desk: Desk) -> None:
    """The pause is said, but maybe where no reaper will ever read it."""
    desk.write(acme=desk.account(idle("s1")), globex=desk.account())
    assert reaper("run", "--account", "acme").code == 0
    said = reaper("pause", "--reason", "x")
    assert said.code == 0
    assert "no run of globex was ever recorded" in said.err
    assert reaper("pause", "--reason", "x", "--account", "acme").err == ""
    given = reaper("exempt", "add", "--owner", "b@C", "--until", "3d", "--reason", "x")
    assert "database: sqlite:////" in given.out
    assert "no run of globex" in given.err


def test_init_writes_the_database_beside_the_settings(reaper: Cli) -> None:
    """So that nobody has to know a default."""
    assert reaper("init").code == 0
    assert "\ndatabase_url: sqlite:///reaper.db" in Path("reaper.yaml").read_text("utf-8")


def test_no_empty_history_is_begun_beside_an_older_one(
    reaper: Cli, desk: Desk, tmp_path: Path
) -> None:
    """A database in the home, where earlier versions kept it, is told with the command that moves
    it; then its pauses hold.
    """
    acme = desk.acme(idle("s1"))
    assert reaper("pause", "--reason", "year end").code == 0
    old = tmp_path / "home" / "reaper" / "reaper.db"
    old.parent.mkdir(parents=True)
    Path("reaper.db").rename(old)
    desk.settings = {"database_url": None}
    desk.write(acme=acme)
    for words in (("run", "--enforce"), ("pause", "--reason", "x"), ("status",), ("runs",)):
        said = reaper(*words)
        assert (said.code, said.one_line) == (2, True)
        assert f"mv {old}* {Path.cwd()}/" in said.err
    assert (acme.requests, Path("reaper.db").exists()) == ([], False)
    old.rename("reaper.db")
    assert "year end" in reaper("run", "--enforce").out
    assert ended(acme) == []


def test_an_empty_record_is_told_with_its_place(reaper: Cli, desk: Desk) -> None:
    """`runs`, `history` and `exempt list` of the wrong database do not just look quiet."""
    desk.acme()
    for words in (("runs",), ("history",), ("exempt", "list")):
        assert f"{Path.cwd() / 'reaper.db'}, the database of" in reaper(*words).err
