"""Lines that go to syslog or the journal, which read `<0>` at the start of a line as its gravity."""

from __future__ import annotations

import json

import pytest
from support.hostile_house import IDLE, House

FORGED = "<0>kernel: panic"
LONGEST = 8_192  # bytes; rsyslog's default, beyond which a line is cut, and its rest is a new one


@pytest.mark.parametrize(
    "name",
    [f"\n{FORGED}", f"\r\n{FORGED}", f"\x00{FORGED}", f"\u2028{FORGED}", f"x{' ' * 9000}{FORGED}"],
    ids=["line feed", "both", "NUL", "line separator", "a cut"],
)
def test_a_hostile_name_begins_no_line_of_a_log(house: House, name: str) -> None:
    """Whatever a session is called, each line is one event, as short as syslog takes it, and cron's
    mail has no line that begins with a priority.
    """
    house.may_end = {"aaaa"}
    house.session("aaaa", owner=f"{name}@Planning", app_name=name, name=name, message=name)
    house.session(name, owner=f"{name}@Planning", state=name)
    house.write(IDLE)
    logged = house.reaper("--log-level", "debug", "run", "--enforce", "-o", "json").err
    lines = logged.splitlines()
    assert any("run ended" in line for line in lines)
    for line in lines:
        assert json.loads(line)["event"]
        assert len(line.encode()) <= LONGEST, line[:200]
    quiet = house.reaper("run", "--enforce", "--quiet")
    for line in (quiet.out + quiet.err).splitlines():
        assert not line.startswith("<")
        assert len(line.encode()) <= LONGEST
