"""What an address tells by itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


def is_loopback(url: str) -> bool:
    """Whether the address can only be this machine.

    The API key does not leave it, and no proxy can reach it.
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def normal(url: str) -> str:
    """The one way to write the root that the address leads to, to compare it with others.

    Capitals, percent-encoding, another alphabet's spelling of the host, a final dot, a default port
    and slashes at the end make no other tenant. Raises ValueError for what is no address.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    port = parts.port or _PORTS.get(scheme)
    return f"{scheme}://{_host(parts.hostname or '')}:{port}{unquote(parts.path).rstrip('/')}"


def _host(name: str) -> str:
    host = unquote(name).strip().casefold()
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        pass
    try:
        return host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:  # a host that no resolver would take
        return host.rstrip(".")
