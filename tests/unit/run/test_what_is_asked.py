"""What a pass asks the account for.

No more than its verdicts need, and nothing that a dry run would not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from support.policies import rules
from support.run_house import IDLE, ROOT, House, Open, asked

from reaper.bootstrap import database, reaper_of
from reaper.config.settings.model import OwnSettings
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from reaper.run.enforce import DryRun
from reaper.run.pipeline import Reaper, Report

GONE = {"id": "gone", "idle": "3h"}
FLEET = (GONE, {"id": "young", "age": "1h"}, {"id": "root", "owner": "admin@ROOT", "idle": "4h"})
RULES = rules(IDLE, protect=[ROOT])


@contextmanager
def wired(
    folder: Path, *, enforce: bool = False, announce: Callable[[Emulator], None] = lambda _: None
) -> Iterator[tuple[Emulator, Reaper]]:
    """An account that lives in real time, and a reaper for it as bootstrap.py makes one."""
    sessions = [SessionSpec(owner="anna@Planning", age="5h", idle="3h")]
    with Emulator(Config(), Scenario(sessions=sessions)) as emulator:
        announce(emulator)
        account = {"name": "acme", "url": emulator.url, "api_key": DEFAULT_KEY}
        given = OwnSettings.model_validate(
            {"accounts": [account], "database_url": f"sqlite:///{folder}/reaper.db"}
        )
        with (
            database(given) as store,
            reaper_of(
                given, given.accounts[0], RULES, store, enforce=enforce, stop=Event()
            ) as reaper,
        ):
            yield emulator, reaper


def plain(report: Report) -> Report:
    """The report with its evidence worked out and without its outcomes."""
    observation = replace(
        report.observation,
        verdicts=[verdict.materialized() for verdict in report.observation.verdicts],
    )
    steps = tuple(
        replace(s, verdicts=tuple(v.materialized() for v in s.verdicts)) for s in report.plan.steps
    )
    return replace(
        report, observation=observation, plan=replace(report.plan, steps=steps), outcomes={}
    )


def requests(house: House, **options: bool) -> list[str]:
    """One pass, and what it asked."""
    before = len(house.emulator.requests)
    house.once(RULES, **options)
    return asked(house.emulator.requests[before:])


@pytest.mark.parametrize("generation", [1, 2])
def test_a_dry_run_asks_for_the_same_up_to_the_last_call(house: Open, generation: int) -> None:
    """Over equal accounts the enforcing run sends what the dry run sent, then the request and a
    read that shows it.
    """
    dry = requests(house(*FLEET, generation=generation), enforce=False)
    wet = requests(house(*FLEET, generation=generation), enforce=True)

    assert wet[: len(dry)] == dry
    assert wet[len(dry) :] == ["end gone", "read gone"]
    assert "read gone" in dry


@pytest.mark.parametrize("generation", [1, 2])
def test_a_dry_run_reports_the_same_but_for_the_outcomes(house: Open, generation: int) -> None:
    """Sessions, activity, verdicts with their evidence, and the plan are equal to the
    last field.
    """
    dry = house(*FLEET, generation=generation).once(RULES, enforce=False)
    wet = house(*FLEET, generation=generation).once(RULES, enforce=True)

    assert replace(plain(dry), enforcing=True) == plain(wet)
    assert dry.outcomes.keys() == wet.outcomes.keys() == {"gone"}
    assert [outcome.result for outcome in dry.outcomes.values()] == ["withheld"]


def test_a_dry_run_is_the_absence_of_a_terminator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wired as the command line wires it, a dry run never so much as makes what could end a
    session.
    """

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a dry run made something that could end sessions")

    monkeypatch.setattr("reaper.bootstrap.AccountEnder", never)
    monkeypatch.setattr("reaper.bootstrap.Terminator", never)
    with wired(tmp_path) as (_, reaper):
        assert type(reaper.enforcer) is DryRun
        assert vars(reaper.enforcer) == {}
        assert [o.result for o in reaper.run_once().outcomes.values()] == ["withheld"]


def test_an_emulator_that_tells_the_time_is_acted_upon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose time runs ahead raises no doubt where REAPER_EMULATED_CLOCK names it.

    Its time is gone by.
    """

    def announce(emulator: Emulator) -> None:
        monkeypatch.setenv("REAPER_EMULATED_CLOCK", emulator.url)

    with wired(tmp_path, enforce=True, announce=announce) as (emulator, reaper):
        emulator.world.advance(timedelta(hours=1))
        assert reaper.run_once().observation.doubts == ()


@pytest.mark.parametrize(
    ("generation", "lists"), [(1, ["webui", "task"]), (2, ["webui", "task", "solve"])]
)
def test_a_quiet_fleet_costs_its_lists_and_nothing_else(
    house: Open, generation: int, lists: list[str]
) -> None:
    """A second pass lists each kind, looks past its end or without its filter, and asks for the
    generation once.
    """
    acme = house(*({"id": f"s{n}", "idle": "1m"} for n in range(20)), generation=generation)
    first, second = requests(acme), requests(acme)

    assert (
        len([one for one in first if one.startswith("log")]) == 2 * 20
    )  # short logs, read past their end
    assert second == ["openapi", *(f"list {kind}" for kind in lists for _ in range(2))]


def test_only_the_log_that_can_change_a_verdict_is_read(house: Open) -> None:
    """Of an idle, a young, an exempt, an already convicted and an unselected session, only the
    first one's is.
    """
    rule = {**IDLE, "terminate_when": {"any": [{"idle": "2h"}, {"age": "1d"}]}}
    acme = house(
        *FLEET,
        {"id": "old", "age": "2d"},
        {"id": "task", "kind": "task", "age": "9h", "owner": "svc@Supply"},
    )
    acme.once(rules(rule, protect=[ROOT]), enforce=False)
    sent = asked(acme.emulator.requests)

    assert {one for one in sent[: sent.index("read old")] if one.startswith("log")} == {"log gone"}


def test_a_log_is_read_again_only_once_it_could_tell_otherwise(house: Open) -> None:
    """What was seen five minutes ago makes nobody idle for two hours.

    Until then its log is left alone.
    """
    acme = house({"id": "busy", "idle": "5m"})
    looks = []
    for minutes in (0, 60, 54, 1):
        acme.clock.wait(minutes * 60)
        looks.append("log busy" in requests(acme, enforce=False))

    assert looks == [True, False, False, True]
