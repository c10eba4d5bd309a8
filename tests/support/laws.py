"""How many examples a law is tried with."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

FEW = 8


def examples(count: int, **more: Any) -> settings:  # noqa: ANN401 - of settings
    """So many by `make slow` and in CI; the default run tries a few of them."""
    quick = settings.get_current_profile_name() == "quick"
    return settings(max_examples=max(count // 6, FEW) if quick else count, **more)
