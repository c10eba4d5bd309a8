"""What a broken or hostile server can put on the wire, whatever it was asked.

Each answer is a function of the request line that gives bytes to send, and numbers: seconds to wait
before the next. A `None` at the end resets the connection; else it is closed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, repeat
from urllib.parse import parse_qs, urlsplit

KEY = "k-raw-0123456789-abcdefghi"
DRIP = 0.1  # seconds between two bytes of what drips
FOREVER = 3600.0
MILLION = 1_000_000

Wire = Iterator[bytes | float | None]
Answer = Callable[[str], Iterable[bytes | float | None]]


def head(status: int = 200, *lines: str, length: int | None = None) -> bytes:
    sized = [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([f"HTTP/1.1 {status} As it is", *sized, *lines, "", ""]).encode("latin-1")


def whole(body: bytes | Callable[[], bytes], *lines: str, status: int = 200) -> Answer:
    """A large body is made when it is asked for."""

    def answer(_: str) -> Wire:
        made = body if isinstance(body, bytes) else body()
        yield head(status, *lines, length=len(made))
        yield made

    return answer


def raw(*parts: bytes | float | None) -> Answer:
    return lambda _: parts


def dripping(data: bytes, before: bytes = b"") -> Answer:
    """One byte at a time, over and over."""

    def drip(_: str) -> Wire:
        yield before
        for byte in chain.from_iterable(repeat(data)):
            yield bytes([byte])
            yield DRIP

    return drip


def endless(part: bytes, before: bytes = b"") -> Answer:
    return lambda _: chain([before], repeat(part))


def to(location: str, status: int = 302) -> Answer:
    return whole(b"", f"Location: {location}", status=status)


def refusing(status: int, *lines: str, message: str = "as it pleases") -> Answer:
    said = {"errorCode": status, "errorId": "e", "message": message}
    return whole(json.dumps(said).encode(), *lines, status=status)


def page(*items: bytes, total: int | None = None) -> bytes:
    count = len(items) if total is None else total
    inside = b",".join(items)
    before = b'{"total":%d,"total_tasks":%d,"items":[' % (count, count)
    return b"".join([before, inside, b'],"current_batch":[', inside, b"]}"])


def entry(number: int) -> bytes:
    return b'{"id":"%032x","kind":"webui","state":"running","index":%d}' % (number, number + 1)


def one_more(request: str) -> Wire:
    """A list that always has one more."""
    _, _, target = request.partition(" ")
    asked = parse_qs(urlsplit(target.partition(" ")[0]).query)
    offset = int(asked.get("offset", ["0"])[0])
    body = page(entry(offset), entry(offset + 1), total=10**9)
    yield from whole(body)(request)


@cache
def bomb(layers: int, size: int = 512 * 1024 * 1024) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    part = bytes(1024 * 1024)
    data = b"".join(packer.compress(part) for _ in range(size // len(part))) + packer.flush()
    for _ in range(layers - 1):
        data = gzip.compress(data)
    return data


def merging() -> bytes:
    """561 bytes that a loader with merge keys makes gigabytes of."""
    lines = ["a0: &a0 {k0: v, k1: v, k2: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 9)]
    return "\n".join(lines).encode()


def billion_laughs() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


GZIP = "Content-Encoding: gzip"
CHUNKED = "Transfer-Encoding: chunked"
EARLY = b"HTTP/1.1 103 Early Hints\r\n\r\n"
JSON = b'{"total":0,"items":[],"total_tasks":0,"current_batch":[]}'

ANSWERS: dict[str, Answer] = {
    # --- redirects
    "redirect to about:blank": to("about:blank"),
    "redirect to javascript:x": to("javascript:x"),
    "redirect to a port that is none": to("http://a:b/"),
    "redirect to a host that no name can be": to("http://xn--\x80/"),
    "redirect to nothing": to(""),
    "redirect to //": to("//", 301),
    "redirect to itself": to("?", 307),
    "redirect of 60 kB": to("http://x/" + "a" * 60_000, 308),
    "redirect that holds the key across the cut": to("http://x/" + "a" * 165 + KEY, 303),
    "redirect with two Locations": whole(b"", "Location: /a", "Location: /b", status=302),
    # --- compression
    "gzip in gzip, half a gigabyte": whole(lambda: bomb(2), "Content-Encoding: gzip, gzip"),
    "gzip, half a gigabyte": whole(lambda: bomb(1), GZIP),
    "gzip in gzip, called gzip": whole(lambda: bomb(2), GZIP),
    "two layers in two headers": whole(lambda: bomb(2), GZIP, GZIP),
    "deflate": whole(lambda: zlib.compress(bytes(MILLION)), "Content-Encoding: deflate"),
    "br": whole(b"\x8b\x02\x80" + JSON, "Content-Encoding: br"),
    "gzip that is none": whole(JSON, GZIP),
    "gzip cut short": whole(gzip.compress(JSON)[:-9], GZIP),
    "gzip with more behind it": whole(gzip.compress(JSON) + b"more", GZIP),
    "gzip that drips": dripping(gzip.compress(JSON), head(200, GZIP)),
    "a bomb of an error": whole(lambda: bomb(1), GZIP, status=500),
    # --- sizes
    "60 MB": whole(lambda: b" " * (60 * MILLION)),
    "a body without end": endless(b" " * 65536, head(200)),
    "a body of 2**63 bytes": endless(b" " * 65536, head(length=2**63)),
    "chunks without end": endless(b"1000\r\n" + b" " * 4096 + b"\r\n", head(200, CHUNKED)),
    "chunks of one byte": endless(b"1\r\n \r\n" * 10_000, head(200, CHUNKED)),
    "a chunk of 2**64 bytes": raw(head(200, CHUNKED), b"f" * 16 + b"\r\n", b" " * 100, FOREVER),
    "a chunk that is no number": raw(head(200, CHUNKED), b"zz\r\n{}\r\n"),
    "a chunk extension without end": endless(b"x" * 4096, head(200, CHUNKED) + b"1;"),
    "trailers without end": endless(b"X-T: y\r\n", head(200, CHUNKED) + b"0\r\n"),
    "an error of 60 MB": whole(lambda: b" " * (60 * MILLION), status=500),
    "a refusal without end": endless(b" " * 65536, head(404)),
    "two lengths": raw(head(200, "Content-Length: 2", "Content-Length: 5"), b"{}"),
    "a length below zero": raw(head(200, "Content-Length: -5"), b"{}"),
    "less than it says": raw(head(length=5000), b'{"total"'),
    "nothing at all in it": whole(b""),
    # --- headers
    "a header byte now and then": dripping(b"X-Drip: y\r\n", b"HTTP/1.1 200 OK\r\n"),
    "a status line that drips": dripping(b"H"),
    "a header without end": endless(b"x" * 4096, b"HTTP/1.1 200 OK\r\nX-Long: "),
    "headers without end": endless(b"X-More: y\r\n" * 100, b"HTTP/1.1 200 OK\r\n"),
    "15,000 headers": whole(lambda: JSON, *["A: b"] * 15_000),
    "60 kB of cookies": whole(JSON, *[f"Set-Cookie: c{n}={'v' * 1000}" for n in range(60)]),
    "a header with NUL": whole(JSON, "X-Nul: a\0b"),
    "a folded header": whole(JSON, "X-Fold: a", " b", "\tc"),
    "a header without a colon": whole(JSON, "nothing but words"),
    "a Date that is none": whole(JSON, "Date: Mon, 99 Nov 99999999 99:99:99 GMT"),
    # --- informational answers
    "103 without end": endless(EARLY * 100),
    "103 now and then": dripping(EARLY),
    "100, then silence": raw(b"HTTP/1.1 100 Continue\r\n\r\n", FOREVER),
    "101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", b"\0" * 100),
    # --- what is not HTTP
    "SSH": raw(b"SSH-2.0-OpenSSH_9.2\r\n", FOREVER),
    "a mail server": raw(b"220 post\r\n", FOREVER),
    "a TLS alert": raw(b"\x15\x03\x01\x00\x02\x02\x28"),
    "HTTP/2": raw(b"\0\0\x12\4\0\0\0\0\0" + bytes(18), FOREVER),
    "HTTP/0.9": raw(b"<html>hello</html>"),
    "a status that is no number": raw(b"HTTP/1.1 OK fine\r\n\r\n"),
    "noise without end": endless(bytes(range(256)) * 16),
    # --- silence
    "no word": raw(FOREVER),
    "closed at once": raw(),
    "reset at once": raw(None),
    "headers, then silence": raw(head(length=50), FOREVER),
    "headers, then closed": raw(head(length=50)),
    "half a body, then silence": raw(head(length=len(JSON)), JSON[:9], FOREVER),
    "half a body, then reset": raw(head(length=len(JSON)), JSON[:9], 0.05, None),
    "a body that drips": dripping(b" ", head(length=10**6)),
    "an error that drips": dripping(b" ", head(500, length=10**6)),
    # --- statuses
    "429, wait a minute": refusing(429, "Retry-After: 60"),
    "429, wait for thirty years": refusing(429, "Retry-After: 1e9"),
    "503, wait for nan": refusing(503, "Retry-After: nan"),
    "401 with the key across the cut": refusing(401, message="b" * 190 + KEY),
    "422": refusing(422),
    "599": refusing(599),
    "999": refusing(999),
    "204 with a body": raw(head(204), JSON),
    "404 of a gateway": whole(b"<html>nothing</html>", status=404),
    # --- JSON
    "a page of half a million tiny entries": whole(lambda: page(*[b"{}"] * 500_000)),
    "a page of half a million empty lists": whole(lambda: page(*[b"[]"] * 500_000)),
    "a page of 19,000 empty objects": whole(page(*[b"{}"] * 9_500)),
    "two million numbers": whole(lambda: page(*[b"7"] * (2 * MILLION))),
    "380,000 texts": whole(lambda: page(*[b'"%06d"' % n for n in range(190_000)])),
    "380,000 keys": whole(lambda: page(b"{%s}" % b",".join(b'"%06x":1' % n for n in range(190_000)))),
    "nested a hundred thousand deep": whole(lambda: b'{"items":' + b"[" * 100_000),
    "a number of a million digits": whole(lambda: b'{"total":' + b"9" * MILLION + b',"items":[]}'),
    "a text of 7 MB": whole(lambda: page(b'{"id":"a","description":"%s"}' % (b"x" * 3_500_000))),
    "a text of 7 MB in the wrong place": whole(lambda: page(b'{"id":7,"state":"%s"}' % (b"\\u0001" * 500_000))),
    "a list with one more on each page": one_more,
    "not a number": whole(b'{"total":NaN,"items":[Infinity]}'),
    "bytes that are no text": whole(b'{"total":1,"items":[{"id":"\xff\xfe"}]}'),
    "UTF-16": whole(JSON.decode().encode("utf-16")),
    "a web page": whole(b"<html>please sign in</html>", "Content-Type: text/html"),
    # --- YAML, which the tenant's document may be
    "merge keys of 561 bytes": whole(merging()),
    "a billion laughs": whole(billion_laughs()),
    "60 MB of YAML": whole(lambda: b"- a\n" * 15 * MILLION),
    "4 MB of YAML in small pieces": whole(lambda: b"- a\n" * MILLION),
    "4 MB of YAML in empty lists": whole(lambda: b"a: [" + b"[]," * 1_300_000 + b"]"),
    "YAML nested deeply": whole(lambda: b"[" * MILLION),
}  # fmt: skip
