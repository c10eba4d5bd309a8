"""What was judged is what is ended: not what an id leads to, nor what has the same id by now."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from support.hostile_house import IDLE, KEY, House, quota
from support.hostile_server import Hosted, stamp

ODD = [
    "../task/victim", "..%2Ftask%2Fvictim", "a/../victim", "..\\task\\victim", "./victim", "victim/", "/victim",
    "victim?x=1", "victim#part", "victim%00", "%2e%2e/task/victim", "victim;v=1", "%76ictim", "victim%20",
    "victim/terminate", "logs/victim", "..", ".", "%2e%2e",
]  # fmt: skip


@pytest.mark.parametrize("decodes", [False, True], ids=["keeps ids", "decodes ids"])
@pytest.mark.parametrize("id_", ODD)
def test_an_odd_id_leads_to_nobody_else(house: House, id_: str, *, decodes: bool) -> None:
    """A session with this id is beyond its owner's quota, and the exempt session it may lead to
    stays.
    """
    house.may_end = {id_} - {"victim"}
    house.server.switches.decodes_ids = decodes
    for kind in ("webui", "task"):
        house.session("victim", "admin@ROOT", kind, log=[(house.ago("1m"), "opened page Start")])
    house.session(id_, age="9h")
    house.session("newer", age="8h", idle="1m")
    house.run(quota(1), protect=[{"owner": "admin@ROOT", "reason": "operations"}])
    assert "victim" not in house.done


def other_owner(_: House, hosted: Hosted) -> None:
    hosted.sent["user_name"] = "eva"


def other_environment(_: House, hosted: Hosted) -> None:
    hosted.sent["environment_name"] = "ROOT"


def other_creation(house: House, hosted: Hosted) -> None:
    hosted.sent["created_at"] = hosted.sent["started_at"] = stamp(house.ago("6h"))


def other_kind(house: House, hosted: Hosted) -> None:
    del house.server.tenant.sessions["webui", "a"]
    house.session("a", kind="solve", log=hosted.log)


CHANGES = [other_owner, other_environment, other_creation, other_kind]


@pytest.mark.parametrize("change", CHANGES)
def test_a_reviewed_plan_is_of_the_sessions_that_were_reviewed(
    house: House, change: Callable[[House, Hosted], None]
) -> None:
    """Another session has the id by now, and is an offender itself: nobody has reviewed its end."""
    hosted = house.session("a")
    everyone = {
        **IDLE,
        "select": "all",
        "terminate_when": {"idle": {"over": "2h", "kinds": ["webui", "task", "solve"]}},
    }
    house.write(everyone)
    assert house.reaper("plan", "--out", "plan.json").code == 0
    change(house, hosted)
    house.reaper("apply", "plan.json", "--enforce", "--output", "json")
    assert house.server.ended == []


def test_a_reviewed_plan_is_carried_out(house: House) -> None:
    """Nothing has changed: what was reviewed is ended."""
    house.may_end = {"a"}
    house.session("a")
    house.write(IDLE)
    house.reaper("plan", "--out", "plan.json")
    assert house.reaper("apply", "plan.json", "--enforce", "--output", "json").code == 0
    assert house.server.ended == ["a"]


def test_an_exemption_written_in_place_is_seen_at_once(house: House) -> None:
    """It has the size and the time of what stood there before.

    The second session stays all the same.
    """
    house.may_end = {"a", "b"}
    house.session("a", "anna@Planning")
    house.session("b", "bert@Planning")
    nobody = {"owner": "nobo@Planning", "reason": "asked for"}
    file = house.write(IDLE, protect=[nobody])

    def exempt(other: str) -> None:
        before = file.stat()
        file.write_text(file.read_text("utf-8").replace("nobo", other), "utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert file.stat().st_size == before.st_size

    house.server.upon("terminate", lambda request: exempt("bert" if request.id == "a" else "anna"))
    house.run()
    assert len(house.server.ended) == 1


ALIKE = [
    ("https://acme.aimms.cloud", "https://acme.aimms.cloud/"),
    ("https://acme.aimms.cloud", "https://acme.aimms.cloud:443"),
    ("https://acme.aimms.cloud", "https://ACME.aimms.Cloud"),
    ("https://acme.aimms.cloud", "HTTPS://acme.aimms.cloud"),
    ("https://acme.aimms.cloud", "https://acme.aimms.cloud."),
    ("http://127.0.0.1", "http://127.0.0.1:80/"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_accounts_of_one_address_are_refused(house: House, one: str, other: str) -> None:
    """A limit, a pause and an exemption belong to the tenant.

    Two names for one are a mistake in the settings.
    """
    pair = [
        {"name": name, "url": url, "api_key": KEY}
        for name, url in (("left", one), ("right", other))
    ]
    house.settings["accounts"] = pair
    house.write(IDLE)
    run = house.reaper("run", "--account", "left")
    assert run.code == 2
    assert "left" in run.said
    assert "right" in run.said


def test_two_accounts_of_two_addresses_are_two(house: House) -> None:
    """Another host is another tenant: the settings are taken, and the account is read."""
    house.session("busy", idle="1m")
    other = house.server.url.replace("127.0.0.1", "127.0.0.2")
    named = (("one", house.server.url), ("two", other))
    house.settings["accounts"] = [{"name": name, "url": url, "api_key": KEY} for name, url in named]
    house.write(IDLE)
    assert house.reaper("run", "--dry-run", "--account", "one").code == 0
