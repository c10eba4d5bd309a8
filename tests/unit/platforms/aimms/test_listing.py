"""A list is read completely, or reported as incomplete, whatever the server makes of what it was
asked.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import examples

from reaper.errors import AccountError, ServerFault, Unauthorized, Unintelligible
from reaper.platforms.aimms import listing as listing_module
from reaper.platforms.aimms.listing import read_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scripted_server import Answer, Asked, Connect, InProcess, MakeItem, Serve, Served

    from reaper.platforms.aimms.listing import Listing

    MakeFleet = Callable[..., "Fleet"]
    Read = Callable[..., tuple[Listing, Served]]


def ids(listing: Listing) -> list[str]:
    return [session.id for session in listing.sessions]


class Fleet:
    """A list API over `items` that can be told to misbehave."""

    def __init__(self, items: list[Any], cap: int = 1000) -> None:
        self.items, self.cap = items, cap
        self.total: object = None
        self.before_page: Callable[[int], object] = lambda _number: None
        self.pages = 0

    def __call__(self, asked: Asked) -> dict[str, Any]:
        self.before_page(self.pages)
        self.pages += 1
        offset = int(asked.params["offset"])
        limit = min(int(asked.params.get("limit", 100)), self.cap)
        total = len(self.items) if self.total is None else self.total
        return {"total": total, "items": self.items[offset : offset + limit]}


@pytest.fixture
def fleet(item: MakeItem) -> MakeFleet:
    def make(count: int, cap: int = 1000) -> Fleet:
        return Fleet([item(number) for number in range(count)], cap)

    return make


@pytest.fixture
def listed(serve: Serve, connect: Connect) -> Read:
    def read(answer: Answer, filters: dict[str, str] | None = None) -> tuple[Listing, Served]:
        served = serve(answer)
        return read_list(connect(served), "/list", "webui", filters), served

    return read


@pytest.mark.parametrize(
    ("count", "cap", "requests"), [(0, 1000, 1), (1, 1000, 2), (1000, 1000, 2), (1001, 1000, 3)]
)
def test_a_quiet_list_is_read_in_few_requests(
    listed: Read, fleet: MakeFleet, count: int, cap: int, requests: int
) -> None:
    """A list that stands still is complete, with one request a thousand sessions and one past the
    end.
    """
    listing, served = listed(fleet(count, cap))
    assert (len(listing.sessions), listing.doubt) == (count, None)
    assert len(served.asked) == requests


def test_ten_thousand_take_twelve_requests(listed: Read, fleet: MakeFleet) -> None:
    """The overlap of one, and the look past the end, cost two requests in ten thousand sessions."""
    listing, served = listed(fleet(10_000))
    assert (len(set(ids(listing))), listing.doubt) == (10_000, None)
    assert len(served.asked) == 12


def test_the_largest_page_a_sort_and_filters_are_asked_for(listed: Read, fleet: MakeFleet) -> None:
    """What the server can do for us it is asked to do."""
    _, served = listed(fleet(1), {"user_name_equal_cs": "ann"})
    params = served.asked[0].params
    assert (params["limit"], params["sort"], params["offset"]) == ("1000", "created_at,id", "0")
    assert {"terminated", "Terminated", "finished", "completed", "failed", "crashed"} <= set(
        params["state_not_in"].split(",")
    )
    assert params["user_name_equal_cs"] == "ann"


@pytest.mark.parametrize("cap", [2, 7, 100, 999])
def test_a_capped_page_changes_nothing(listed: Read, fleet: MakeFleet, cap: int) -> None:
    """A server that gives less than was asked costs requests, not sessions."""
    listing, _ = listed(fleet(50 if cap < 10 else 1500, cap))
    assert len(listing.sessions) == (50 if cap < 10 else 1500)
    assert listing.doubt is None


def test_an_order_of_its_own_changes_nothing(listed: Read, fleet: MakeFleet) -> None:
    """A server that sorts otherwise is read as completely."""
    world = fleet(30, 7)
    world.items.reverse()
    listing, _ = listed(world)
    assert (len(listing.sessions), listing.doubt) == (30, None)


def test_an_ignored_filter_changes_nothing(listed: Read, fleet: MakeFleet, item: MakeItem) -> None:
    """Sessions that are over are left out here too, and unknown states kept."""
    world = fleet(2)
    world.items += [
        item(5, state="Terminated"),
        item(6, state="FAILED"),
        item(7, state="dreaming"),
        item(8, state=None),
    ]
    listing, _ = listed(world)
    assert [session.state for session in listing.sessions] == [
        "running",
        "running",
        "dreaming",
        None,
    ]
    assert listing.doubt is None


@pytest.mark.parametrize(
    "refused", [{"state_not_in"}, {"sort"}, {"limit"}, {"sort", "limit", "state_not_in"}]
)
@pytest.mark.parametrize("status", [400, 422])
def test_refused_wishes_are_given_up(
    listed: Read, fleet: MakeFleet, refused: set[str], status: int
) -> None:
    """A server that does not take a filter, a sort or the page size is asked without it."""
    world = fleet(250, 100)
    listing, _ = listed(lambda asked: (status, {}) if refused & set(asked.params) else world(asked))
    assert (len(listing.sessions), listing.doubt) == (250, None)


def test_a_server_that_takes_nothing_is_an_error(listed: Read) -> None:
    """When even the barest question is refused, there is no list."""
    with pytest.raises(AccountError, match="rejected"):
        listed(lambda _: (422, {"message": "no"}))


def test_a_list_that_moves_once_is_read_again(listed: Read, fleet: MakeFleet) -> None:
    """A session that ends between two pages makes the reading start over, and then it is
    complete.
    """
    world = fleet(20, 5)
    world.before_page = lambda number: world.items.pop(0) if number == 2 else None
    listing, _ = listed(world)
    assert (len(listing.sessions), listing.doubt) == (19, None)


def test_a_list_that_never_rests_is_incomplete(listed: Read, fleet: MakeFleet) -> None:
    """After three attempts everything that was seen is given, with the doubt."""
    world = fleet(1312, 600)
    world.before_page = lambda number: world.items.pop(0) if number % 2 else None
    listing, _ = listed(world)
    assert str(listing.doubt).startswith("webui: the list moved while it was read, 3 times (")
    assert "(1,202 of 1,309 seen)" in str(listing.doubt)
    assert len(listing.sessions) == 1202


def test_new_sessions_at_the_end_do_not_matter(
    listed: Read, fleet: MakeFleet, item: MakeItem
) -> None:
    """A list that only grows at its end is complete when its last total is reached."""
    world = fleet(10, 5)
    world.before_page = lambda number: (
        world.items.append(item(100 + number)) if number < 2 else None
    )
    listing, _ = listed(world)
    assert (len(listing.sessions), listing.doubt) == (12, None)


@pytest.mark.parametrize("total", [-5, "many", None, 2.5])
def test_without_a_total_nothing_is_complete(listed: Read, fleet: MakeFleet, total: object) -> None:
    """A total that is none leaves everything that could be read, and a doubt."""
    world = fleet(12, 5)
    listing, _ = listed(lambda asked: {**world(asked), "total": total})
    assert len(listing.sessions) == 12
    assert "no usable total" in str(listing.doubt)


@pytest.mark.parametrize("total", [11, 25, 5, 0, 10**12])
def test_a_wrong_total_is_a_doubt(listed: Read, fleet: MakeFleet, total: object) -> None:
    """A total that differs from what comes is never a complete list."""
    world = fleet(10, 10)
    world.total = total
    listing, served = listed(world)
    assert len(listing.sessions) == 10
    assert listing.doubt
    assert len(served.asked) < 20


@pytest.mark.parametrize("cap", [1, 7, 100])
def test_a_total_that_counts_the_page_hides_nobody(
    listed: Read, fleet: MakeFleet, cap: int
) -> None:
    """A server whose total is that of the page is read past it, and is either read whole or not
    believed.
    """
    world = fleet(250 if cap > 1 else 3, cap)

    def answer(asked: Asked) -> object:
        page = world(asked)
        return {**page, "total": len(page["items"])}

    listing, _ = listed(answer)
    assert listing.doubt
    assert cap == 1 or len(listing.sessions) == len(world.items)


def test_a_total_that_is_wrong_on_the_first_page_hides_nobody(
    listed: Read, fleet: MakeFleet
) -> None:
    """Where the total of the last page is the true one, the list is read to its end and
    complete.
    """
    world = fleet(250, 100)
    listing, _ = listed(
        lambda asked: {**world(asked), "total": 100 if asked.params["offset"] == "0" else 250}
    )
    assert (len(listing.sessions), listing.doubt) == (250, None)


def test_an_ignored_offset_is_a_doubt(listed: Read, fleet: MakeFleet) -> None:
    """A server that gives the first page for every offset is not believed to have no more."""
    world = fleet(30, 10)
    listing, _ = listed(lambda asked: world(asked) | {"items": world.items[:10]})
    assert len(listing.sessions) == 10
    assert listing.doubt


def test_an_id_that_comes_twice_is_a_doubt(listed: Read, fleet: MakeFleet) -> None:
    """The same session at two places of one list is a list that cannot be trusted."""
    world = fleet(5)
    world.items.append(world.items[0])
    listing, _ = listed(world)
    assert len(listing.sessions) == 5
    assert "came twice" in str(listing.doubt)


def test_an_endless_list_ends(
    listed: Read, item: MakeItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that always has more cannot hold a look for ever."""
    monkeypatch.setattr(listing_module, "MOST_ENTRIES", 5000)

    def endless(asked: Asked) -> object:
        offset = int(asked.params["offset"])
        return {
            "total": offset + 10**6,
            "items": [item(offset + n, description=...) for n in range(1000)],
        }

    listing, served = listed(endless)
    assert "does not end" in str(listing.doubt)
    assert len(served.asked) < 10


