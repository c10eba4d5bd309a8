"""Each test in a folder of its own, with no settings from the environment."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reaper.config.settings.model import Settings, load_settings

Load = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def load() -> Load:
    """Write the text to reaper.yaml and read it."""

    def load_text(text: str) -> Settings:
        Path("reaper.yaml").write_text(text, "utf-8")
        return load_settings()

    return load_text
