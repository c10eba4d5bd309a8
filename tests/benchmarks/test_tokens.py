"""How long it takes to refuse a token tells nothing of the ones that would be right."""

import time
from collections.abc import Sequence

import pytest

from reaper.config.settings.http import HttpSettings, TokenSettings
from reaper.usecases.tokens import find, hash_of, new_token

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
CALLS = 2_000
ROUNDS = 30
MOST = 1.1


def test_a_nearly_right_token_takes_as_long_as_any_other() -> None:
    """The same within a tenth, whether nothing is right or all but the last character, and whether
    it is the first of fifty tokens, the last or none.
    """
    right = [new_token() for _ in range(50)]
    known = HttpSettings(token_hashes=tuple(hash_of(token) for token in right)).bearers()
    tries = {
        "nothing right": new_token(),
        "all but the last": right[0][:-1] + ("A" if right[0][-1] != "A" else "B"),
        "the first": right[0],
        "the last": right[-1],
    }
    least = {name: float("inf") for name in tries}
    for _ in range(ROUNDS):  # in turn, so that what else the machine does meets all of them
        for name, token in tries.items():
            least[name] = min(least[name], _microseconds(token, known))
    print(", ".join(f"{name}: {taken:.2f} us" for name, taken in least.items()))  # noqa: T201
    assert max(least.values()) / min(least.values()) < MOST


def _microseconds(token: str, known: Sequence[TokenSettings]) -> float:
    begun = time.perf_counter()
    for _ in range(CALLS // len(known)):
        find(token, known)
    return (time.perf_counter() - begun) * 1e6 / (CALLS // len(known))
