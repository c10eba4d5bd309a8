"""An installation has one database, whoever calls and from which folder."""

from pathlib import Path

import pytest

from reaper.config.settings.model import Settings, load_settings
from reaper.errors import ConfigurationError


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the settings; whoever calls stands in another one, with a home of their own."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "desk").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "etc"


def settings(house: Path, text: str = "") -> Settings:
    (house / "reaper.yaml").write_text(f"enforce: false\n{text}", "utf-8")
    return load_settings(house / "reaper.yaml")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "sqlite:///{}/reaper.db"),
        ("database_url: sqlite:///its/own.db", "sqlite:///{}/its/own.db"),
        ("database_url: sqlite:///own.db?timeout=3", "sqlite:///{}/own.db?timeout=3"),
        ("database_url: sqlite:////var/own.db", "sqlite:////var/own.db"),
        ("database_url: 'sqlite:///:memory:'", "sqlite:///:memory:"),
        ("database_url: postgresql://db/reaper", "postgresql://db/reaper"),
    ],
)
def test_the_database_follows_from_the_settings_file(
    house: Path, monkeypatch: pytest.MonkeyPatch, written: str, expected: str
) -> None:
    """By default it lies beside it, and a relative file is relative to it, also when the settings
    are named by a relative path.
    """
    assert settings(house, written).database_address() == expected.format(house)
    monkeypatch.chdir(house)
    assert load_settings().database_address() == expected.format(house)


def test_without_a_settings_file_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or nobody does, and no command guesses."""
    with pytest.raises(ConfigurationError, match="set REAPER_SETTINGS"):
        load_settings().database_address()
    monkeypatch.setenv("REAPER_DATABASE_URL", "sqlite:///own.db")
    assert load_settings().database_address() == f"sqlite:///{Path.cwd()}/own.db"


def test_a_record_in_the_home_is_not_silently_left_behind(house: Path, tmp_path: Path) -> None:
    """Where only the file of an earlier version exists, the line says how to keep or move it.

    Each of the three ways that it names helps.
    """
    old, new = tmp_path / "data/reaper/reaper.db", house / "reaper.db"
    old.parent.mkdir(parents=True)
    old.touch()
    with pytest.raises(ConfigurationError) as raised:
        settings(house).database_address()
    told = str(raised.value)
    assert f"`mv {old}* {house}/`" in told
    for url in (f"sqlite:///{old}", f"sqlite:///{new}"):
        assert f"`database_url: {url}`" in told
        assert settings(house, f"database_url: {url}").database_address() == url
    old.rename(new)
    assert settings(house).database_address() == f"sqlite:///{new}"


def test_a_relative_file_of_the_callers_folder_is_not_left_behind_either(house: Path) -> None:
    """An earlier version read it as one of the present folder."""
    Path("own.db").touch()
    written = settings(house, "database_url: sqlite:///own.db")
    with pytest.raises(ConfigurationError, match=f"`mv {Path.cwd()}/own.db"):
        written.database_address()
