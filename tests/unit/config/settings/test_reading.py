"""Settings come from the file and the environment, and what is wrong in them is told with its
place.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reaper.config.settings.model import OwnSettings, Settings, load_settings
from reaper.config.settings.schedule import Cron
from reaper.errors import ConfigurationError

Load = Callable[[str], Settings]
ACME = "accounts: [{name: acme, url: https://acme.aimms.cloud, api_key: k3y}]\n"


def problems(load: Load, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(text)
    assert raised.value.exit_code == 2
    return str(raised.value).splitlines()


def test_without_a_file_the_defaults_hold() -> None:
    """No settings file is no error: there is just no account."""
    settings = load_settings()
    assert (settings.accounts, settings.enforce, str(settings.interval)) == ((), False, "5m")


def test_the_time_to_prune_is_one_that_could_be_written() -> None:
    """The default is taken unchecked, so that no command loads the scheduler for it."""
    default = OwnSettings().daemon.prune

    assert default == Cron(cron=default.cron, zone=default.zone)


def test_the_file_is_read(load: Load) -> None:
    """What the file says holds."""
    settings = load(
        ACME + "enforce: true\ninterval: 90s\nactivity: {workers: 3, ignore: ['^check$']}\n"
    )
    assert [a.name for a in settings.accounts] == ["acme"]
    assert (settings.enforce, settings.interval.seconds, settings.activity.workers) == (True, 90, 3)
    assert settings.activity.ignore == ("^check$",)


def test_the_environment_wins_over_the_file(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable overrides its key, also inside a mapping, and leaves the other keys alone."""
    monkeypatch.setenv("REAPER_ENFORCE", "false")
    monkeypatch.setenv("REAPER_ACTIVITY__WORKERS", "5")
    settings = load(ACME + "enforce: true\nactivity: {workers: 3, ignore: ['^check$']}\n")
    assert (settings.enforce, settings.activity.workers) == (False, 5)
    assert settings.activity.ignore == ("^check$",)


def test_a_duration_comes_from_the_environment_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A variable takes `90s` as the file does, without JSON's quotes."""
    monkeypatch.setenv("REAPER_INTERVAL", "90s")
    monkeypatch.setenv("REAPER_CONFIRM_WITHIN", "1m30s")
    settings = load_settings()
    assert (settings.interval.seconds, settings.confirm_within.seconds) == (90, 90)


def test_accounts_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """REAPER_ACCOUNTS alone is enough to run."""
    monkeypatch.setenv(
        "REAPER_ACCOUNTS", '[{"name": "a", "url": "https://a.aimms.cloud", "api_key": "x"}]'
    )
    assert [a.name for a in load_settings().chosen()] == ["a"]


def test_paths_are_relative_to_the_settings_file() -> None:
    """The policies and key files are looked for beside the settings file, wherever the program is
    started.
    """
    folder = Path("etc")
    folder.mkdir()
    (folder / "acme.key").write_text("k3y\n", "utf-8")
    (folder / "r.yaml").write_text(
        "accounts: [{name: a, url: https://a.b, api_key_file: acme.key}]\n", "utf-8"
    )
    settings = load_settings(folder / "r.yaml")
    assert settings.policies == folder / "policies"
    assert settings.accounts[0].key().get_secret_value() == "k3y"


def test_the_programs_own_settings_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo is given cannot be replaced by an account that somebody's environment names."""
    monkeypatch.setenv(
        "REAPER_ACCOUNTS", '[{"name": "real", "url": "https://a.aimms.cloud", "api_key": "x"}]'
    )
    monkeypatch.setenv("REAPER_DATABASE_URL", "sqlite:////var/lib/real.db")
    settings = OwnSettings.model_validate({"database_url": "sqlite:///own.db"})
    assert (settings.accounts, settings.database_url) == ((), "sqlite:///own.db")


def test_an_unknown_key_is_told_with_its_place_and_a_guess(load: Load) -> None:
    """A misspelt key names file, line and column, and the key that was probably meant."""
    (told,) = problems(load, ACME + "databse_url: sqlite:///x.db\n")
    assert told.startswith("reaper.yaml:2:1: ")
    assert "databse_url" in told
    assert "'database_url'" in told


def test_every_problem_is_told_at_once(load: Load) -> None:
    """Three mistakes are three lines, in file order."""
    told = problems(load, "enforce: perhaps\ninterval: 5\nactivity: {workers: 99}\n")
    assert [line.split(": ")[0] for line in told] == [
        "reaper.yaml:1:10",
        "reaper.yaml:2:11",
        "reaper.yaml:3:21",
    ]


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("enforce: 'yes please'", "1:10", "true or false"),
        ("interval: 5", "1:11", "'5m'"),
        ("timeout: 0s", "1:10", "out of range"),
        ("policies: [a]", "1:11", "path"),
        ("accounts: acme", "1:11", "list"),
        ("activity: {workers: 0}", "1:21", "the minimum is 1"),
        ("activity: {ignore: ['(']}", "1:21", "not a regular expression"),
        ("activity: {ignore: ['(?!x)y']}", "1:21", "in RE2 syntax"),
        ("activity: {ignore: ['.*']}", "1:21", "would ignore every line"),
        ("accounts: [{name: 'a b', url: https://a.b, api_key: k}]", "1:19", "a b"),
        (
            "accounts: [{name: a, url: acme.aimms.cloud, api_key: k}]",
            "1:27",
            "write the tenant's base URL",
        ),
        (
            "accounts: [{name: a, url: 'https://a.b:https', api_key: k}]",
            "1:27",
            "'https' is not a number from 1 to 65535",
        ),
        ("accounts: [{name: a, url: 'https://a.b:99999', api_key: k}]", "1:27", "'99999'"),
        ("accounts: [{name: a, url: 'https://a.b:0', api_key: k}]", "1:27", "'0'"),
        ("accounts: [{name: a, url: 'https://a b.c', api_key: k}]", "1:27", "valid address"),
        (
            "accounts: [{name: a, url: https://a.b/pro, api_key: k}]",
            "1:27",
            "write the tenant's base URL alone",
        ),
        ("accounts: [{name: a, url: https://a.b, generation: 3, api_key: k}]", "1:52", "auto"),
        ("accounts: [{url: https://a.b, api_key: k}]", "1:12", "name"),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(
    load: Load, text: str, place: str, expected: str
) -> None:
    """Each wrong value has its place, and a hint at the right one."""
    (told,) = problems(load, text + "\n")
    assert told.startswith(f"reaper.yaml:{place}: ")
    assert expected in told


