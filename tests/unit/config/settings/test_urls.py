"""What an address tells by itself."""

import pytest

from reaper.config.settings.urls import bare_address, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::1]:80", "127.9.9.9:1"])
def test_this_machine_is_known(host: str) -> None:
    """Plain HTTP to it leaves the machine nowhere."""
    assert is_loopback(f"http://{host}/pro")


@pytest.mark.parametrize(
    "host",
    [
        "[::1%evil.example]",
        "[::1%25lo]",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::]",
    ],
)
def test_what_only_looks_like_it_is_not_taken_for_it(host: str) -> None:
    """Behind the zone of an address anything can stand."""
    assert not is_loopback(f"http://{host}/pro")
    assert bare_address("::1%evil.example") is None
