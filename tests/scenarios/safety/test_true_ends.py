"""What is recorded as the end of a session is what the service itself showed, whatever it answered
on the way.
"""

from __future__ import annotations

from dataclasses import replace

from support.safety_house import GENEROUS, Open, idle, rules

from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice

OVER = {"name": "old-records", "mode": "enforce", "select": "all", "delete_when": {"ended": "1h"}}


class Messenger:
    """Remembers of which sessions it was to tell."""

    target = "ops"

    def __init__(self) -> None:
        self.about: list[str] = []

    def fits(self, notice: Notice) -> bool:  # noqa: ARG002 - the port's
        return True

    def tell(self, notice: Notice) -> Delivery:
        self.about += [c.verdict.session.id for c in notice.reported]
        return Delivery(self.target, notice, DeliveryStatus.TOLD)


def test_a_record_that_this_run_has_deleted_is_not_announced(house: Open) -> None:
    """One policy deletes old records, another tells of them.

    People are told only of what is still there.
    """
    home = house(idle("gone"), idle("kept", "admin@ROOT"))
    for id_ in ("gone", "kept"):
        home.world.end(id_)
    spared = [{"owner": "admin@ROOT", "reason": "operations"}]
    policies = rules({**OVER, "exempt": spared}, {**OVER, "name": "tells", "mode": "notify"})
    home.pass_once(policies)
    home.later(hours=2)
    notifier = Messenger()
    with home.reaper(policies, limits=GENEROUS) as reaper:
        report = replace(reaper, notifiers=[notifier]).run_once()
    assert report.outcomes["gone"].result == "deleted"
    assert notifier.about == ["kept"]
