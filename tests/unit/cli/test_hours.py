"""What the commands tell of a policy's hours and days: when it acts, and what waits until when."""

from datetime import datetime

import pytest
import time_machine
from support.cli_tools import Cli, Open, write_policies, write_settings

NOON = datetime.fromisoformat("2026-11-23T12:00Z")
POLICIES = """\
policies:
  - name: night
    mode: enforce
    select: {kind: webui}
    terminate_when: {age: 1h}
    only_during: Mon-Fri 19:00-07:00 Europe/Amsterdam
  - name: spring
    select: {kind: webui}
    terminate_when: {age: 1h}
    from: 2027-03-01
"""
OPENS = "Mon 2026-11-23 19:00 Europe/Amsterdam"


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("daily 11:00-13:00 UTC", "open until Mon 2026-11-23 13:00 UTC"),
        ("Mon-Fri 19:00-07:00 Europe/Amsterdam", f"opens {OPENS}"),
        ("daily UTC", "always open"),
    ],
)
def test_the_check_tells_when_a_policy_acts(reaper: Cli, hours: str, told: str) -> None:
    """Of each policy it is told whether its window is open and until when, and whether it is in
    force at all.
    """
    write_policies(POLICIES.replace("Mon-Fri 19:00-07:00 Europe/Amsterdam", hours))
    with time_machine.travel(NOON, tick=False):
        done = reaper("policy", "check", "policies")
    assert done.code == 0
    assert done.out.splitlines()[:2] == [
        f"night: enforce, during {hours}: {told}",
        "spring: observe, not in force: it begins on 2027-03-01",
    ]


def test_a_run_tells_what_waits_until_when(reaper: Cli, tenant: Open) -> None:
    """An offender outside of its policy's hours is told with the time there.

    For programs, in UTC.
    """
    write_policies(POLICIES)
    write_settings(acme=tenant({"owner": "anna@Planning", "age": "9h"}, start=NOON).url)
    with time_machine.travel(NOON, tick=True):
        told = (reaper("run", "--enforce"), reaper("plan"))
        as_json = reaper("run", "-o", "json").json["runs"][0]
    for done in told:
        assert (
            f"(night): outside its window (Mon-Fri 19:00-07:00 Europe/Amsterdam); due {OPENS}"
            in done.out
        )
        assert "policy spring is not in force: it begins on 2027-03-01" in done.out
    assert [w["due"] for w in as_json["waiting"]] == ["2026-11-23T18:00:00+00:00"]
    assert as_json["not_in_force"] == {"spring": "it begins on 2027-03-01"}
    assert as_json["steps"] == []