def test_no_two_accounts_share_a_name(load: Load) -> None:
    """The record could not notify them apart."""
    one = "{name: acme, url: https://acme.aimms.cloud, api_key: k}"
    (told,) = problems(load, f"accounts: [{one}, {one}]\n")
    assert "two accounts are named 'acme'" in told


SAME = [
    "https://acme.aimms.cloud/",
    "https://acme.aimms.cloud:443",
    "HTTPS://ACME.Aimms.Cloud",
    "https://acme.aimms.cloud.",
    "https://%61cme.aimms.cloud",
    "https://\uff41cme.aimms.cloud",
    "https://acme.aimms.cloud/?",
]


@pytest.mark.parametrize("address", SAME)
def test_no_two_accounts_share_an_address(load: Load, address: str) -> None:
    """However it is written: its limits, pauses and exemptions would count twice."""
    other = f'{{name: again, url: "{address}", api_key: k}}'
    (told,) = problems(load, ACME.replace("]", f", {other}]"))
    assert "accounts 'acme' (https://acme.aimms.cloud) and 'again'" in told
    assert "are the same tenant" in told


@pytest.mark.parametrize(
    "address",
    ["https://127.1", "https://0x7f.0.0.1", "https://2130706433", "https://[::ffff:127.0.0.1]"],
)
def test_a_numeric_address_is_one_however_it_is_written(load: Load, address: str) -> None:
    """Resolvers take fewer parts, other bases and IPv4 within IPv6."""
    first = "{name: acme, url: https://127.0.0.1, api_key: k}"
    other = f'{{name: again, url: "{address}", api_key: k}}'
    (told,) = problems(load, f"accounts: [{first}, {other}]\n")
    assert "are the same tenant" in told


def test_accounts_at_different_addresses_are_two(load: Load) -> None:
    """Another host or another port is another tenant."""
    urls = ["https://beta.aimms.cloud", "https://acme.aimms.cloud:8443"]
    others = "".join(f", {{name: n{n}, url: '{url}', api_key: k}}" for n, url in enumerate(urls))
    assert len(load(ACME.replace("]", f"{others}]")).accounts) == 3


@pytest.mark.parametrize(
    "text", ["- a\n", "just a text\n", "\ta: [\n", "enforce: true\nenforce: true\n"]
)
def test_a_file_that_is_no_mapping_is_refused(load: Load, text: str) -> None:
    """Neither a list, nor a text, nor broken YAML, nor a key given twice is taken for settings."""
    assert problems(load, text)[0].startswith("reaper.yaml")


def test_a_named_file_must_be_there() -> None:
    """Only the default file may be absent."""
    with pytest.raises(ConfigurationError, match=r"nope\.yaml: there is no such file"):
        load_settings(Path("nope.yaml"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "REAPER_ENFORCE",
            "maybe",
            "environment variable REAPER_ENFORCE: this is neither true nor false",
        ),
        (
            "REAPER_ACTIVITY__WORKERS",
            "many",
            "environment variable REAPER_ACTIVITY__WORKERS: this is not a whole number",
        ),
        (
            "REAPER_ACTIVITY__WORKRES",
            "4",
            "environment variable REAPER_ACTIVITY__WORKRES: no such setting",
        ),
        (
            "REAPER_INTERVAL",
            "5",
            "environment variable REAPER_INTERVAL: '5' is not a valid duration",
        ),
        ("REAPER_ACCOUNTS", "acme", "environment variable REAPER_ACCOUNTS: this is not valid JSON"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    """What is wrong in the environment is told by the variable's name, in words."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert str(raised.value).startswith(expected)


def test_an_account_is_chosen_by_its_name(load: Load) -> None:
    """A name that is not there is answered with those that are."""
    with pytest.raises(ConfigurationError, match="no account is named 'acne'; there is acme"):
        load(ACME).chosen(("acne",))


@pytest.mark.parametrize(
    ("text", "place"), [("timeout: 20s\nlease: 39s\n", "2:8"), ("timeout: 61s\n", "1:1")]
)
def test_a_lease_outlasts_a_second_look(load: Load, text: str, place: str) -> None:
    """One that is shorter than two answers may take would let nothing ever be ended.

    It is told what would do.
    """
    (told,) = problems(load, text)
    assert told.startswith(f"reaper.yaml:{place}: ")
    assert re.search(r"write (40|122)s or more$", told)
    assert load("timeout: 20s\nlease: 40s\n").lease.seconds == 40
