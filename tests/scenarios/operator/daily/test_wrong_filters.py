"""A filter that nothing on record can fit says so, and what was probably meant."""

from __future__ import annotations

import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import idle


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (("--owner", "ana@Planning"), "owner 'ana@Planning'; did you mean 'anna@Planning'?"),
        (("--account", "acmee"), "account 'acmee'; did you mean 'acme'?"),
        (("--policy", "idel"), "policy 'idel'; did you mean 'idle'?"),
        (("--session", "s9"), "nothing is on record of session 's9'"),
    ],
)
def test_a_wrong_filter_of_the_history(
    reaper: Cli, desk: Desk, filters: tuple[str, ...], words: str
) -> None:
    """Whatever the output; an answer that is empty for another reason says nothing."""
    desk.acme(idle("s1"))
    reaper("run")
    for output in ("table", "json", "csv"):
        found = reaper("history", *filters, "-o", output)
        assert (found.code, words in found.err) == (0, True)
    assert reaper("history", "--owner", "anna@*", "--outcome", "failed").err == ""
    assert "did you mean 'acme'?" in reaper("runs", "--account", "acm").err
    assert reaper("runs", "--account", "acme").err == ""
