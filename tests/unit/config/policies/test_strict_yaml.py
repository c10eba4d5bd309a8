"""Strict YAML 1.2: what is plain text stays text, what is doubtful is told, each at its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import examples

from reaper.config.located_yaml import load, parse
from reaper.errors import FileProblems

BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))


def told(text: str) -> list[str]:
    with pytest.raises(FileProblems) as problems:
        parse(text, "f.yaml")
    return [str(one) for one in problems.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[
            ("no", "no"),
            ("on", "on"),
            ("12:30", "12:30"),
            ("1:30", "1:30"),
            ("2026-12-31", "2026-12-31"),
        ],
        *[
            ("'5'", "5"),
            ("5", 5),
            ("010", 10),
            ("1_000", "1_000"),
            ("1.5", 1.5),
            ("true", True),
            ("", None),
        ],
        *[("svc-*@*", "svc-*@*"), ("[a, b]", ["a", "b"]), ("<<", "<<"), ("=", "=")],
    ],
)
def test_values_are_yaml_1_2(written: str, value: object) -> None:
    """Only what YAML 1.2 calls a number, truth value or nothing is one.

    All else is the text that was written.
    """
    assert parse(f"key: {written}\n", "f.yaml").value == {"key": value}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' is written twice"),
        ("a:\n\t- b\n", "2:1", "a tab is not allowed here; indent with spaces"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document starts here"),
        ("", "1:1", "the file is empty"),
        ("# nothing\n", "1:1", "the file is empty"),
        ("a: !!python/object:os.system x\n", "1:4", "tags (!...) are not allowed"),
        ("a: !!python/object/apply:os.system [ls]\n", "1:4", "tags (!...) are not allowed"),
        ("a: !secret x\n", "1:4", "tags (!...) are not allowed"),
        ("a: !!str 5\n", "1:4", "tags (!...) are not allowed"),
        ("a: !e!x 5\n", "1:4", "tags (!...) are not allowed"),
        ("owner: *@Planning\n", "1:9", "must be quoted, like '*@Planning'"),
        ("owner: *Planning\n", "1:8", "must be quoted, like '*@Planning'"),
        ("owner: @ROOT\n", "1:8", "put it in quotes"),
        ("a: b: c\n", "1:5", "put a text that contains ': ' in quotes"),
        ("- a: 1\n  b: 2\n c: 3\n", "3:2", "indentation"),
        ("a: 'b\n", "1:4", "a quote is never closed"),
        ("a: [b\n", "2:1", "is not closed"),
        ("a: {b: c]\n", "1:9", "write ', ' or '}'"),
        ('a: "\\q"\n', "1:6", "write 'single quotes'"),
        ("a: b\nc\n", "2:1", "write 'key: value'"),
        ("2: a\n", "1:1", "write '2': in quotes"),
        ("[a]: b\n", "1:1", "not a list or mapping"),
        (": b\n", "1:1", "a key is missing"),
        ("a: {: b}\n", "1:5", "a key is missing"),
        ("a: {b: [c\n", "2:1", "not closed"),
        ("a: [b, {\n", "2:1", "close what was opened"),
        ("a: &a [*a]\n", "1:4", "endless"),
        (f"a: {'9' * 5000}\n", "1:4", "too long"),
        ("a: x\x07\n", "1:5", "a control character (U+0007)"),
        ('a: "\\ud800"\n', "1:4", "half of a character"),
        ('"\\ud800": a\n', "1:1", "half of a character"),
        ("a: " + "[" * 60 + "\n", "1:53", "levels deep"),
        (BOMB, "1:13", "endless"),
        (CHAIN, "1:10", "endless"),
    ],
)
def test_what_is_not_allowed(text: str, place: str, words: str) -> None:
    """Each thing that is no plain YAML is told with its line and column and what would be right."""
    (problem,) = told(text)
    assert problem.startswith(f"f.yaml:{place}: ")
    assert words in problem


def test_all_is_told_at_once() -> None:
    """Every doubled key and every tag of a file is told, not the first alone."""
    found = told("a: 1\na: 2\nb: {c: 1, c: !x 2}\nd: !y z\nd: 3\n")
    assert [one.split(" ")[0] for one in found] == [
        f"f.yaml:{at}:" for at in ("2:1", "3:11", "3:14", "4:4", "5:1")
    ]


def test_a_secret_is_not_repeated() -> None:
    """A password that upsets the parser does not appear in what is told."""
    for secret in ("*Pa55word", "!Pa55word", "@Pa55word", "%Pa55word", "'Pa55word", "Pa55word: x"):
        assert "Pa55" not in "".join(told(f"password: {secret}\n"))


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        (b"a: b\nc: \xe9t\xe9\n", ":2:4", "save the file as UTF-8"),
        ("a: b".encode("utf-16"), ":1:1", "save the file as UTF-8"),
        ("é: é".encode() + b"\xff", ":1:5", "save the file as UTF-8"),
        (b"a: " + b"x" * (1 << 20), "", "over 1 MiB"),
    ],
)
def test_what_is_no_text_of_a_fair_size(raw: bytes, place: str, words: str, tmp_path: Path) -> None:
    """A file that is not UTF-8 is told with its first wrong byte; one over 1 MiB is not read."""
    file = tmp_path / "f.yaml"
    file.write_bytes(raw)
    with pytest.raises(FileProblems) as problems:
        load(file)
    assert str(problems.value).startswith(f"{file}{place}: ")
    assert words in str(problems.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """What some editors put in front of UTF-8 is left out."""
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: b\r\nc: d\r\n")
    assert load(file).value == {"a": "b", "c": "d"}
    assert load(file).key_mark(("c",)) == (2, 1)


@pytest.mark.parametrize("name", ["missing.yaml", "folder"])
def test_a_file_that_cannot_be_read_is_a_problem(name: str, tmp_path: Path) -> None:
    """A path that is no readable file is told as a problem, not as a traceback."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileProblems, match=r"there is no such file|cannot be read: it is a folder"):
        load(tmp_path / name)


