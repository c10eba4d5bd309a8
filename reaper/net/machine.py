"""The proxy and TLS variables of this machine. What is wrong with one is told in a sentence."""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Callable
from urllib.request import getproxies, proxy_bypass

import httpx

from reaper.config.settings.urls import is_loopback
from reaper.logs.redaction import one_line
from reaper.net.faults import NotSent

_TLS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


def proxy_to(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy through which this machine reaches the address; never one to itself.

    Raises NotSent where the variable that names it cannot be followed.
    """
    if is_loopback(str(url)) or proxy_bypass(url.netloc.decode("ascii")):
        return None
    named = getproxies()
    which = next((kind for kind in (url.scheme, "all") if named.get(kind)), None)
    if which is None:
        return None
    written = named[which]
    try:
        proxy = httpx.Proxy(written if "://" in written else f"http://{written}")
    except (httpx.InvalidURL, ValueError):
        proxy = None
    if proxy is None or not proxy.url.host:
        raise unusable(variable_of(url), "write it as http://host:port")
    return proxy


def unusable(which: str, hint: str) -> NotSent:
    """Of the variable that names a proxy, which may hold a password and is not repeated."""
    return NotSent(
        f"the variable {which} of this machine names a proxy that cannot be used: "
        f"{hint}, or unset it"
    )


def variable_of(url: httpx.URL) -> str:
    """Which of the variables names the proxy to the address."""
    kind = url.scheme if getproxies().get(url.scheme) else "all"
    return f"{kind.upper()}_PROXY"


def tls() -> ssl.SSLContext:
    """What web servers are trusted by. Raises NotSent."""
    return _made(httpx.create_ssl_context, _variables())


def mail_tls() -> ssl.SSLContext:
    """What mail servers are trusted by: this machine's own certificates. Raises NotSent."""
    return _made(ssl.create_default_context, _variables())


def _variables() -> str:
    return ", ".join(f"{name}={os.environ[name]}" for name in _TLS if os.environ.get(name))


@functools.cache
def _made(make: Callable[[], ssl.SSLContext], variables: str) -> ssl.SSLContext:
    """One for all clients: reading the certificates takes 40 ms."""
    try:
        return make()
    except (OSError, ValueError) as error:
        raise NotSent(
            f"TLS cannot be used on this machine ({one_line(str(error))}): "
            f"mend or unset {one_line(variables) or 'its certificates'}"
        ) from None
