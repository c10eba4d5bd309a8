"""What an address tells by itself."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}
_LEGACY = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")
"""An IPv4 address as C reads it: fewer parts, octal or hexadecimal."""


def is_loopback(url: str) -> bool:
    """Whether the address can only be this machine.

    The API key does not leave it, and no proxy can reach it.
    """
    host = urlsplit(url).hostname or ""
    address = bare_address(host)
    return host == "localhost" if address is None else address.is_loopback


def bare_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that the host is by itself; none for a name.

    None for an address with a zone, too: behind `%` anything can stand, like `::1%evil.example`.
    """
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None


def bad_port(url: str) -> str | None:
    """What stands in the address in the place of a port; None where that is one, or nothing is."""
    parts = urlsplit(url)
    try:
        if parts.port != 0:
            return None
    except ValueError:
        pass
    return parts.netloc.rpartition(":")[2]


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
    if (number := _number(host)) is not None:
        return number.compressed
    try:
        return host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:  # a host that no resolver would take
        return host.rstrip(".")


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The numeric address that the host is, as resolvers read it: `127.1` and `0x7f.0.0.1`, too."""
    if (address := bare_address(host)) is not None:
        return getattr(address, "ipv4_mapped", None) or address
    if _LEGACY.fullmatch(host) is None:
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