def test_shared_parts_may_be_written_once() -> None:
    """An anchor and its alias are the same value in two places."""
    assert parse("a: &x {b: [1, 2]}\nc: *x\n", "f.yaml").value == {
        "a": {"b": [1, 2]},
        "c": {"b": [1, 2]},
    }


PLACES = """\
policies:
  - name: one  # first
    select: {kind: webui}

  # about the second
  - name: two
    any:
      - idle: 2h  # two hours

# the end
"""


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ((), (1, 1)),
        (("policies",), (2, 3)),
        (("policies", 0), (2, 5)),
        (("policies", 0, "name"), (2, 11)),
        (("policies", 0, "select", "kind"), (3, 20)),
        (("policies", 1, "any", "any", 0, "idle", "idle", "over"), (8, 15)),
        (("policies", 1, "missing"), (6, 5)),
        (("policies", 7), (2, 3)),
    ],
)
def test_marks(path: tuple[int | str, ...], mark: tuple[int, int]) -> None:
    """Each value's place is found; what is not in the file, like a union's tag, is skipped."""
    assert parse(PLACES, "f.yaml").mark(path) == mark


def test_key_marks() -> None:
    """A key's own place is found; that of its parent where there is no such key."""
    located = parse(PLACES, "f.yaml")
    assert located.key_mark(("policies", 1, "any")) == (7, 5)
    assert located.key_mark(("policies", 1, "missing")) == (6, 5)


def test_sources() -> None:
    """A part of a file is cut out as it was written, with its comments and without its
    neighbours'.
    """
    located = parse(PLACES, "f.yaml")
    assert located.source(("policies", 0)) == "name: one  # first\nselect: {kind: webui}\n"
    assert located.source(("policies", 1)) == "name: two\nany:\n  - idle: 2h  # two hours\n"
    assert located.source(("policies", 0, "select")) == "{kind: webui}\n"
    assert parse("a: [{b: c}, {d: e}]", "f.yaml").source(("a", 0)) == "{b: c}\n"


@examples(150)
@given(st.text(st.sampled_from("ab:-[]{}*&!|>'\"#%@,? \n\t\x00\\é0123"), max_size=40))
def test_nothing_crashes_the_reader(text: str) -> None:
    """Any text is a value, or problems that each have a place and one line."""
    try:
        problems = [parse(text, "f.yaml").problem((), "none")]
    except FileProblems as error:
        problems = error.problems
    assert problems
    assert all(one.line >= 1 and one.column >= 1 and "\n" not in str(one) for one in problems)