def test_malformed_entries_cost_only_themselves(
    listed: Read, fleet: MakeFleet, item: MakeItem
) -> None:
    """Entries that are no sessions are reported, and the list is complete all the same."""
    world = fleet(10, 4)
    for place, junk in ((3, None), (4, None), (7, {"id": 5}), (9, item(50, kind="solve"))):
        world.items.insert(place, junk)
    listing, _ = listed(world)
    assert (len(listing.sessions), len(listing.unreadable), listing.doubt) == (10, 4, None)


def test_a_list_that_breaks_off_keeps_what_came(listed: Read, fleet: MakeFleet) -> None:
    """A server that fails in the middle leaves what was read, and a doubt."""
    world = fleet(20, 5)
    listing, _ = listed(lambda asked: world(asked) if world.pages < 2 else (500, {}))
    assert len(listing.sessions) == 9
    assert "broke off" in str(listing.doubt)


@pytest.mark.parametrize(
    ("answer", "error"),
    [((500, {}), ServerFault), ((401, {}), Unauthorized), (b"<html>", Unintelligible)],
)
def test_without_a_first_page_there_is_an_error(
    listed: Read, answer: object, error: type[AccountError]
) -> None:
    """A list of which nothing came is an error, not an empty list."""
    with pytest.raises(error):
        listed(lambda _: answer)


