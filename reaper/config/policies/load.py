"""Policy files as people write them: every problem of every file at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import ValidationError

from reaper.config import located_yaml
from reaper.config.file_watch import FileWatch, yaml_files
from reaper.config.located_yaml import Located
from reaper.config.policies.holidays import calendar_of
from reaper.config.policies.lint import doubts, mistakes
from reaper.core.language.holidays import CALENDARS
from reaper.core.language.policy import WITHOUT_RULE, PolicyDocument, PolicySet
from reaper.core.language.selector import Way
from reaper.errors import FileProblems, PolicyProblems, Problem

_HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class LoadedPolicies:
    """The policies, what is doubtful about them although they load, and the files they came from.

    `written` holds what each file says, with the place of each part of it.
    """

    policies: PolicySet
    warnings: tuple[Problem, ...]
    files: tuple[Path, ...]
    written: tuple[tuple[Located, PolicyDocument], ...]


@dataclass(frozen=True)
class _Sheet:
    """One file that is YAML; `document` is None where the policies in it are not right."""

    located: Located
    document: PolicyDocument | None


def load_policies(path: Path, today: date) -> LoadedPolicies:
    """Read a policy file, or every *.yaml and *.yml directly in a folder.

    Hidden files are left out.

    `today` (in UTC) tells which exemptions are over. Raises FileProblems with every problem of
    every file.
    """
    files = _files(path)
    problems: list[Problem] = []
    sheets = [sheet for file in files if (sheet := _sheet(file, problems))]
    problems += _named_twice(sheets)
    problems += [
        one for sheet in sheets if sheet.document for one in mistakes(sheet.located, sheet.document)
    ]
    if problems:
        raise PolicyProblems(problems)
    read = [(sheet.located, sheet.document) for sheet in sheets if sheet.document is not None]
    policies = _together(read)
    if not policies.policies:
        hint = f"write one under 'policies:', or start from a ready-made one in {ready_made()}"
        raise _of_path(path, f"this file has no policies; {hint}")
    warnings = sorted(one for located, document in read for one in doubts(located, document, today))
    return LoadedPolicies(policies, tuple(warnings), tuple(files), tuple(read))


class PolicyReader:
    """The policies of a path as they stand when it is called.

    Loaded again only when what is written differs. Calling it raises FileProblems when what is
    written now is not right. Threads share this.
    """

    def __init__(self, path: Path, today: Callable[[], date]) -> None:
        self._path = path
        self._today = today
        self._files = FileWatch((path,))
        self._lock = Lock()
        self._policies: PolicySet | None = None

    def __call__(self) -> PolicySet:
        with self._lock:
            if self._files.changed():
                self._policies = None
            if self._policies is None:
                self._policies = load_policies(self._path, self._today()).policies
            return self._policies


def ready_made() -> Path:
    """The folder of the policies that come with the program."""
    shipped = _HERE / "_shipped" / "policies"
    return shipped if shipped.is_dir() else _HERE.parent / "policies"


def _files(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = yaml_files(path)
    except FileNotFoundError:
        raise _of_path(path, "no such file or folder; check the path") from None
    except OSError as error:
        raise _of_path(path, f"cannot be read: {error.strerror}") from None
    if not files:
        hint = f"copy a ready-made one from {ready_made()}"
        raise _of_path(path, f"this folder has no policy file (*.yaml or *.yml); {hint}")
    return files


def _of_path(path: Path, why: str) -> PolicyProblems:
    return PolicyProblems([Problem(str(path), 0, 0, why)])


def _sheet(file: Path, problems: list[Problem]) -> _Sheet | None:
    try:
        located = located_yaml.load(file)
    except FileProblems as error:
        problems += error.problems
        return None
    try:
        return _Sheet(
            located, PolicyDocument.model_validate(located.value, context={CALENDARS: calendar_of})
        )
    except ValidationError as error:
        explained = located_yaml.explain(error, located, PolicyDocument, noun="rule")
        problems += [*explained, *(one for one in _without_rule(located) if one not in explained)]
        return _Sheet(located, None)


def _named_twice(sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for sheet in sheets:
        for path, name in _names(sheet.located.value):
            if name in first:
                message = (
                    f"a policy named '{name}' is already defined at {first[name]}; give one of them "
                    "another name"
                )
                yield sheet.located.problem(path, message, code="name-twice")
            else:
                line, column = sheet.located.mark(path)
                first[name] = f"{sheet.located.file}:{line}:{column}"


def _without_rule(located: Located) -> Iterator[Problem]:
    """Policies that do not say what ends a session.

    The model tells that only of those that are right otherwise.
    """
    for way, policy in _policies(located.value):
        if not any(located_yaml.closest(key, ("terminate_when", "delete_when")) for key in policy):
            yield located.problem(way, WITHOUT_RULE, code="missing-key")


def _names(value: object) -> Iterator[tuple[Way, str]]:
    """The names as they were written, also of policies that are not right."""
    for way, policy in _policies(value):
        if isinstance(policy.get("name"), str):
            yield (*way, "name"), policy["name"]


def _policies(value: object) -> Iterator[tuple[Way, dict[str, Any]]]:
    """What is written under `policies`, as far as it looks like policies."""
    policies = value.get("policies") if isinstance(value, dict) else None
    for number, policy in enumerate(policies if isinstance(policies, list) else ()):
        if isinstance(policy, dict):
            yield ("policies", number), policy


def _together(read: Sequence[tuple[Located, PolicyDocument]]) -> PolicySet:
    return PolicySet(
        tuple(policy for _, document in read for policy in document.policies),
        tuple(exemption for _, document in read for exemption in document.protect),
        {
            policy.name: located.source(("policies", number))
            for located, document in read
            for number, policy in enumerate(document.policies)
        },
    )
