"""Policy files as people write them: every problem of every file at once, each with its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from reaper import located_yaml
from reaper.calendars import calendar_of
from reaper.core.holidays import CALENDARS
from reaper.core.policy import (
    AllOf,
    AnyOf,
    Ended,
    Idle,
    Leaf,
    Not,
    OwnerSessions,
    Policy,
    PolicyDocument,
    PolicySet,
    Rule,
)
from reaper.core.selector import Exemption
from reaper.core.session import WEBUI
from reaper.errors import FileProblems, Problem
from reaper.located_yaml import Located

_SUFFIXES = frozenset({".yaml", ".yml"})
_HERE = Path(__file__).resolve().parent

Way = tuple[int | str, ...]


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
    """Read a policy file, or every *.yaml and *.yml directly in a folder; hidden files are left out.

    `today` (in UTC) tells which exemptions are over. Raises FileProblems with every problem of every file.
    """
    files = _files(path)
    problems: list[Problem] = []
    sheets = [sheet for file in files if (sheet := _sheet(file, problems))]
    problems += _named_twice(sheets)
    if problems:
        raise FileProblems(problems)
    read = [(sheet.located, sheet.document) for sheet in sheets if sheet.document is not None]
    policies = _together(read)
    if not policies.policies:
        hint = f"write one under 'policies:', or start from a ready-made one in {ready_made()}"
        raise FileProblems([Problem(str(path), 0, 0, f"no policy is written here; {hint}")])
    warnings = sorted(one for located, document in read for one in _doubts(located, document, today))
    return LoadedPolicies(policies, tuple(warnings), tuple(files), tuple(read))


class PolicyReader:
    """The policies of a path as they stand when it is called: read again only when a file changed, came or went.

    Calling it raises FileProblems when what is written now is not right.
    """

    def __init__(self, path: Path, loaded: LoadedPolicies, today: Callable[[], date]) -> None:
        self._path = path
        self._today = today
        self._policies = loaded.policies
        self._stamp = _stamp(loaded.files)

    def __call__(self) -> PolicySet:
        stamp = _stamp(_files(self._path))
        if stamp != self._stamp:
            self._policies = load_policies(self._path, self._today()).policies
            self._stamp = stamp
        return self._policies


def _stamp(files: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for file in files:
        with contextlib.suppress(OSError):  # gone between listing and looking: a change all the same
            status = file.stat()
            found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def ready_made() -> Path:
    """The folder of the policies that come with the program."""
    shipped = _HERE / "_shipped" / "policies"
    return shipped if shipped.is_dir() else _HERE.parent / "policies"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileProblems([Problem(str(path), 0, 0, "there is no such file or folder; check the path")])
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise FileProblems([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
    found = [p for p in inside if p.suffix.lower() in _SUFFIXES and not p.name.startswith(".") and not p.is_dir()]
    if not found:
        hint = f"copy a ready-made one from {ready_made()}"
        raise FileProblems([Problem(str(path), 0, 0, f"this folder holds no policy file (*.yaml or *.yml); {hint}")])
    return found


def _sheet(file: Path, problems: list[Problem]) -> _Sheet | None:
    try:
        located = located_yaml.load(file)
    except FileProblems as error:
        problems += error.problems
        return None
    try:
        return _Sheet(located, PolicyDocument.model_validate(located.value, context={CALENDARS: calendar_of}))
    except ValidationError as error:
        problems += located_yaml.explain(error, located, PolicyDocument, noun="rule")
        return _Sheet(located, None)


def _named_twice(sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for sheet in sheets:
        for path, name in _names(sheet.located.value):
            if name in first:
                message = f"a policy named '{name}' already stands at {first[name]}; give one of them another name"
                yield sheet.located.problem(path, message)
            else:
                line, column = sheet.located.mark(path)
                first[name] = f"{sheet.located.file}:{line}:{column}"


def _names(value: object) -> Iterator[tuple[Way, str]]:
    """The names as they were written, also of policies that are not right."""
    policies = value.get("policies") if isinstance(value, dict) else None
    for number, policy in enumerate(policies if isinstance(policies, list) else ()):
        if isinstance(policy, dict) and isinstance(policy.get("name"), str):
            yield ("policies", number, "name"), policy["name"]


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


def _doubts(located: Located, document: PolicyDocument, today: date) -> Iterator[Problem]:
    yield from _over(located, ("protect",), document.protect, today)
    for number, policy in enumerate(document.policies):
        at = ("policies", number)
        yield from _over(located, (*at, "exempt"), policy.exempt, today)
        if policy.until is not None and policy.until < today:
            ended = f"this policy ended with {policy.until} and judges nothing; remove it or set a later day"
            yield located.problem((*at, "until"), ended)
        for path, rule in leaf_places(policy, at):
            if (message := _doubt(policy, rule)) is not None:
                yield located.problem(path, message)


def _over(located: Located, at: Way, exemptions: Sequence[Exemption], today: date) -> Iterator[Problem]:
    for number, exemption in enumerate(exemptions):
        if exemption.until is not None and exemption.until < today:
            message = f"this exemption ended with {exemption.until} and protects nothing; remove it or set a later day"
            yield located.problem((*at, number, "until"), message)


def leaf_places(policy: Policy, at: Way) -> Iterator[tuple[Way, Leaf]]:
    """The policy's rules that look at a session, each with its way in the file; `at` is the policy's own."""
    return _leaves(policy.rule, (*at, "delete_when" if policy.deletes else "terminate_when"))


def _leaves(rule: Rule | Ended, at: Way) -> Iterator[tuple[Way, Leaf]]:
    match rule:
        case AnyOf(any=rules):
            for number, one in enumerate(rules):
                yield from _leaves(one, (*at, "any", number))
        case AllOf(all=rules):
            for number, one in enumerate(rules):
                yield from _leaves(one, (*at, "all", number))
        case Not(not_=inner):
            yield from _leaves(inner, (*at, "not"))
        case _:
            yield at, rule


def _doubt(policy: Policy, rule: Leaf) -> str | None:
    match rule:
        case Idle() if silent := (policy.select.kinds() & set(rule.kinds)) - {WEBUI}:
            which = " and ".join(sorted(silent))
            return f"a {which} session with a silent log mostly computes; be sure that 'idle' is meant, or take 'age'"
        case OwnerSessions() if rule.owner_sessions.over == 0:
            return "'over: 0' leaves no owner a running session; if that is not meant, write at least 1"
        case _:
            return None
