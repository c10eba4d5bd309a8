"""Requests: what is sent, what each failure becomes, what is repeated and what never is."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reaper import __version__
from reaper.errors import (
    AccountError,
    ConfigurationError,
    Conflict,
    NotAsked,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    Unintelligible,
    Unreachable,
)
from reaper.net.client import Client
from reaper.net.limits import Horizon
from reaper.platforms.aimms.connection import LONGEST_WAIT, pause

if TYPE_CHECKING:
    from support.clock import Clock
    from support.scripted_server import Connect, Serve

KEY = "s3cr3t-key-of-the-tests"
REST = Horizon.rest  # as it is before any test puts the waits away
SAID = {"errorCode": 1, "errorId": "X", "message": "words of the server"}


def one_line(error: BaseException, url: str) -> str:
    text = str(error)
    assert "\n" not in text
    assert "acme" in text
    assert url in text
    assert KEY not in text
    return text


def test_key_and_agent_travel_as_headers(serve: Serve, connect: Connect) -> None:
    """The key goes in the header apiKey, and the reaper says who it is."""
    served = serve(lambda _: {})
    connect(served).get("/x", {"a": 1})
    assert served.asked[0].headers["apikey"] == KEY
    assert served.asked[0].headers["user-agent"] == f"reaper/{__version__}"
    assert served.asked[0].params == {"a": "1"}


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, Unauthorized, "unknown or expired"),
        (403, Unauthorized, "scope Session"),
        (404, NotFound, "/pro/x"),
        (405, Conflict, "state"),
        (409, Conflict, "state"),
        (400, AccountError, "rejected"),
        (422, AccountError, "rejected"),
        (418, AccountError, "418"),
        (429, RateLimited, "too many"),
        (500, ServerFault, "the server failed"),
        (503, ServerFault, "503"),
        (302, Unintelligible, "redirect"),
    ],
)
def test_each_status_becomes_its_error(
    serve: Serve, connect: Connect, status: int, kind: type[AccountError], word: str
) -> None:
    """Every refusal has its own type and one line that says what, where, and the server's own
    words.
    """
    served = serve(lambda _: (status, SAID))
    with pytest.raises(kind) as caught:
        connect(served).get("/pro/x")
    text = one_line(caught.value, served.url)
    assert word in text
    assert status == 302 or "words of the server" in text


def test_missing_scope_of_tasks_is_named(serve: Serve, connect: Connect) -> None:
    """A 403 of the tasks API asks for the scope Tasks."""
    with pytest.raises(Unauthorized, match="scope Tasks"):
        connect(serve(lambda _: (403, SAID))).get("/pro-api/v2/tasks")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>oops",
        b"",
        b"[1]",
        b'{"message": 5}',
        b"[" * 100_000,
        b'{"message": "a\\n\\u001b[31m\\u0000b"}',
        b"\xff",
    ],
)
def test_any_error_body_gives_one_printable_line(
    serve: Serve, connect: Connect, body: bytes
) -> None:
    """Whatever a refusal carries as its body, the message stays one printable line."""
    served = serve(lambda _: (401, body))
    with pytest.raises(Unauthorized) as caught:
        connect(served).get("/x")
    assert one_line(caught.value, served.url).isprintable()


@pytest.mark.parametrize("status", [401, 500, 429, 422, 302])
def test_a_server_that_repeats_the_key_does_not_make_us_repeat_it(
    serve: Serve, connect: Connect, status: int
) -> None:
    """A key that the server writes into its answer is not written into the message."""
    served = serve(lambda _: (status, {"message": f"bad {KEY}"}, {"Location": f"http://x/{KEY}"}))
    with pytest.raises(AccountError) as caught:
        connect(served).get("/x")
    one_line(caught.value, served.url)


def test_redirects_are_not_followed(serve: Serve, connect: Connect) -> None:
    """A redirect would carry the key to another address, so it is an error that names the
    target.
    """
    other = serve(lambda _: {})
    served = serve(lambda _: (307, b"", {"Location": f"{other.url}/y?secret=1"}))
    with pytest.raises(Unintelligible, match=f"{other.url}/y,?") as caught:
        connect(served).get("/x")
    assert "secret" not in str(caught.value)
    assert other.asked == []


@pytest.mark.parametrize("location", ["about:blank", "javascript:x", "http://a:b/", "//", ""])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_where_a_redirect_leads_is_not_even_read(
    serve: Serve, connect: Connect, location: str, method: str
) -> None:
    """What is no web address is an answer like any other."""
    connection = connect(serve(lambda _: (302, b"", {"Location": location})))
    with pytest.raises(Unintelligible, match="redirect"):
        connection.get("/x") if method == "GET" else connection.send(method, "/x")


def test_a_key_is_hidden_before_anything_is_cut(serve: Serve, connect: Connect) -> None:
    """An answer that repeats the key across the end of what is shown gives away no part of it."""
    locations = (f"http://x/{'a' * length}{KEY}" for length in range(150, 201))
    connection = connect(serve(lambda _: (302, b"", {"Location": next(locations)})))
    for _ in range(50):
        with pytest.raises(Unintelligible) as caught:
            connection.get("/x")
        assert KEY[:3] not in str(caught.value)


def test_no_cookie_is_kept(serve: Serve, connect: Connect) -> None:
    """What a server wants to have remembered is not sent back."""
    served = serve(lambda _: (200, {}, {"Set-Cookie": "a=1; Path=/"}))
    connection = connect(served)
    connection.get("/x")
    connection.get("/x")
    assert ["cookie" in asked.headers for asked in served.asked] == [False, False]


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate"])
def test_only_what_was_asked_for_is_unpacked(serve: Serve, connect: Connect, encoding: str) -> None:
    """Compression that nobody bounds is not undone."""
    served = serve(lambda _: (200, gzip.compress(b"{}"), {"Content-Encoding": encoding}))
    with pytest.raises(Unintelligible, match="not asked for"):
        connect(served).get("/x")
    assert served.asked[0].headers["accept-encoding"] == "gzip"


def test_a_packed_answer_is_read(serve: Serve, connect: Connect) -> None:
    """Packed once by gzip, as was asked for."""
    served = serve(lambda _: (200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}))
    assert connect(served).get("/x") == b"{}"


def test_a_look_and_a_pass_have_an_end(serve: Serve, connect: Connect) -> None:
    """Beyond it nothing is sent any more, and said why; a new look begins anew, a pass does not."""
    served = serve(lambda _: {})
    short_look, short_pass = connect(served, look_seconds=0), connect(served, pass_seconds=0)
    with pytest.raises(NotAsked, match="look_within"):
        short_look.get("/x")
    with pytest.raises(NotAsked, match="pass_within"):
        short_pass.get("/x")
    with pytest.raises(Refused, match="nothing was sent"):
        short_pass.send("DELETE", "/x")
    assert served.asked == []


def test_a_stop_breaks_off_a_read_and_awaits_a_change(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is told to stop waits for the answer to what it has asked to be done, and for no other."""
    monkeypatch.setattr("reaper.net.limits.GRACE", 0.1)
    stop = threading.Event()

    def slowly(_: object) -> object:
        stop.set()
        threading.Event().wait(1.0)
        return {}

    connection = connect(serve(slowly), stop=stop)
    connection.send("PATCH", "/x")
    with pytest.raises(Unreachable, match="told to stop"):
        connection.get("/x")


