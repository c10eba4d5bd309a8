"""Servers that take notices, and nothing of this machine that reaches the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import alone
from support.notice_servers import Hook, Post


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> Iterator[None]:
    with alone(tmp_path):
        yield


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
