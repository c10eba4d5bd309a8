"""Exemptions given by hand.

They hold at once, wherever they were given, and what cannot be read ends nothing.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from support.safety_cli import Cli, Desk, ended
from support.safety_house import IDLE, NOW, TASKS, Asked, House, Open, idle, rules, task

from reaper.core.language.manual_exemption import ManualExemption
from reaper.store import grant, open_database, remove

HOUSE = rules(IDLE)
BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
TWO = (idle("a", "anna@Planning"), idle("b", "ben@Planning"))


def give(home: House, url: str, **named: Any) -> int:  # noqa: ANN401 - what an exemption can say
    """As another machine gives one: over a connection of its own."""
    usual = {"reason": "on the phone", "by": "eva@other", "at": home.clock.now()}
    with closing(open_database(url)) as other:
        return grant(other, ManualExemption.model_validate({**usual, **named}))


@BOTH
@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("named", [{"owner": "BEN@*"}, {"session": "b"}], ids=["owner", "session"])
def test_what_is_exempt_is_neither_planned_nor_asked(
    house: Open, url: str, generation: int, named: dict[str, str]
) -> None:
    """As if it stood under `protect`."""
    home = house(*TWO, generation=generation)
    give(home, url, **named)
    assert home.outcomes(HOUSE) == {"a": "terminated"}
    assert home.ended() == ["a"]


@BOTH
@pytest.mark.parametrize("moment", ["terminate", "read", "log"])
def test_what_another_machine_exempts_during_the_run_holds_at_once(
    house: Open, url: str, moment: str
) -> None:
    """After the look, while the second one is made, or while the session before it is ended."""
    home = house(*TWO)
    nth = {"terminate": 1, "read": 3, "log": 7}[moment]
    home.upon(moment, lambda _: give(home, url, owner="ben@Planning"), nth=nth)
    assert home.outcomes(HOUSE) == {"a": "terminated", "b": "no-longer-due"}
    assert home.ended() == ["a"]
    assert home.rows("SELECT detail FROM step_events WHERE event = 'no-longer-due'") == [
        ("exempt: #1 by eva@other: on the phone",)
    ]


def test_the_last_step_of_a_ladder_is_not_taken_any_more(house: Open, sqlite_url: str) -> None:
    """A task that was interrupted and is exempt since is not forced."""
    home = house(task(), faults="stubborn:1")
    policy = {**TASKS, "steps": [{"interrupt_solve": "1m"}, "terminate"]}
    home.outcomes(rules(policy))
    give(home, sqlite_url, kind="task")
    home.later(minutes=2)
    assert home.outcomes(rules(policy)) == {}
    assert home.endings() == [("interrupt-solve", "task-task")]


def test_one_that_is_removed_or_over_protects_nothing(house: Open, sqlite_url: str) -> None:
    """Then the policies have their say again."""
    home = house(*TWO)
    number = give(home, sqlite_url, owner="anna@*")
    give(home, sqlite_url, owner="ben@*", ends=home.clock.now().replace(minute=10))
    assert home.outcomes(HOUSE) == {}
    remove(home.database, number, at=NOW, by="eva@other", reason="the call is over")
    assert home.outcomes(HOUSE) == {"a": "terminated"}
    home.later(minutes=11)
    assert home.outcomes(HOUSE) == {"b": "terminated"}


def test_exemptions_that_cannot_be_read_for_a_moment_withhold_the_step(house: Open) -> None:
    """Whether it is exempt is not known then, and an unknown ends nobody.

    The next run asks again.
    """
    home = house(*TWO)

    def rename(old: str, new: str) -> None:
        with home.database.writing() as db:
            db.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    def hide(_: Asked) -> None:
        rename("exemptions", "elsewhere")

    home.upon("terminate", hide)
    report = home.pass_once(HOUSE)
    assert {id_: o.result.value for id_, o in report.outcomes.items()} == {
        "a": "terminated",
        "b": "withheld",
    }
    assert report.outcomes["b"].detail.startswith(
        "the exemptions given by hand could not be read: the database "
    )
    rename("elsewhere", "exemptions")
    assert home.outcomes(HOUSE) == {"b": "terminated"}


def test_a_reviewed_step_that_is_exempt_since_is_not_done(reaper: Cli, desk: Desk) -> None:
    """The rest of the plan is: the exemption takes from what was reviewed, and adds nothing."""
    account = desk.acme(*TWO)
    assert reaper("plan", "-o", "plan.json").code == 0
    reaper(
        "exempt",
        "add",
        "--owner",
        "ben@Planning",
        "--until",
        "2h",
        "--reason",
        "on the phone",
        "--by",
        "eva",
    )
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(account)) == (0, ["a"])
    assert (
        "no longer due: webui b of ben@Planning: exempt: #1 by eva: on the phone, until "
        in result.out
    )


def test_an_exemption_removed_since_the_review_adds_no_step(reaper: Cli, desk: Desk) -> None:
    """What was exempt in the review was not reviewed."""
    account = desk.acme(*TWO)
    reaper("exempt", "add", "--owner", "ben@Planning", "--until", "2h", "--reason", "on the phone")
    assert reaper("plan", "-o", "plan.json").code == 0
    reaper("exempt", "remove", "1", "--reason", "the call is over")
    result = reaper("apply", "plan.json", "--enforce")
    assert (result.code, ended(account)) == (0, ["a"])
    assert "not reviewed, left alone: webui b of ben@Planning" in result.out