VARIABLES = [
    ("HTTPS_PROXY", "ftp://proxy:1", "HTTPS_PROXY"),
    ("HTTPS_PROXY", "http://[", "HTTPS_PROXY"),
    ("ALL_PROXY", "socks5://proxy:1", "socksio"),
    ("SSL_CERT_FILE", "/nowhere/at.all", "SSL_CERT_FILE=/nowhere/at.all"),
    ("SSL_CERT_FILE", "/dev/null", "SSL_CERT_FILE=/dev/null"),
    ("SSLKEYLOGFILE", "/nowhere/at/all", "SSLKEYLOGFILE=/nowhere/at/all"),
    ("HTTPS_PROXY", "http://127.0.0.1:1", "the proxy that HTTPS_PROXY names: the connection was"),
    ("NO_PROXY", "fd00::/8", "unknown host"),
]


@pytest.mark.parametrize(("name", "value", "told"), VARIABLES)
def test_a_variable_of_this_machine_is_told_in_a_sentence(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    """A proxy or certificate that cannot be used is that account's trouble, and nothing is sent."""
    for other, _, _ in VARIABLES:
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(Unreachable) as caught:
        connect("https://nobody.invalid", attempts=1).get("/x")
    assert told in one_line(caught.value, "https://nobody.invalid")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_reads_are_repeated_until_they_succeed(serve: Serve, connect: Connect, status: int) -> None:
    """A read that fails for a passing reason is repeated, and counted."""
    answers = iter([(status, SAID), (status, SAID), {"fine": 1}])
    connection = connect(serve(lambda _: next(answers)))
    assert connection.get("/x") == b'{"fine": 1}'
    assert connection.requests == 3


def test_each_request_is_counted_where_it_is_asked_for(serve: Serve, connect: Connect) -> None:
    """Who counts hears of each request.

    The account, the status or none for no answer, and whether it was a repeat.
    """
    heard: list[tuple[str, int | None, bool]] = []
    answers: Iterator[Any] = iter([(503, SAID), None, {"fine": 1}])
    served = serve(lambda _: next(answers))
    connection = connect(
        served, count=lambda account, status, *, retried: heard.append((account, status, retried))
    )
    connection.get("/x")
    assert heard == [
        (connection.account, 503, False),
        (connection.account, None, True),
        (connection.account, 200, True),
    ]


def test_a_dropped_read_is_repeated(serve: Serve, connect: Connect) -> None:
    """A connection that breaks before the answer is no answer, and a read is asked again."""
    answers = iter([None, {"fine": 1}])
    assert connect(serve(lambda _: next(answers))).get("/x") == b'{"fine": 1}'


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 302])
def test_lasting_refusals_are_not_repeated(serve: Serve, connect: Connect, status: int) -> None:
    """A refusal that will not pass is asked for once."""
    served = serve(lambda _: (status, SAID))
    with pytest.raises(AccountError):
        connect(served).get("/x")
    assert len(served.asked) == 1


