"""Each test in a folder of its own, with no settings from the environment."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command import alone

from reaper.config.settings.model import Settings, load_settings

Load = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> Iterator[None]:
    with alone(tmp_path):
        yield


@pytest.fixture
def load() -> Load:
    """Write the text to reaper.yaml and read it."""

    def load_text(text: str) -> Settings:
        Path("reaper.yaml").write_text(text, "utf-8")
        return load_settings()

    return load_text
