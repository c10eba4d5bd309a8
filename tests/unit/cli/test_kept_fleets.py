"""A fleet that was kept is judged again, without any account, as it was judged when it
was there.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from support.cli_tools import (
    IDLE,
    POLICIES,
    Cli,
    Open,
    Result,
    is_one_line,
    write_policies,
    write_settings,
)

from reaper.emulator import Emulator

LONGER = POLICIES.replace("idle: 2h", "idle: 6h")
ALL = (
    POLICIES
    + "  - {name: orphans, mode: enforce, select: {kind: task}, terminate_when: {orphan: 1h}}\n"
    "  - {name: costly, mode: enforce, select: all, terminate_when: {gb_hours: 1}}\n"
    "  - {name: few, mode: enforce, select: {kind: webui}, terminate_when: {owner_sessions: "
    "{over: 0}}}\n"
    "  - {name: seats, mode: enforce, select: {kind: webui}, terminate_when: {seats: {high: 1, "
    "low: 0, floor: 10m}}}\n"
)


def diff(reaper: Cli, old: str, new: str, *more: str) -> Result:
    paths = [
        str(write_policies(text, f"{name}.yaml")) for name, text in (("old", old), ("new", new))
    ]
    return reaper("policy", "diff", *paths, "-o", "json", *more)


def keep(reaper: Cli) -> None:
    result = reaper("sessions", "--keep", "fleet.json")
    assert (result.code, is_one_line(result)) == (0, True)
    assert result.err.startswith("kept in fleet.json; ")


@pytest.mark.parametrize("generation", [1, 2])
def test_a_kept_fleet_differs_as_the_live_one_did(
    reaper: Cli, tenant: Open, generation: int
) -> None:
    """Every rule finds in the file what it found in the account, also what the policies of then did
    not ask for.
    """
    account = tenant(generation=generation)
    write_settings(acme=account.url)
    write_policies("policies: [{name: by-age, select: all, terminate_when: {age: 300h}}]\n")
    reaper(
        "exempt", "add", "--owner", "ben@*", "--reason", "a call", "--by", "eva", "--until", "2h"
    )
    keep(reaper)
    kept, live = (diff(reaper, LONGER, ALL, *how).json for how in (("--fleet", "fleet.json"), ()))
    both = [
        {
            d["session"]: (d["old"]["what"], d["new"]["what"])
            for d in one["accounts"][0]["differences"]
        }
        for one in (kept, live)
    ]
    assert both[0] == both[1]
    assert both[0][IDLE] == ("left-alone", "terminate")
    assert (kept["accounts"][0]["sessions"], kept["policies"]) == (5, live["policies"])


def test_it_is_judged_at_its_own_moment_and_asks_nobody(reaper: Cli, acme: Emulator) -> None:
    """Ten hours later, with other settings and no server, it says the same."""
    keep(reaper)
    before = diff(reaper, POLICIES, LONGER, "--fleet", "fleet.json")
    acme.requests.clear()
    Path("reaper.yaml").unlink()
    with time_machine.travel(timedelta(hours=10)):
        after = diff(reaper, POLICIES, LONGER, "--fleet", "fleet.json")
    assert (before.code, after.code, after.out, acme.requests) == (1, 1, before.out, [])


def test_an_account_can_be_chosen(reaper: Cli, acme: Emulator) -> None:
    """One that is not in the file is refused with those that are."""
    assert acme
    keep(reaper)
    assert diff(reaper, POLICIES, LONGER, "--fleet", "fleet.json", "--account", "acme").code == 1
    result = diff(reaper, POLICIES, LONGER, "--fleet", "fleet.json", "--account", "globex")
    assert (result.code, is_one_line(result)) == (2, True)
    assert "fleet.json holds no account 'globex'; there is acme" in result.err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda _: "{}",
        lambda _: '{"fleets": []}',
        lambda text: text[:-9],
        lambda text: text.replace('"state"', '"stat"'),
        lambda text: text.replace('"at": "', '"at": "then '),
        lambda text: json.dumps(json.loads(text)).replace('Z", "started_at"', '", "started_at"'),
    ],
)
def test_what_is_no_kept_fleet_is_refused(
    reaper: Cli, acme: Emulator, spoil: Callable[[str], str]
) -> None:
    """In one line that says what would be; so is a file that is not there."""
    assert acme
    keep(reaper)
    file = Path("fleet.json")
    file.write_text(spoil(file.read_text("utf-8")), "utf-8")
    result = diff(reaper, POLICIES, LONGER, "--fleet", "fleet.json")
    assert (
        result.code,
        is_one_line(result),
        result.err.startswith("reaper: fleet.json is not a saved fleet"),
    ) == (
        2,
        True,
        True,
    )
    assert (
        "nowhere.json cannot be read"
        in diff(reaper, POLICIES, LONGER, "--fleet", "nowhere.json").err
    )
