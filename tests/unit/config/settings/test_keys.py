"""The API key: exactly one way to give it, only to the right host, and never shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reaper.config.settings.model import Settings
from reaper.errors import ConfigurationError

Load = Callable[[str], Settings]
SECRET = "s3cret-that-nobody-may-see"  # noqa: S105 - the point of the tests


def account(**keys: str) -> str:
    given = {"name": "acme", "url": "https://acme.aimms.cloud", **keys}
    return (
        "accounts:\n  - {" + ", ".join(f"{key}: '{value}'" for key, value in given.items()) + "}\n"
    )


def refused(load: Load, text: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load(text)
    return str(raised.value)


def test_no_key_is_an_error(load: Load) -> None:
    """An account without a key is told which keys it may have."""
    assert "give one of api_key_env, api_key_file or api_key; there is none" in refused(
        load, account()
    )


def test_two_keys_are_an_error(load: Load) -> None:
    """Nobody guesses which of two keys is meant."""
    told = refused(load, account(api_key=SECRET, api_key_env="ACME"))
    assert "there is api_key and api_key_env" in told
    assert SECRET not in told


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named(
    load: Load, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """A key that should come from the environment and does not is told with its variable."""
    if value is not None:
        monkeypatch.setenv("ACME_KEY", value)
    with pytest.raises(ConfigurationError, match="set the environment variable ACME_KEY"):
        load(account(api_key_env="ACME_KEY")).accounts[0].key()


def test_a_missing_key_file_is_named(load: Load) -> None:
    """A key file that is not there is told with its path."""
    with pytest.raises(ConfigurationError, match=r"cannot be read from acme\.key: No such file"):
        load(account(api_key_file="acme.key")).accounts[0].key()


@pytest.mark.parametrize(
    ("content", "expected"), [(b"\n", "is empty"), (b"\xff\xfe", "it is not text")]
)
def test_a_key_file_without_a_key_is_refused(load: Load, content: bytes, expected: str) -> None:
    """An empty or binary file is no key."""
    Path("acme.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match=expected):
        load(account(api_key_file="acme.key")).accounts[0].key()


def test_a_key_with_odd_characters_is_refused_without_showing_it(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was pasted with a line break is an error that does not repeat it."""
    monkeypatch.setenv("ACME_KEY", f"{SECRET}\n{SECRET}")
    with pytest.raises(ConfigurationError) as raised:
        load(account(api_key_env="ACME_KEY")).accounts[0].key()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://acme.aimms.cloud", "http://127.0.0.1.evil.example", "http://10.0.0.1:80"]
)
def test_a_key_is_never_sent_in_the_clear(load: Load, url: str) -> None:
    """Plain http to any other machine is refused."""
    assert "would send the API key unencrypted" in refused(load, account(url=url, api_key="k"))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080"]
)
def test_plain_http_is_for_this_machine_only(load: Load, url: str) -> None:
    """An emulator on this machine needs no TLS."""
    assert load(account(url=url, api_key="k")).accounts[0].url == url


def test_only_an_emulator_on_this_machine_tells_the_time(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real account's clock can never stand in for this machine's, whatever the variable names."""
    real, emulator = account(api_key="k"), account(url="http://127.0.0.1:1", api_key="k")
    assert not load(emulator).accounts[0].keeps_emulated_time
    monkeypatch.setenv("REAPER_EMULATED_CLOCK", "http://127.0.0.1:1")
    assert load(emulator).accounts[0].keeps_emulated_time
    assert not load(account(url="http://127.0.0.1:2", api_key="k")).accounts[0].keeps_emulated_time
    monkeypatch.setenv("REAPER_EMULATED_CLOCK", load(real).accounts[0].url)
    assert not load(real).accounts[0].keeps_emulated_time


@pytest.mark.parametrize("clock", ["server", "local"])
def test_the_clock_is_not_a_setting_any_more(load: Load, clock: str) -> None:
    """Who still sets it is told the variable that does what it did."""
    told = refused(load, account(url="http://127.0.0.1:1", api_key="k", clock=clock))
    assert "'clock' is no longer a setting" in told
    assert "REAPER_EMULATED_CLOCK" in told


def test_an_address_holds_no_password(load: Load) -> None:
    """Credentials in the address are refused, and not repeated."""
    told = refused(load, account(url=f"https://me:{SECRET}@acme.aimms.cloud", api_key="k"))
    assert "an address holds no user or password" in told
    assert SECRET not in told


def test_the_key_is_in_no_repr(load: Load) -> None:
    """Neither repr, nor str, nor a dump shows the key."""
    settings = load(account(api_key=SECRET))
    shown = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    assert not [text for text in shown if SECRET in text]
    assert settings.accounts[0].key().get_secret_value() == SECRET


@pytest.mark.parametrize(
    "text",
    [
        f"accounts: [{{name: acme, url: https://a.b, api_key: {SECRET}, api_kye: {SECRET}}}]\n",
        f"accounts: [{{name: acme, url: ftp://a.b, api_key: {SECRET}}}]\n",
        f"accounts: [{{name: acme, url: https://a.b, api_key: [{SECRET}]}}]\n",
        f'accounts: [{{name: acme, url: https://a.b, api_key: "{SECRET}\n',
        f"accounts: [{{name: acme, url: https://a.b, api_key: {SECRET}: {SECRET}}}]\n",
        f"accounts: [{{name: acme, url: https://a.b, api_key: {SECRET}, api_key: {SECRET}}}]\n",
        f"accounts: {{name: acme, api_key: {SECRET}}}\n",
    ],
)
def test_the_key_is_in_no_error(load: Load, text: str) -> None:
    """Whatever is wrong around it, the message never repeats the key."""
    assert SECRET not in refused(load, text)


def test_the_key_is_in_no_error_of_the_environment(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither broken JSON nor a wrong key beside it shows the key."""
    for value in (
        f'[{{"api_key": "{SECRET}"',
        f'[{{"name": "a", "url": "x", "api_key": "{SECRET}"}}]',
    ):
        monkeypatch.setenv("REAPER_ACCOUNTS", value)
        assert SECRET not in refused(load, "enforce: false\n")
