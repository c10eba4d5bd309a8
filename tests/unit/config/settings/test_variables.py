"""Environment variables that look like settings: a misspelt one must not be an absent restraint."""

from __future__ import annotations

from pathlib import Path

import pytest

from reaper.config.settings.model import load_settings, variables_without_effect
from reaper.errors import ConfigurationError

ACME = "accounts: [{name: acme, url: https://acme.aimms.cloud, api_key_env: REAPER_ACME_KEEP}]\n"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REAPER_STOPFILE", "REAPER_STOP_FILE"),
        ("REAPER_ENFROCE", "REAPER_ENFORCE"),
        ("REAPER_LIMIT__RUN__SESSIONS", "REAPER_LIMITS__RUN__SESSIONS"),
        ("REAPER_LIMITS__RUN__SESSION", "REAPER_LIMITS__RUN__SESSIONS"),
        ("REAPER_HTTP__LISTN", "REAPER_HTTP__LISTEN"),
        ("REAPER_HTTP_LISTEN", "REAPER_HTTP__LISTEN"),
        ("REAPER_HTP__LISTEN", "REAPER_HTTP__LISTEN"),
        ("reaper_intervall", "REAPER_INTERVAL"),
    ],
)
def test_a_misspelt_variable_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    """Whoever sets a limit or a stop file there must not run without it; the right name is told."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError) as told:
        load_settings()
    assert (
        str(told.value) == f"environment variable {name}: no such setting; did you mean '{meant}'?"
    )


def test_all_misspelt_variables_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each."""
    monkeypatch.setenv("REAPER_STOPFILE", "x")
    monkeypatch.setenv("REAPER_INTERVALL", "5m")
    with pytest.raises(ConfigurationError, match=r"REAPER_INTERVALL: .*\n.*REAPER_STOPFILE: "):
        load_settings()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("REAPER_IMAGE_TAG", "; docs/settings.md lists them"),
        ("REAPER_MAX_SESSIONS", "; did you mean 'REAPER_LIMITS__RUN__SESSIONS'?"),
        ("REAPER_URL", "; did you mean 'REAPER_DATABASE_URL'?"),
    ],
)
def test_a_variable_that_sets_nothing_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    """It may be meant for somebody else, and stops nothing."""
    monkeypatch.setenv(name, "1")
    load_settings()
    assert variables_without_effect() == [f"environment variable {name}: no such setting{told}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REAPER_STOP_FILE", "stop"),
        ("REAPER_LIMITS__RUN__SESSIONS", "3"),
        ("reaper_enforce", "false"),
        ("REAPER_TEST_DATABASE_URL", "postgresql://"),
        ("REAPER_ACME_KEEP", "a key, named in the file"),
        ("REAPER_SERVICE_HOST", "10.0.0.1"),
        ("REAPER_SERVICE_PORT_HTTP", "8642"),
        ("REAPER_PORT", "tcp://10.0.0.1:8642"),
        ("REAPER_PORT_8642_TCP_ADDR", "10.0.0.1"),
        ("REAPER_WEB_PORT_8642_TCP", "tcp://10.0.0.1:8642"),
        ("REAPERS", "another program's"),
    ],
)
def test_what_has_a_meaning_is_let_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Settings, the tests' own, keys that the settings name, and what Kubernetes sets beside a
    service.
    """
    Path("reaper.yaml").write_text(ACME, "utf-8")
    monkeypatch.setenv(name, value)
    load_settings()
    assert variables_without_effect() == []


def test_a_limit_may_be_set_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number there is text, and a text that is none is told in words."""
    monkeypatch.setenv("REAPER_LIMITS__RUN__SESSIONS", "3")
    assert load_settings().limits.run.sessions == 3
    monkeypatch.setenv("REAPER_LIMITS__RUN__SESSIONS", "three")
    with pytest.raises(
        ConfigurationError,
        match=r"^environment variable REAPER_LIMITS__RUN__SESSIONS: this is not a whole",
    ):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "REAPER_LOG__XYZ",
            "1",
            "no such setting; there is REAPER_LOG__LEVEL, REAPER_LOG__FORMAT",
        ),
        (
            "REAPER_LIMITS",
            '{"run": {"session": 3}}',
            "no such setting; did you mean 'REAPER_LIMITS__RUN__SESSIONS'?",
        ),
        (
            "REAPER_LIMITS__RUN",
            "3",
            "this is not a mapping; write it as JSON, or set its keys one by one",
        ),
        ("REAPER_LOG__LEVEL", "loud", "this is not one of 'debug', 'info', 'warning' or 'error'"),
        ("REAPER_ACTIVITY__WORKERS", "0", "this should be greater than or equal to 1"),
        ("REAPER_LIMITS__RUN__PERCENT", "many", "this is not a number; write one like 0.5"),
    ],
)
def test_a_wrong_value_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    """Without the machinery's own."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert str(refused.value).startswith("environment variable REAPER_")
    assert f": {told}" in str(refused.value)


def test_a_key_may_be_named_in_another_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """`REAPER_ACCOUNTS` names where a key is, too."""
    monkeypatch.setenv(
        "REAPER_ACCOUNTS", '[{"name": "a", "url": "https://a.b", "api_key_env": "REAPER_ACCOUNT"}]'
    )
    monkeypatch.setenv("REAPER_ACCOUNT", "a key")
    load_settings()
    assert variables_without_effect() == []
