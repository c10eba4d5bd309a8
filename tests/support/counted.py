"""What the daemon counted, as a test states it."""

from __future__ import annotations

from reaper.daemon.status import DaemonStatus


def counted(status: DaemonStatus, name: str) -> dict[tuple[str, ...], float]:
    """The samples of that name that are not 0, by the values of their labels."""
    accounts = {"acme", "globex", "long", *status.accounts}
    samples = (one for family in status.counters.collect(accounts) for one in family.samples)
    return {
        tuple(sample.labels.values()): sample.value
        for sample in samples
        if sample.name == f"reaper_{name}" and sample.value
    }
