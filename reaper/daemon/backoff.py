"""How long to leave alone what failed.

Longer each time, up to a bound, and never in step with other replicas.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import uniform


@dataclass
class Backoff:
    """Seconds: the first wait is at most `least`, and each is at most twice the one before, and
    never over `most`.
    """

    least: float
    most: float
    failures: int = 0

    def failed(self) -> float:
        """How long to wait after one more failure."""
        longest = min(self.least * 2**self.failures, self.most)
        self.failures = min(self.failures + 1, 30)
        return uniform(longest / 2, longest)  # noqa: S311 - no secret

    def worked(self) -> None:
        self.failures = 0
