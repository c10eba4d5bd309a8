"""Makes the servers beside this file importable by the tests beside it, and nothing of this machine
reach them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.notice_servers import Hook, Post


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def address(hook: Hook) -> Iterator[str]:
    """Where the hook is."""
    with hook.open() as url:
        yield url


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def port(post: Post) -> Iterator[int]:
    """Where the mail server is."""
    with post.open() as number:
        yield number
