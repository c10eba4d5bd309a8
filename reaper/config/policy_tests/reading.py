"""Case files: found beside the policies that they try, and read with every mistake at once."""

from __future__ import annotations

import os.path
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from reaper.config import located_yaml
from reaper.config.located_yaml import Located
from reaper.config.policies.load import LoadedPolicies, load_policies
from reaper.config.policy_tests.checks import check_case
from reaper.config.policy_tests.model import CaseDocument
from reaper.core.language.policy import Mode, PolicySet
from reaper.errors import FileProblems, PolicyProblems, Problem

FOLDER = "tests"
_SUFFIXES = frozenset({".yaml", ".yml"})
_LONG_AGO = date(
    1970, 1, 1
)  # no exemption has ended then: what a case says of the day counts, not today


@dataclass(frozen=True)
class CaseFile:
    """A case file with the policies that its cases try."""

    located: Located
    document: CaseDocument
    judged_by: LoadedPolicies

    @cached_property
    def policies(self) -> PolicySet:
        """What the cases are judged by.

        The policies in their own modes, or all as if they were enforced.
        """
        policies = self.judged_by.policies
        if self.document.mode is None:
            return policies
        mode = {"mode": Mode(self.document.mode)}
        return replace(
            policies, policies=tuple(p.model_copy(update=mode) for p in policies.policies)
        )

    def line(self, *way: int | str) -> int:
        """The line in which something of the file stands."""
        return self.located.mark(way)[0]


@dataclass(frozen=True)
class Suite:
    """The case files of a path, and all policies that they are there to try."""

    files: tuple[CaseFile, ...]
    subjects: tuple[LoadedPolicies, ...]


def load_cases(path: Path) -> Suite:
    """The cases of a path.

    A folder of policies with its tests/, a case file, or a policy file that some try.

    Raises FileProblems with every problem of every file, also of the policies, and where there is
    no case.
    """
    try:
        return _suite(path)
    except OSError as error:
        raise _nothing(path, f"cannot be read: {error.strerror}") from None


def _suite(path: Path) -> Suite:
    problems: list[Problem] = []
    policies = _Policies(problems)
    read = [
        case_file for file in _case_files(path) if (case_file := _read(file, policies, problems))
    ]
    own = policies.at(path) if any(map(_is_yaml, path.glob("*"))) and path.name != FOLDER else None
    if problems:
        raise PolicyProblems(list(dict.fromkeys(problems)))
    tried = _of_policy_file(path, read) if _is_policy_file(path) else read
    return Suite(tuple(tried), (*(one.judged_by for one in tried), *filter(None, [own])))


def _of_policy_file(path: Path, read: list[CaseFile]) -> list[CaseFile]:
    files = [
        one for one in read if [file.resolve() for file in one.judged_by.files] == [path.resolve()]
    ]
    if not files:
        raise _nothing(
            path,
            f"no case file in {path.parent / FOLDER} says 'policies: ../{path.name}'; write one",
        )
    return files


def _is_policy_file(path: Path) -> bool:
    return path.is_file() and (path.parent / FOLDER).is_dir()


def _case_files(path: Path) -> list[Path]:
    if path.is_file() and not _is_policy_file(path):
        return [path]
    folder = path.parent if path.is_file() else path
    if not folder.is_dir():
        raise _nothing(path, "no such file or folder; check the path")
    folder = folder if folder.name == FOLDER and not (folder / FOLDER).is_dir() else folder / FOLDER
    files = sorted(filter(_is_yaml, folder.glob("*")))
    if not files:
        raise _nothing(
            folder, "no case file (*.yaml) is here; docs/testing-policies.md tells how to write one"
        )
    return files


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _nothing(path: Path, why: str) -> FileProblems:
    return PolicyProblems([Problem(str(path), 0, 0, why)])


class _Policies:
    """The policies that cases name, each read once; what is wrong with them is told once."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._read: dict[Path, LoadedPolicies | None] = {}

    def of(self, located: Located, written: str | None) -> LoadedPolicies | None:
        file = Path(located.file)
        path = Path(os.path.normpath(file.parent / (written or "..")))
        if written and not path.exists():
            message = (
                f"'{written}' is not there; name a policy file or folder, relative to this file"
            )
            self._problems.append(located.problem(("policies",), message))
            return None
        return self.at(path)

    def at(self, path: Path) -> LoadedPolicies | None:
        if path not in self._read:
            self._read[path] = self._load(path)
        return self._read[path]

    def _load(self, path: Path) -> LoadedPolicies | None:
        try:
            return load_policies(path, _LONG_AGO)
        except FileProblems as error:
            self._problems += error.problems
            return None


def _read(file: Path, policies: _Policies, problems: list[Problem]) -> CaseFile | None:
    try:
        located = located_yaml.load(file)
    except FileProblems as error:
        problems += error.problems
        return None
    judged_by = policies.of(located, _named(located.value))
    try:
        document = CaseDocument.model_validate(located.value)
    except ValidationError as error:
        problems += located_yaml.explain(error, located, CaseDocument)
        return None
    names = [p.name for p in judged_by.policies.policies] if judged_by else None
    problems += (
        slip
        for number, case in enumerate(document.cases)
        for slip in check_case(located, number, case, names)
    )
    return CaseFile(located, document, judged_by) if judged_by else None


def _named(written: object) -> str | None:
    """The policies that a file names, also where the rest of it is not right."""
    named = written.get("policies") if isinstance(written, dict) else None
    return named if isinstance(named, str) else None
