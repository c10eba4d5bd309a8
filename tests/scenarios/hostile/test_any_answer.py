"""No answer, however it is made, costs much memory or time, shows a key, or ends in a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from threading import Event

import pytest
from support.raw_answers import ANSWERS, KEY
from support.raw_requests import REQUESTS, Where, cost_of
from support.raw_server import number_of, play, raw_server

MOST_MEBIBYTES = 200
READ, SLACK = 6, 10.0  # timeouts that a read may take, and seconds for a machine that is busy
SHORT = 0.3
QUICK = (
    "redirect to about:blank",
    "redirect that holds the key across the cut",
    "gzip in gzip, half a gigabyte",
    "gzip, half a gigabyte",
    "a body without end",
    "15,000 headers",
    "60 kB of cookies",
    "401 with the key across the cut",
    "429, wait a minute",
    "a page of half a million tiny entries",
    "380,000 texts",
    "merge keys of 561 bytes",
    "4 MB of YAML in small pieces",
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with raw_server() as number:
        yield number


def check(port: int, name: str, request: str, timeout: float) -> None:
    play(port, name)
    url = f"http://127.0.0.1:{port}/{number_of(name)}"
    cost = cost_of(REQUESTS[request], Where(url, port, timeout, Event()))
    assert cost.mebibytes <= MOST_MEBIBYTES
    assert cost.seconds <= 2 * READ * timeout + SLACK  # the document is asked for twice
    assert "\n" not in cost.told
    assert KEY[:20] not in cost.told


@pytest.mark.parametrize("number", range(len(QUICK)))
def test_one_of_each_sort_costs_little(port: int, number: int) -> None:
    """One of the requests bears it in a sentence, within its bounds."""
    check(port, QUICK[number], list(REQUESTS)[number % len(REQUESTS)], SHORT)


@pytest.mark.parametrize("request_", ["terminate", "webhook", "mail"])
def test_what_drips_is_given_up(port: int, request_: str) -> None:
    """A byte now and then holds up nobody for longer than the whole exchange may take."""
    check(port, "a header byte now and then", request_, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_no_answer_costs_much(port: int, number: int) -> None:
    """Every answer that we could think of, each to one of the requests; `make endure` plays each
    to all of them.
    """
    assert len(ANSWERS) >= 60
    requests = list(REQUESTS) if "REAPER_ENDURE_MINUTES" in os.environ else [list(REQUESTS)[number]]
    for name in list(ANSWERS)[number :: len(REQUESTS)]:
        for request in requests:
            check(port, name, request, SHORT)


def test_a_termination_is_what_its_status_says(port: int) -> None:
    """A success is one, whatever comes behind it."""
    for name in ("gzip in gzip, half a gigabyte", "a body without end", "a body that drips"):
        play(port, name)
        url = f"http://127.0.0.1:{port}/{number_of(name)}"
        assert REQUESTS["terminate"](Where(url, port, SHORT, Event())) == "read: NoneType"
