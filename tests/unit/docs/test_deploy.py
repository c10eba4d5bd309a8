"""The files in docs/deploy name only what is there, and give away nothing that is not needed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from reaper.cli import cli
from reaper.config.policies.load import load_policies
from reaper.config.settings.model import load_settings
from reaper.config.settings.schedule import DaemonSettings
from reaper.web import access

DEPLOY = Path(__file__).resolve().parents[3] / "docs" / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
UNITS = [*SERVICES, *sorted(DEPLOY.glob("*.timer"))]
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
HARDENED = {
    "User": "reaper",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
}
"""What matters most, where systemd-analyze is not there to say it of everything."""


def entries(unit: Path) -> list[tuple[str, str]]:
    """What a unit sets, in order; a key may come twice."""
    lines = [line for line in unit.read_text("utf-8").splitlines() if line and line[0] not in "#["]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def documents(*files: Path) -> Iterator[dict[str, Any]]:
    for file in files:
        yield from yaml.safe_load_all(file.read_text("utf-8"))


def pods() -> dict[str, dict[str, Any]]:
    """The pod of each kind of thing that has one."""
    having = [found for found in documents(*MANIFESTS) if "spec" in found]
    return {
        one["kind"]: one["spec"].get("jobTemplate", one)["spec"]["template"]["spec"]
        for one in having
    }


def understood(arguments: list[str]) -> str:
    """The command that the arguments call.

    Fails as click does where it has no such command or option.
    """
    with cli.make_context("reaper", list(arguments)) as context:
        name, command, rest = cli.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert name is not None
        assert command is not None
        command.make_context(name, rest, parent=context).close()
        return name


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_says_only_what_systemd_knows(unit: Path) -> None:
    """`systemd-analyze verify` finds nothing but that the program is not installed here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    found = [line for line in done.stderr.splitlines() if unit.name in line]
    assert [line for line in found if "/opt/reaper/bin/reaper is not executable" not in line] == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_may_do_little(unit: Path) -> None:
    """Its exposure, as systemd counts it from 0 to 10, is at most 2.0."""
    said = dict(entries(unit))
    assert {key: said.get(key) for key in HARDENED} == HARDENED
    if shutil.which("systemd-analyze") is None:
        pytest.skip(
            "systemd-analyze is not installed: only the most important settings were compared"
        )
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=20",
        "--no-pager",
        str(unit),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_calls_what_there_is(unit: Path) -> None:
    """Its command and options exist."""
    (called,) = [value.split() for key, value in entries(unit) if key == "ExecStart"]
    assert called[0] == "/opt/reaper/bin/reaper"
    assert (
        understood(called[1:])
        == {"reaper.service": "daemon", "reaper-run.service": "run"}[unit.name]
    )


def test_the_daemon_and_systemd_speak_with_each_other() -> None:
    """It is ready when it says so, started anew when it hangs, and longer waited for than it takes
    to stop.
    """
    said = dict(entries(DEPLOY / "reaper.service"))
    assert (said["Type"], said["NotifyAccess"], said["WatchdogSec"]) == ("notify", "main", "2min")
    assert said["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert said["TimeoutStopSec"] == "3min"
    assert DaemonSettings().stop_within.seconds < 180


def test_what_is_written_wrongly_is_not_tried_again() -> None:
    """Systemd starts the daemon anew after whatever happens, but for settings and policies that are
    wrong.
    """
    said = dict(entries(DEPLOY / "reaper.service"))
    assert (said["Restart"], said["RestartPreventExitStatus"]) == ("on-failure", "2")


@pytest.mark.parametrize(("kind", "command"), [("Deployment", "daemon"), ("CronJob", "run")])
def test_a_pod_may_do_little(kind: str, command: str) -> None:
    """No root, no writable root, no capability, no token of the cluster.

    Secrets only by reference.
    """
    pod = pods()[kind]
    (container,) = pod["containers"]
    assert understood(container["args"]) == command
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all("secretKeyRef" in one["valueFrom"] for one in container["env"])


def test_the_settings_and_policies_of_the_cluster_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the config maps hold is read as it would be in a pod, with what the pod has in its
    environment.
    """
    held = {
        file: text
        for found in documents(DEPLOY / "kubernetes" / "settings.yaml")
        for file, text in found["data"].items()
    }
    for file, text in held.items():
        (tmp_path / file).write_text(text, "utf-8")
    for pod in pods().values():
        for one in pod["containers"][0]["env"]:
            monkeypatch.setenv(one["name"], "postgresql+psycopg://reaper@db/reaper")
    settings = load_settings(tmp_path / "reaper.yaml")
    assert [account.key().get_secret_value() for account in settings.accounts] == [
        settings.database_url
    ]
    assert settings.enforce is False
    assert load_policies(tmp_path / "idle-webui.yaml", today=date(2026, 11, 23)).policies


def test_the_probes_ask_where_there_is_an_answer() -> None:
    """The port that the pod names is the one of the settings, and what is asked there takes no
    token.
    """
    (container,) = pods()["Deployment"]["containers"]
    settings = yaml.safe_load(
        next(documents(DEPLOY / "kubernetes" / "settings.yaml"))["data"]["reaper.yaml"]
    )
    (port,) = container["ports"]
    assert settings["http"]["listen"] == f"0.0.0.0:{port['containerPort']}"
    probes = [container[probe]["httpGet"] for probe in ("livenessProbe", "readinessProbe")]
    assert {probe["port"] for probe in probes} == {port["name"]}
    assert {probe["path"] for probe in probes} == access._TO_ALL


def test_the_image_is_made_of_what_is_locked() -> None:
    """Hashes are checked, no index of packages is named, and nobody is root in it."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "--require-hashes --requirement requirements.lock" in text
    assert not re.search(r"index-url|https?://", text)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    (command,) = re.findall(r'^CMD \["(\w+)"\]$', text, re.MULTILINE)
    assert understood([command]) == "daemon"
