"""The shell completes commands, accounts, policies, outcomes and session ids."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import idle


def completed(reaper: Cli, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What bash is offered for the last of these words."""
    monkeypatch.setenv("_REAPER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("reaper", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    found = reaper()
    monkeypatch.delenv("_REAPER_COMPLETE")
    assert (found.code, found.err) == (0, "")
    return [line.removeprefix("plain,") for line in found.out.splitlines() if line]


def test_names_are_completed_without_asking_a_platform(
    reaper: Cli, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the settings, the policies and the record."""
    account = desk.acme(idle("3c1a-one"), idle("3c1b-two", "ben@Supply"))
    reaper("run")
    asked = len(account.requests)

    def offered(*words: str) -> list[str]:
        return completed(reaper, monkeypatch, *words)

    assert offered("se") == ["sessions"]
    assert offered("run", "--account", "a") == ["acme"]
    assert offered("history", "--policy", "") == ["idle"]
    assert offered("history", "--outcome", "term") == ["terminated"]
    assert offered("sessions", "--verdict", "o") == ["offender"]
    assert offered("explain", "3C1") == ["3c1a-one", "3c1b-two"]
    assert offered("terminate", "3c1b") == ["3c1b-two"]
    assert offered("exempt", "add", "--session", "3c1a") == ["3c1a-one"]
    assert "--owner" in offered("history", "--o")
    assert len(account.requests) == asked


def test_nothing_to_complete_is_no_trouble(reaper: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings, with wrong ones, and without a database, which is not made."""
    assert completed(reaper, monkeypatch, "run", "--account", "") == []
    assert completed(reaper, monkeypatch, "explain", "a") == []
    Path("reaper.yaml").write_text("accounts: {", "utf-8")
    assert completed(reaper, monkeypatch, "history", "--policy", "") == []
    assert [one.name for one in Path().iterdir()] == ["reaper.yaml"]


def test_the_script_for_a_shell_is_printed(reaper: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the docs say how to load it."""
    monkeypatch.setenv("_REAPER_COMPLETE", "zsh_source")
    assert reaper().out.startswith("#compdef reaper")
