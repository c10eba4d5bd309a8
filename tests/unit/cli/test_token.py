"""`reaper token`: shown once, kept as a hash."""

import re
from datetime import UTC, datetime

import yaml
from support.cli_tools import Cli

from reaper.config.settings.http import HttpSettings, Role
from reaper.usecases.tokens import find


def test_the_token_alone_is_printed_and_the_settings_know_its_hash(reaper: Cli) -> None:
    """Standard output is the token, ready for a file; beside it stands what the settings take."""
    result = reaper("token")
    token = result.out.strip()
    settings = _settings(result.err)
    assert result.code == 0
    assert find(token, settings.tokens) == settings.tokens[0]
    assert token not in result.err
    assert token != reaper("token").out.strip()


def test_a_token_has_a_name_a_role_and_an_end(reaper: Cli) -> None:
    """By default it may only read, for a year, under a name that nobody else has."""
    asked = ("--name", "grafana", "--role", "operate", "--until", "2999-01-31")
    (made,) = _settings(reaper("token", *asked).err).tokens
    assert (made.name, made.role, made.expires) == (
        "grafana",
        Role.OPERATE,
        datetime(2999, 1, 31, tzinfo=UTC),
    )
    (first,), (second,) = (_settings(reaper("token").err).tokens for _ in range(2))
    assert first.role == Role.VIEW
    assert first.name != second.name
    assert first.expires is not None


def test_a_name_that_cannot_stand_in_the_log_is_refused(reaper: Cli) -> None:
    """It says what a name may have; nothing is printed that looks like a token."""
    result = reaper("token", "--name", "a b")
    assert (result.code, result.out) == (2, "")
    assert "letters, digits" in result.err


def _settings(said: str) -> HttpSettings:
    written = re.search(r"^ {2}http: (.*)$", said, re.MULTILINE)
    assert written is not None
    return HttpSettings.model_validate(yaml.safe_load(written[1]))
