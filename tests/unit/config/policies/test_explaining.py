"""What a model refuses, in words that a person can act on."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from reaper.config.located_yaml import explain, parse
from reaper.core.language.policy import PolicyDocument


def policy_problems(text: str) -> list[str]:
    return problems(text, PolicyDocument, noun="rule")


def problems(
    text: str, model: type[BaseModel], *, known: bool = True, noun: str = "choice"
) -> list[str]:
    located = parse(text, "f.yaml")
    with pytest.raises(ValidationError) as refused:
        model.model_validate(located.value)
    return [
        str(one) for one in explain(refused.value, located, model if known else None, noun=noun)
    ]


RULES = (
    "valid rules are idle, age, running_for, queued, gb_hours, unreachable_for, orphan, owner_sessions, "
    "seats, always, any, all, not"
)
FIELDS = "kind, state, app, app_version, owner, environment, name, description"
KEYS = f"valid keys are {FIELDS}, reason, until"
OUTER = "valid keys are inner, many, named, either, words"
INNER = "valid keys are url, api_key, size, share, file, on"


@pytest.mark.parametrize(
    ("rule", "column", "message"),
    [
        ("{idel: 2h}", 2, f"'idel' is not a rule; did you mean 'idle'? {RULES}"),
        ("{size: 2h}", 2, f"'size' is not a rule; {RULES}"),
        (
            "{idle: 2h, age: 3h}",
            1,
            (
                "2 rules ('idle', 'age') where only one is allowed; put them into a list under 'any:' "
                "or 'all:'"
            ),
        ),
        (
            "{age: 2h, over: 3}",
            1,
            f"'over' is not allowed here; a rule is a mapping with one key; {RULES}",
        ),
        ("{}", 1, f"an empty mapping is not a rule; {RULES}"),
        ("2h", 1, f"'2h' is not a rule; write a mapping with one key; {RULES}"),
        ("[{age: 2h}]", 1, f"a list is not a rule; put them under 'any:' or 'all:'; {RULES}"),
        ("{any: []}", 7, "this list is too short; write at least 1 entry"),
        (
            "{any: {age: 2h}}",
            7,
            "a mapping is not a list; start each entry with '- ', or write [one, other]",
        ),
        (
            "{not: {not: {age: 2}}}",
            19,
            "'2' is not a valid duration; write a number with its unit: '2h' or '2m'?",
        ),
        (
            "{not: {not: {age: 2h, foo: 1}}}",
            13,
            f"'foo' is not allowed here; a rule is a mapping with one key; {RULES}",
        ),
        (
            "{all: [{age: 2h}, {any: [{aeg: 2h}]}]}",
            27,
            f"'aeg' is not a rule; did you mean 'age'? {RULES}",
        ),
        ("{age: }", 6, "the value is missing; write one like 90m, 2h, 1h30m or 2d"),
        (
            "{idle: {over: 2h, kind: [webui]}}",
            19,
            "unknown key 'kind'; did you mean 'kinds'? valid keys are over, kinds",
        ),
        (
            "{idle: {kinds: [webui]}}",
            8,
            "the key 'over' is missing; add it: how long ago the last activity is",
        ),
        (
            "{idle: {over: 2h, kinds: [webiu]}}",
            27,
            "'webiu' is not one of webui, task, solve; did you mean 'webui'?",
        ),
        (
            "{owner_sessions: {over: '3'}}",
            25,
            "'3' is not a whole number; write one without quotes, like 3",
        ),
        ("{owner_sessions: {over: -1}}", 25, "'-1' is too small; the minimum is 0"),
        (
            "{owner_sessions: {over: 3, keep: latest}}",
            34,
            "'latest' is not one of newest, oldest, most_recently_active",
        ),
    ],
)
def test_rules(rule: str, column: int, message: str) -> None:
    """Each way to write a rule wrongly is told at its place with what would be right."""
    text = f"policies:\n- name: p\n  select: {{kind: webui}}\n  terminate_when:\n    {rule}\n"
    found = policy_problems(text)
    place = column + 4
    assert found == [f"f.yaml:5:{place}: {message}"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("{apps: x, reason: y}", f"7: unknown key 'apps'; did you mean 'app'? {KEYS}"),
        ("{app: x, reson: y}", f"15: unknown key 'reson'; did you mean 'reason'? {KEYS}"),
        ("{app: x, xyz: y, reason: z}", f"15: unknown key 'xyz'; {KEYS}"),
        ("{app: x}", "6: the key 'reason' is missing; add it: the reason; shown wherever the exemption decides"),
        ("{app: x, reason: 5}", "23: '5' is not a text; put it in quotes"),
        ("{app: x, reason: }", "22: the value is missing; put it in quotes"),
        ("{app: x, reason: ''}", "23: the text is empty; enter a value"),
        ("{app: x, reason: y, until: soon}", "33: 'soon' is not a valid day; write one like 2026-12-31"),
        ("{app_version: 1.10, reason: y}", "20: this is a number or truth value to YAML; put it in quotes"),
        (
            "{app: {no: x}, reason: y}",
            "12: write a name, a pattern with * and ?, a /regex/, a list of them, or {not: ...}",
        ),
        ("{reason: y}", f"6: an exemption names what it protects: one or more of {FIELDS}"),
        ("text", f"6: 'text' is not a mapping; write 'key: value'; {KEYS}"),
    ],
)  # fmt: skip
def test_exemptions(keys: str, message: str) -> None:
    """Each way to write an exemption wrongly is told in one line."""
    assert policy_problems(f"protect:\n  -  {keys}\n") == [f"f.yaml:2:{message}"]


def test_every_problem_is_told_in_file_order() -> None:
    """All that is wrong with a file is told at once."""
    text = (
        "policies:\n- name: A B\n  mode: on\n  select: {kind: x}\n  terminate_when: {age: x}\n  "
        "exempt: {}\npolicy: 1\n"
    )
    assert [one.split(": ")[0] for one in policy_problems(text)] == [
        *["f.yaml:2:9", "f.yaml:3:9", "f.yaml:4:18", "f.yaml:5:25", "f.yaml:6:11", "f.yaml:7:1"]
    ]


JARGON = (
    "input",
    "pydantic",
    "field",
    "dict",
    "tuple",
    "instance",
    "discriminator",
    "tag",
    "string",
    "extra",
)


@pytest.mark.parametrize(
    "wrong", ["5", "1.5", "true", "x", "''", "[]", "[x]", "[[]]", "{}", "{x: y}", "{not: }", ""]
)
@pytest.mark.parametrize(
    "key",
    [
        *[
            "name",
            "description",
            "mode",
            "select",
            "terminate_when",
            "exempt",
            "select: {app",
            "select: {kind",
        ],
        *[
            "terminate_when: {any",
            "terminate_when: {not",
            "terminate_when: {idle",
            "terminate_when: {age",
        ],
        *[
            "terminate_when: {owner_sessions",
            "terminate_when: {owner_sessions: {over",
            "exempt: [{until",
            "exempt: [",
        ],
        *[
            "terminate_when: {idle: {over",
            "terminate_when: {idle: {over: 2h, kinds",
            "exempt: [{reason",
            "other",
        ],
    ],
)
def test_no_jargon(key: str, wrong: str) -> None:
    """Whatever is written wherever, what is told is one line of a person's words for each
    mistake.
    """
    closing = "".join({"{": "}", "[": "]"}[one] for one in reversed(key) if one in "{[")
    colon = "" if key.endswith("[") else ": "
    located = parse(f"policies:\n- {key}{colon}{wrong}{closing}\n", "f.yaml")
    with pytest.raises(ValidationError) as refused:
        PolicyDocument.model_validate(located.value)
    for problem in explain(refused.value, located, PolicyDocument, noun="rule"):
        assert problem.line == 2
        assert not [word for word in JARGON if word in problem.message.lower().split(" ")]


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(pattern="^https", description="the tenant's root")] = "https://x"
    api_key: SecretStr | None = None
    size: int = Field(8, ge=1, le=32)
    share: float = Field(0.5, gt=0, lt=1)
    file: Path = Path()
    on: bool = True


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}
    either: Literal["auto", 1] | None = None
    words: list[Annotated[str, Field(max_length=3)]] = Field([], max_length=2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("iner: {}", f"1:1: unknown key 'iner'; did you mean 'inner'? {OUTER}"),
        ("inner: {urll: x}", f"1:9: unknown key 'urll'; did you mean 'url'? {INNER}"),
        ("inner: {url: ftp}", "1:14: 'ftp' is not valid; expected: the tenant's root"),
        ("many: [{size: 0}]", "1:15: '0' is too small; the minimum is 1"),
        ("many: [{size: 33}]", "1:15: '33' is too large; the maximum is 32"),
        ("many: [{size: 1.5}]", "1:15: '1.5' is not a whole number; write one without quotes, like 3"),
        ("many: [{size: many}]", "1:15: 'many' is not a whole number; write one without quotes, like 3"),
        ("inner: {share: 0}", "1:16: '0' is too small; it must be more than 0"),
        ("inner: {share: 1}", "1:16: '1' is too large; it must be less than 1"),
        ("inner: {share: x}", "1:16: 'x' is not a number; write only the number, without quotes or unit, like 0.5"),
        ("inner: {file: [x]}", "1:15: a list is not a path; write the name of a file or folder"),
        ("inner: {on: maybe}", "1:13: 'maybe' is not true or false; write one of the two, without quotes"),
        ("named: {one: {siz: 1}}", f"1:15: unknown key 'siz'; did you mean 'size'? {INNER}"),
        ("named: [1]", "1:8: a list is not a mapping; write 'key: value'"),
        ("either: atuo", "1:9: 'atuo' is not one of auto, 1; did you mean 'auto'?"),
        ("words: [abcd]", "1:9: this text is too long; at most 3 characters are allowed"),
        ("words: [a, b, c]", "1:8: this list is too long; at most 2 entries are allowed"),
        ("inner: {api_key: 12345}", "1:18: this value is not a text; put it in quotes"),
        ("inner: {api_key: [12345]}", "1:18: this value is not a text; put it in quotes"),
    ],
)  # fmt: skip
def test_any_model(text: str, told: str) -> None:
    """Other files than policies, like the settings, are explained the same way.

    A secret is not repeated.
    """
    assert problems(text, Outer) == [f"f.yaml:{told}"]


def test_without_its_model_nothing_is_repeated() -> None:
    """Where it is not known what may stand somewhere, the value may be a secret and is
    not shown.
    """
    told = problems("inner: {api_key: 12345, sise: 1}", Outer, known=False)
    assert told == [
        "f.yaml:1:18: this value is not a text; put it in quotes",
        "f.yaml:1:25: unknown key 'sise'",
    ]


class Own(BaseModel):
    x: int

    @field_validator("x")
    @classmethod
    def refuse(cls, _: int) -> int:
        raise PydanticCustomError("own", "{why}", {"why": "line one\nline two"})


def test_our_own_words_are_told_as_they_are() -> None:
    """An error that brings its own text is told in it, on one line."""
    assert problems("x: 1", Own) == ["f.yaml:1:4: line one\\nline two"]
