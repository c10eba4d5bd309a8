"""The pages on policies say what the program does: every key is there, every example loads."""

import re
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from yamlcore import CoreLoader

from reaper.config.policies.load import load_policies, ready_made
from reaper.config.policies.schema import policy_schema
from reaper.core.language.policy import PolicyDocument
from reaper.core.language.rules import RULES
from reaper.errors import FileProblems

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    "policies",
    "selecting",
    "rules",
    "exemptions",
    "timing",
    "ready-made",
    "checking-policies",
]
TEXT = "".join((ROOT / "docs" / f"{page}.md").read_text("utf-8") for page in PAGES)
TODAY = date(2026, 11, 23)
NEEDED = {
    "name": "name: example",
    "select": "select: {kind: webui}",
    "terminate_when": "terminate_when: {age: 24h}",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def as_a_file(example: str) -> str:
    """An example as a file.

    One that shows only some keys of a policy gets those that it leaves out.
    """
    if re.search(r"^policies:", example, re.MULTILINE):
        return example
    missing = [
        line for key, line in NEEDED.items() if not re.search(rf"^{key}:", example, re.MULTILINE)
    ]
    policy = "\n".join([*missing, example])
    return "policies:\n  -\n" + textwrap.indent(policy, "    ")


def models(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The model and all that its fields can hold."""
    seen.add(model)
    for info in model.model_fields.values():
        for inner in set(models_in(info.annotation)) - seen:
            models(inner, seen)
    return seen


# annotations are anything
def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    choices: Any = getattr(annotation, "choices", tuple)()
    for argument in (*get_args(annotation), *get_args(choices)):
        yield from models_in(argument)


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_loads(example: str, tmp_path: Path) -> None:
    """Each example of the reference is a policy file that loads, or part of one."""
    file = tmp_path / "example.yaml"
    file.write_text(as_a_file(example), "utf-8")
    assert load_policies(file, TODAY).policies.policies


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_is_valid_by_the_schema(example: str) -> None:
    """A foreign validator finds nothing wrong with what the reference shows."""
    read = yaml.load(as_a_file(example), CoreLoader)  # noqa: S506 - it makes plain values only
    assert [
        error.message for error in Draft202012Validator(policy_schema()).iter_errors(read)
    ] == []


def test_the_answer_to_mistakes_is_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference shows the very lines that its wrong example is answered with."""
    (wrong,), (answer,) = blocks("yaml-with-mistakes"), blocks("text")
    monkeypatch.chdir(tmp_path)
    Path("policies.yaml").write_text(wrong, "utf-8")
    with pytest.raises(FileProblems) as told:
        load_policies(Path("policies.yaml"), TODAY)
    assert f"{told.value}\n" == answer


def test_every_key_is_documented_with_an_example() -> None:
    """Every key that a policy file can have is named in the reference and stands in one of its
    examples.
    """
    keys = {
        info.alias or name
        for model in models(PolicyDocument, set())
        for name, info in model.model_fields.items()
    }
    assert keys >= {"protect", "until", "keep", "kinds", "not", *RULES}
    examples = "".join(blocks("yaml"))
    assert not [key for key in sorted(keys) if f"`{key}`" not in TEXT]
    assert not [key for key in sorted(keys) if not re.search(rf"(^|[\s{{]){key}:", examples)]


@pytest.mark.parametrize("file", sorted(ready_made().glob("*.yaml")), ids=lambda file: file.name)
def test_every_ready_made_policy_is_documented(file: Path) -> None:
    """The reference names each file and policy that comes with the program."""
    names = [policy.name for policy in load_policies(file, TODAY).policies.policies]
    assert all(f"`{name}`" in TEXT for name in (file.name, *names))


def test_every_documented_code_is_one_of_the_programs() -> None:
    """The table of codes names none that is not given.

    Tests/unit/config/policies/test_lint.py gives them.
    """
    table = TEXT[TEXT.index("| code | what |") :]
    codes = {
        code
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for code in re.findall(r"`([^`]+)`", row)
    }
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "reaper").rglob("*.py"))
    assert [code for code in sorted(codes) if f'"{code}"' not in sources] == []
    assert len(codes) > 20
