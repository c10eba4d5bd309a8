"""/metrics, read as Prometheus reads it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as as_openmetrics
from prometheus_client.parser import text_string_to_metric_families as as_text
from support.web_tools import Ask, Stand

from reaper import __version__
from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.daemon.counters import PHASES, RESULTS
from reaper.daemon.status import MonitoredAccount
from reaper.errors import StoreError
from reaper.store import pause, resume

read_openmetrics: Callable[[str], Iterable[Metric]] = as_openmetrics
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(api: Ask) -> Series:
    """Each series of the answer, by its name and labels; no two are the same."""
    text = api.get("/metrics").raise_for_status().text
    samples = [sample for family in as_text(text) for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def of(series: Series, name: str, **labels: str) -> list[tuple[dict[str, str], float]]:
    """The series of that name that have these labels among theirs."""
    wanted = labels.items()
    named = [(dict(key[1]), value) for key, value in series.items() if key[0] == f"reaper_{name}"]
    return [(found, value) for found, value in named if wanted <= found.items()]


def value(series: Series, name: str, **labels: str) -> float:
    return series[f"reaper_{name}", frozenset(labels.items())]


def test_the_passes_are_counted(api: Ask) -> None:
    """After a dry run and two that ended a session each, by result, outcome and policy."""
    told = read(api)
    assert {labels["account"]: n for labels, n in of(told, "runs_total", result="done")} == {
        "acme": 2,
        "globex": 1,
    }
    assert sum(n for _, n in of(told, "runs_total")) == 3
    ended = {"policy": "idle-webui", "action": "terminate", "outcome": "terminated"}
    assert {labels["account"]: n for labels, n in of(told, "steps_total", **ended)} == {
        "acme": 1,
        "globex": 1,
    }


def test_every_result_is_there_before_it_happens(api: Ask) -> None:
    """A rate needs a beginning.

    Each account has a series of each result, and each phase one of each bound.
    """
    told = read(api)
    assert {(labels["account"], labels["result"]) for labels, _ in of(told, "runs_total")} == {
        (account, result) for account in ("acme", "globex") for result in RESULTS
    }
    assert {labels["phase"]: n for labels, n in of(told, "run_seconds_count")} == dict.fromkeys(
        PHASES, 3
    )
    assert {
        labels["phase"] for labels, n in of(told, "run_seconds_bucket", le="+Inf") if n == 3
    } == set(PHASES)


def test_the_fleet_is_shown_as_it_was_last_seen(api: Ask) -> None:
    """By kind, state and gravest verdict.

    After the dry run the idle session was ended, before acme was seen again.
    """
    fleet = of(read(api), "sessions", account="globex")
    assert sum(n for _, n in fleet) == 5
    assert {(labels["kind"], labels["verdict"], n) for labels, n in fleet} == {
        ("webui", "offender", 1),
        ("webui", "compliant", 1),
        ("webui", "exempt", 1),
        ("webui", "undetermined", 1),
        ("task", "offender", 1),
    }


def test_requests_and_logs_read_are_counted(api: Ask) -> None:
    """Requests by status.

    Of the five sessions, only those logs were read that could change a verdict.
    """
    told = read(api)
    requests = {labels["status"]: n for labels, n in of(told, "requests_total", account="globex")}
    assert set(requests) >= {"200"}
    assert sum(n for _, n in of(told, "retries_total")) == 0
    ((_, read_), (_, saved)) = of(told, "probes_total", account="globex") + of(
        told, "probes_saved_total", account="globex"
    )
    assert 0 < read_ < 5
    assert read_ + saved == 5


def test_how_things_stand(stand: Stand) -> None:
    """Readiness, the database, what is in force, leases, keys, and the age of the last complete
    run.
    """
    day = date(2027, 6, 30)
    stand.daemon.set_accounts({"acme": MonitoredAccount(timedelta(hours=1), day)})
    told = read(stand.api)
    assert value(told, "build_info", version=__version__, python=platform.python_version()) == 1
    assert {value(told, name) for name in ("ready", "database_up", "configuration_valid")} == {1}
    assert (
        value(told, "key_expiry_timestamp_seconds", account="acme")
        == datetime(2027, 6, 30, tzinfo=UTC).timestamp()
    )
    assert value(told, "ready_within_seconds", account="acme") == 3600
    began = value(told, "last_complete_run_timestamp_seconds", account="acme")
    assert 0 < stand.clock.now().timestamp() - began < 3600
    for name in ("lease_held", "halted", "paused", "unsettled_steps"):
        assert value(told, name, account="acme") == 0


def test_a_bad_day_shows(stand: Stand) -> None:
    """A database that is gone, a refused edit, an account under way, and a scheduler that hangs."""
    stand.break_database(StoreError("gone"))
    stand.daemon.reloaded("broken")
    stand.clock.wait(99)
    with stand.daemon.track_run("globex"):
        told = read(stand.api)
        assert value(told, "lease_held", account="globex") == 1
    assert [value(told, name) for name in ("ready", "database_up", "configuration_valid")] == [
        0,
        0,
        0,
    ]
    assert (value(told, "beat_age_seconds"), value(told, "reloads_total", result="refused")) == (
        99,
        1,
    )
    assert of(told, "halted") == of(told, "unsettled_steps") == []


def test_a_pause_shows(stand: Stand, recorded: Settings) -> None:
    """Whatever keeps the reaper from ending anything is a metric, and no lack of readiness."""
    with database(recorded) as store:
        pause(store, "acme", at=stand.clock.now(), by="vera", reason="year-end close")
        told = read(stand.api)
        resume(store, "acme", at=stand.clock.now(), by="vera")
    assert value(told, "paused", account="acme") == 1
    assert (value(told, "paused", account="globex"), value(told, "ready")) == (0, 1)


def test_labels_have_few_values(stand: Stand) -> None:
    """Whatever an account sends.

    What nobody knows is `other`, and no session, owner or cause is a label.
    """
    stand.daemon.count_request("acme", 999, retried=True)
    stand.daemon.count_request("acme", None, retried=False)
    told = read(stand.api)
    assert {labels["status"] for labels, _ in of(told, "requests_total")} == {"other", "none"}
    known = {
        "account",
        "result",
        "how",
        "policy",
        "action",
        "outcome",
        "status",
        "kind",
        "state",
        "verdict",
        "phase",
        "check",
    }
    assert {name for key in told for name, _ in key[1]} <= known | {"le", "version", "python"}


def test_an_account_that_is_gone_is_no_label(stand: Stand) -> None:
    """What was counted of it stays away until it is looked after again; no series tells when it
    was made.
    """
    accounts = {"acme": MonitoredAccount(timedelta(hours=1))}
    stand.daemon.set_accounts(accounts)
    with stand.daemon.track_run("acme"):
        pass
    stand.daemon.set_accounts({"globex": MonitoredAccount(timedelta(hours=1))})
    gone = read(stand.api)
    assert {labels["account"] for labels, _ in of(gone, "runs_total")} == {"globex"}
    stand.daemon.set_accounts(accounts)
    back = read(stand.api)
    assert value(back, "runs_total", account="acme", result="error") == 1
    assert not [name for name, _ in back if name.endswith("_created")]


def test_openmetrics_is_told_to_who_asks_for_it(api: Ask) -> None:
    """The other format has the same families, and ends as it must."""
    answer = api.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name for family in read_openmetrics(answer.text)}
    plain = api.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain")
    assert families >= {
        family.name for family in as_text(plain.text) if family.name.startswith("reaper_")
    }


def test_the_process_is_measured(api: Ask) -> None:
    """Memory, CPU and file handles, by the names that every dashboard knows."""
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= {
        n for n, _ in read(api)
    }