def test_a_key_that_expires_in_the_middle_is_an_error(listed: Read, fleet: MakeFleet) -> None:
    """A refused key is never a mere doubt."""
    world = fleet(20, 5)
    with pytest.raises(Unauthorized):
        listed(lambda asked: world(asked) if world.pages < 2 else (401, {}))


@given(
    count=st.integers(0, 30),
    cap=st.integers(1, 12),
    changes=st.lists(
        st.tuples(st.sampled_from(["end", "start", "still"]), st.integers(0, 40)), max_size=25
    ),
    place_new=st.sampled_from([0, None]),
)
@examples(300)
def test_a_moving_list_is_complete_or_says_so(
    count: int,
    cap: int,
    changes: list[tuple[str, int]],
    place_new: int | None,
    in_process: InProcess,
) -> None:
    """Every session that was there during the whole reading is in the list, unless the list says it
    is incomplete.
    """
    items = [{"id": f"s{number}", "state": "running"} for number in range(count)]
    there_all_along = {sent["id"] for sent in items}
    changing, fresh = iter(changes), itertools.count()
    first = True

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal first
        change, place = next(changing, ("still", 0)) if not first else ("still", 0)
        first = False
        if change == "end" and items:
            there_all_along.discard(items.pop(place % len(items))["id"])
        if change == "start":
            items.insert(
                len(items) if place_new is None else 0,
                {"id": f"new{next(fresh)}", "state": "running"},
            )
        offset = int(request.url.params["offset"])
        return httpx.Response(
            200, content=json.dumps({"total": len(items), "items": items[offset : offset + cap]})
        )

    listing = read_list(in_process(answer), "/list", "webui")
    assert listing.doubt is not None or there_all_along <= set(ids(listing))
