"""A log that cannot be written costs no run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.unattended import PROGRAM, House, until

pytestmark = pytest.mark.slow


def test_a_log_on_a_full_disk_costs_no_run(house: House) -> None:
    """The daemon does its work all the same, and leaves with 0 when it is told to."""
    command = [PROGRAM, "--settings", str(house.write(interval="1s")), "daemon"]
    with (
        Path("/dev/full").open("wb") as full,
        subprocess.Popen(command, stdout=full, stderr=full) as process,
    ):
        until(lambda: all(house.ended(name) for name in house.accounts))
        process.terminate()
        assert process.wait(30) == 0