def test_attempts_are_bounded(serve: Serve, connect: Connect) -> None:
    """A read is given up after as many attempts as were set."""
    served = serve(lambda _: (503, SAID))
    with pytest.raises(ServerFault):
        connect(served, attempts=3).get("/x")
    assert len(served.asked) == 3


@pytest.mark.parametrize(
    "answer", [(503, SAID), (429, SAID, {"Retry-After": "0"}), (500, SAID), None]
)
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_changes_are_never_repeated(
    serve: Serve, connect: Connect, answer: object, method: str
) -> None:
    """Whatever happens to a request that changes something, it is sent once."""
    served = serve(lambda _: answer)
    with pytest.raises(AccountError) as caught:
        connect(served).send(method, "/x")
    assert len(served.asked) == 1
    assert isinstance(
        caught.value, RateLimited
    ) or "whether the request was carried out is unknown" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-3", 0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        (None, None),
    ],
)
@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, ServerFault)])
def test_retry_after_is_read(
    serve: Serve,
    connect: Connect,
    *,
    header: str | None,
    seconds: float | None,
    status: int,
    kind: type[RateLimited | ServerFault],
) -> None:
    """Retry-After is understood as seconds and as a date, and nonsense in it is no wait."""
    headers = {} if header is None else {"Retry-After": header}
    with pytest.raises(kind) as caught:
        connect(serve(lambda _: (status, SAID, headers)), attempts=1).get("/x")
    assert isinstance(caught.value, RateLimited | ServerFault)
    assert caught.value.retry_after == seconds


