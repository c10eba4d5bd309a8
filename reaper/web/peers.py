"""Who is at the other end of a connection."""

from __future__ import annotations

import ipaddress

_OF_ONE_PEER = 64  # bits of an IPv6 address; whoever has one has all the addresses under them


def peer_of(client: tuple[str, int] | list[object] | None) -> str:
    """The address, or the network that is as easily had as one address."""
    host = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _OF_ONE_PEER), strict=False))
