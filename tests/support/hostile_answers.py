"""Whatever can be answered to a request to end a session.

None of it says whether the session was ended.
"""

from __future__ import annotations

from support.hostile_wire import CUT, Answer, as_json, page, refusal

GZIP = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
LONG = 66 * 1024 * 1024

ANSWERS: dict[str, Answer] = {
    "200 with the session": as_json({"id": "other", "state": "running"}),
    "200 with a web page": page(200, "please sign in"),
    "202": Answer(202),
    "204": Answer(204),
    "broken gzip": Answer(200, b"this was never compressed", GZIP),
    "broken gzip on 500": Answer(500, b"this was never compressed", GZIP),
    "unknown encoding": Answer(200, b"{}", {"Content-Encoding": "zstd, br"}),
    "302": Answer(302, b"", {"Location": "/login"}),
    "307": Answer(307, b"", {"Location": "https://elsewhere.example/"}),
    "302 to a blank page": Answer(302, b"", {"Location": "about:blank"}),
    "302 to a script": Answer(302, b"", {"Location": "javascript:x"}),
    "302 to a host that no name can be": Answer(302, b"", {"Location": "http://xn--\x80/"}),
    "302 to a port that is none": Answer(302, b"", {"Location": "http://a:b/"}),
    "304": Answer(304),
    "400": refusal(400),
    "401": refusal(401),
    "403": refusal(403),
    "404 of the service": refusal(404),
    "404 of a gateway": page(404),
    "405": refusal(405),
    "408": refusal(408),
    "409": refusal(409),
    "410 of a gateway": page(410),
    "418": Answer(418, b"teapot"),
    "422": refusal(422),
    "451": page(451),
    "500": refusal(500),
    "502 of a gateway": page(502),
    "503": refusal(503),
    "504 of a gateway": page(504),
    "599": Answer(599),
    "a body that is too long": Answer(200, bytes(LONG)),
    "a body that is too long on 500": Answer(500, bytes(LONG)),
    "no answer": CUT,
    "cut off in the body": Answer(200, b'{"id', claims=500, cut=True),
    "not HTTP": Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n", cut=True),
    "a header without an end": Answer(raw=b"HTTP/1.1 204 No Content\r\nX-Long: ", cut=True),
    "two lengths": Answer(
        raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}", cut=True
    ),
    "a broken chunk": Answer(
        raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", cut=True
    ),
    "a status that is no number": Answer(raw=b"HTTP/1.1 OK fine\r\n\r\n", cut=True),
    "a very early hint, then nothing": Answer(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n", cut=True),
}
"""Answers after which nothing is to be asked again in the same run.

Each was, or may have been, the last word.
"""

WAIT = {
    "429": refusal(429),
    "429, wait a second": refusal(429, Retry_After="1"),
    "503, wait a second": refusal(503, Retry_After="1"),
    "429, wait by a gateway": Answer(429, b"<html>slow down</html>", {"Retry-After": "1"}),
}
"""A no for now: the server was not willing, and says when it may be."""

UNSAID = frozenset({"404 of the service", "404 of a gateway", "409", "410 of a gateway", "405"})
"""After these the session may also have been over before the request.

Who ended it cannot be told.
"""

QUICK = frozenset({
    "204", "broken gzip", "302", "302 to a blank page", "404 of the service", "404 of a gateway", "409", "418",
    "500", "a body that is too long", "no answer", "cut off in the body", "429, wait a second", "503, wait a second",
})  # fmt: skip
"""One of each sort, for the quick tests."""