def test_pause_follows_the_server() -> None:
    """A repetition waits as long as the server asked, and does not happen when that is too long to
    wait.
    """
    assert pause(RateLimited("", 7.0)) == 7.0
    assert pause(ServerFault("", 0.0)) == 0.0
    assert pause(ServerFault("", LONGEST_WAIT + 1)) is False
    assert pause(RateLimited("")) is True
    assert pause(Unreachable("")) is True
    assert pause(Unauthorized("")) is False
    assert pause(ValueError()) is False


def test_the_wait_is_really_kept(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request of a read does not arrive before the time that Retry-After asked for."""
    arrivals = []

    def answer(_: object) -> object:
        arrivals.append(monotonic())
        return (429, SAID, {"Retry-After": "0.3"}) if len(arrivals) == 1 else {}

    monkeypatch.setattr(Horizon, "rest", REST)
    connect(serve(answer)).get("/x")
    assert arrivals[1] - arrivals[0] >= 0.3


def test_unknown_host_is_told_from_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that does not exist and a port where nobody listens are different lines."""

    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(Unreachable, match="refused"):
            connect(refused).get("/x")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(Unreachable, match="unknown host") as caught:
        connect("http://nobody.invalid").get("/x")
    one_line(caught.value, "http://nobody.invalid")


def test_silence_times_out(serve: Serve, connect: Connect) -> None:
    """A server that accepts and says nothing is unreachable after the timeout."""
    released = threading.Event()
    served = serve(lambda _: released.wait(20) and None)
    with pytest.raises(Unreachable, match="no answer in time"):
        connect(served, timeout_seconds=0.1, attempts=1).get("/x")
    released.set()


def test_an_answer_that_drips_is_given_up(connect: Connect) -> None:
    """A server that sends a byte now and then cannot hold a look for ever."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            taken, _ = listener.accept()
            with taken:
                taken.recv(65536)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not stop.wait(0.02):
                    try:
                        taken.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unreachable, match="no answer in time"):
            connect(url, timeout_seconds=0.05, attempts=1).get("/x")
        stop.set()
        thread.join()


def test_a_body_cut_short_is_no_answer(serve: Serve, connect: Connect) -> None:
    """An answer shorter than it announced is not taken for whole."""
    served = serve(lambda _: (200, b"{}", {"Content-Length": "100", "Connection": "close"}))
    with pytest.raises(Unreachable, match="dropped"):
        connect(served, attempts=1).get("/x")


def test_broken_compression_is_unintelligible(serve: Serve, connect: Connect) -> None:
    """An answer that says gzip and is none is not what the contract says."""
    served = serve(lambda _: (200, b"plain", {"Content-Encoding": "gzip"}))
    with pytest.raises(Unintelligible, match="compression"):
        connect(served).get("/x")


@pytest.mark.parametrize(("ahead", "skew"), [(0, 0), (0.5, 0), (90, 90), (-90, -89)])
def test_skew_of_the_clocks_is_learnt(
    serve: Serve, connect: Connect, clock: Clock, ahead: float, skew: float
) -> None:
    """The server's Date tells how far its clock is ahead, the whole seconds of that header allowed
    for.
    """
    date = (clock.now() + timedelta(seconds=int(ahead))).strftime("%a, %d %b %Y %H:%M:%S GMT")
    connection = connect(serve(lambda _: (200, {}, {"Date": date})))
    assert connection.skew_seconds is None
    connection.get("/x")
    assert connection.skew_seconds == skew


def written(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")


UNREADABLE = [
    "yesterday",
    "",
    "Mon, 99 Nov 2026 12:00:00 GMT",
    "Mon, 23 Nov 2026 12:00:00",
    "12:00",
    None,
]


@pytest.mark.parametrize("date", UNREADABLE)
@pytest.mark.parametrize("last", [True, False])
def test_an_answer_that_does_not_tell_the_time_leaves_it_open(
    serve: Serve, connect: Connect, clock: Clock, date: str | None, *, last: bool
) -> None:
    """One answer without a readable Date, and nobody knows whose clock is right, whatever the
    others say.
    """
    dates = [written(clock.now()), date] if last else [date, written(clock.now())]
    answers = iter([{} if one is None else {"Date": one} for one in dates])
    connection = connect(serve(lambda _: (200, {}, next(answers))))
    connection.get("/x")
    connection.get("/x")
    assert connection.skew_seconds is None


@pytest.mark.parametrize("order", list(permutations([0, 90, -3600])))
def test_the_worst_of_a_look_counts(
    serve: Serve, connect: Connect, clock: Clock, order: tuple[int, ...]
) -> None:
    """A true Date after a wrong one makes no clock right; the next look begins anew."""
    dates = iter([written(clock.now() + timedelta(seconds=ahead)) for ahead in (*order, 0)])
    connection = connect(serve(lambda _: (200, {}, {"Date": next(dates)})))
    for _ in order:
        connection.get("/x")
    assert connection.skew_seconds == -3599
    connection.begin_look()
    anew: float | None = connection.skew_seconds
    assert anew is None
    connection.get("/x")
    assert connection.skew_seconds == 0


def test_a_refusal_need_not_tell_the_time(serve: Serve, connect: Connect, clock: Clock) -> None:
    """Nothing rests on an answer that gives nothing, like a gateway's 503."""
    answers: Iterator[Any] = iter([(503, {}, {}), (200, {}, {"Date": written(clock.now())})])
    connection = connect(serve(lambda _: next(answers)))
    connection.get("/x")
    assert connection.skew_seconds == 0


def test_threads_count_together(serve: Serve, connect: Connect) -> None:
    """Requests of all threads are counted, each thread on a client of its own."""
    connection = connect(serve(lambda _: {}))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: connection.get("/x"), range(40)))
    assert connection.requests == 40
    assert 1 <= len(connection._clients) <= 4


