"""Policy files: check them, try the cases beside them, describe their shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reaper import files
from reaper.clock import SYSTEM_CLOCK
from reaper.config.policies.load import load_policies
from reaper.config.policies.schema import schema_text
from reaper.config.policy_tests import (
    CaseFile,
    CaseResult,
    Coverage,
    coverage,
    load_cases,
    run_case,
)
from reaper.config.settings.model import Settings
from reaper.core.language.policy import PolicySet
from reaper.errors import (
    DONE,
    SOME_FAILED,
    UNREACHABLE,
    USAGE,
    ConfigurationError,
    FileProblems,
    Problem,
)
from reaper.ports import Clock, Tell
from reaper.usecases.configuration import nobody_to_tell
from reaper.usecases.live import LiveMatches, live_matches

__all__ = [
    "Checked",
    "Coverage",
    "Trials",
    "Tried",
    "check",
    "schema_text",
    "try_cases",
    "write_schema",
]


@dataclass(frozen=True)
class Checked:
    """Every problem of the files; `policies` is None where an error keeps them from being loaded.

    `doubts` are about the policies together with the settings, `at` is when it was looked. `live` is
    whom they match now, where that was asked. `strict` where a warning counts as an error.
    """

    at: datetime
    strict: bool
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    policies: PolicySet | None = None
    doubts: tuple[str, ...] = ()
    live: LiveMatches | None = None

    @property
    def exit_code(self) -> int:
        wrong = self.errors or (self.strict and self.warnings)
        unread = self.live is not None and self.live.unread
        return USAGE if wrong else UNREACHABLE if unread else DONE


def check(
    path: Path,
    settings: Settings | None = None,
    *,
    strict: bool = False,
    live: Settings | None = None,
    names: tuple[str, ...] = (),
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Checked:
    """Read the policies of a file or folder, and tell every problem at once.

    `settings` are those that name the path, where they do. With `live` the accounts of these
    settings are asked whom the policies match now, or those of these names; then it raises
    ConfigurationError and StoreError as well.
    """
    now = clock.now()
    try:
        loaded = load_policies(path, today=now.date())
    except FileProblems as error:
        return Checked(now, strict, tuple(error.problems))
    doubts = nobody_to_tell(loaded.policies, settings) if settings else ()
    matches = live_matches(live, loaded, names, tell=tell) if live else None
    warnings = (*loaded.warnings, *(matches.problems if matches else ()))
    return Checked(now, strict, (), warnings, loaded.policies, tuple(doubts), matches)


@dataclass(frozen=True)
class Tried:
    """A case that was tried, and where it stands."""

    file: CaseFile
    number: int
    trial: CaseResult

    @property
    def place(self) -> str:
        return self.at()

    def at(self, *way: int | str) -> str:
        """Where the case, or something within it, stands."""
        return f"{self.file.located.file}:{self.file.line('cases', self.number, *way)}"


@dataclass(frozen=True)
class Trials:
    """What became of all cases, in how many seconds; `coverage` where it was asked for.

    `strict` where what no case has tried counts as a failure.
    """

    trials: Sequence[Tried]
    seconds: float
    coverage: Coverage | None
    strict: bool = False

    @property
    def failed(self) -> list[Tried]:
        return [one for one in self.trials if not one.trial.passed]

    @property
    def exit_code(self) -> int:
        gaps = self.strict and self.coverage is not None and self.coverage.gaps
        return SOME_FAILED if self.failed or gaps else DONE


def try_cases(
    path: Path,
    texts: Sequence[str] = (),
    *,
    covering: bool = False,
    strict: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Trials:
    """Try the cases of a folder of policies, a case file, or a policy file that cases try.

    Only those with one of the texts in their name or their file's, in any case; all when there is
    no text. Raises ConfigurationError when there is none, or a file is not right.
    """
    began = clock.monotonic()
    suite = load_cases(path)
    trials = _tried(suite.files, texts)
    if not trials:
        named = " or ".join(map(repr, texts))
        raise ConfigurationError(f"no case has {named} in its name; nothing was tried")
    judged = [(one.file.judged_by, one.trial) for one in trials]
    covered = coverage(suite.subjects, judged) if covering or strict else None
    return Trials(trials, clock.monotonic() - began, covered, strict)


def _tried(files: Iterable[CaseFile], texts: Sequence[str]) -> list[Tried]:
    return [
        Tried(file, number, run_case(case, file.policies))
        for file in files
        for number, case in enumerate(file.document.cases)
        if not texts or _holds(f"{file.located.file} {case.name}", texts)
    ]


def _holds(name: str, texts: Sequence[str]) -> bool:
    return any(text.lower() in name.lower() for text in texts)


def write_schema(path: Path) -> None:
    """Write the JSON Schema of a policy file.

    Raises ConfigurationError where that cannot be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(path, schema_text(), files.PUBLIC)
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}; name another file"
        raise ConfigurationError(why) from None