@pytest.mark.parametrize("key", ["", " padded", "new\nline", "ümlaut", "tab\t"])
def test_a_key_that_cannot_travel_is_refused_without_being_shown(
    connect: Connect, key: str
) -> None:
    """A key that fits in no header is a configuration error that does not repeat it."""
    with pytest.raises(ConfigurationError) as caught:
        connect("http://127.0.0.1:1", key=key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["acme", "ftp://x", "http://", "http://h:port", "http://h?x=1", "http://[::1"]
)
def test_what_is_no_address_is_refused(connect: Connect, url: str) -> None:
    """An address that is none is a configuration error before any request."""
    with pytest.raises(ConfigurationError, match="address"):
        connect(url)


def test_credentials_in_the_address_are_not_repeated(connect: Connect) -> None:
    """An address with a password in it is refused, and the password not shown."""
    with pytest.raises(ConfigurationError) as caught:
        connect("https://me:pa55@acme.aimms.cloud")
    assert "pa55" not in str(caught.value)


def test_this_machine_is_never_reached_through_a_proxy(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy from the environment is not asked for a loopback address."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert connect(serve(lambda _: {})).get("/x") == b"{}"


def test_a_client_can_be_handed_in(connect: Connect) -> None:
    """Any maker of httpx clients serves, so that an application can be tested without a socket."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, content=request.headers["apiKey"].encode())
    )
    connection = connect("http://testserver", client_factory=lambda: Client(transport=transport))
    assert connection.get("/x") == KEY.encode()


def test_closing_twice_is_fine(serve: Serve, connect: Connect) -> None:
    """A connection is a context manager and may be closed again."""
    with connect(serve(lambda _: {})) as connection:
        connection.get("/x")
    connection.close()
