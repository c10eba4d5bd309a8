"""Which sessions other policies would treat differently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reaper import errors
from reaper.bootstrap import database
from reaper.config.policies.load import load_policies
from reaper.config.settings.model import Settings
from reaper.core.explaining.comparison import Difference, Judged, Rewritten, differences, rewritten
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.ports import Tell
from reaper.run.pipeline import Reaper
from reaper.usecases.accounts import exit_code_of, observe_all
from reaper.usecases.configuration import today
from reaper.usecases.snapshots import read_fleets


@dataclass(frozen=True)
class ComparedAccount:
    """One account's look as both sets judge it, and the sessions that they treat differently."""

    old: Judged
    new: Judged
    sessions: tuple[Difference, ...]

    @property
    def differs(self) -> bool:
        return bool(self.sessions) or self.halts != ((), ())

    @property
    def halts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The limits that only the old, and only the new policies exceed."""
        old, new = self.old[1].halted, self.new[1].halted
        return tuple(h for h in old if h not in new), tuple(h for h in new if h not in old)


@dataclass(frozen=True)
class Comparison:
    """How the texts differ, what that would change in each account, and why others could not be
    read.
    """

    texts: Rewritten
    accounts: tuple[ComparedAccount, ...]
    unread: tuple[errors.AccountError, ...] = ()

    @property
    def exit_code(self) -> int:
        if self.unread:
            return exit_code_of(self.unread)
        return errors.SOME_FAILED if any(one.differs for one in self.accounts) else errors.DONE


def compare_live(
    settings: Settings,
    old: Path,
    new: Path,
    names: tuple[str, ...] = (),
    *,
    tell: Tell = lambda _: None,
) -> Comparison:
    """One look at each of the named accounts, or at all, judged by both.

    Nothing is recorded and nothing is ended.

    Raises ConfigurationError and StoreError.
    """
    accounts = settings.chosen(names)
    before, after = _both(old, new)

    def look(reaper: Reaper) -> ComparedAccount:
        return _compared(*reaper.look_by(before, after))

    with database(settings) as store:
        observed = observe_all(
            settings,
            accounts,
            after,
            look,
            store,
            observation=lambda found: found.new[0],
            tell=tell,
        )
    return Comparison(rewritten(before, after), observed.looks, observed.unread)


def compare_kept(
    file: Path, limits: Limits, old: Path, new: Path, names: tuple[str, ...] = ()
) -> Comparison:
    """The fleets of a file as both judge them, by these limits; no account is asked.

    Raises ConfigurationError when the file is not right, or has no such account.
    """
    before, after = _both(old, new)
    fleets = read_fleets(file)
    there = [fleet.account for fleet in fleets]
    if strangers := [name for name in names if name not in there]:
        only = f"there is {', '.join(there)}"
        raise errors.ConfigurationError(f"{file} holds no account '{strangers[0]}'; {only}")
    chosen = [fleet for fleet in fleets if not names or fleet.account in names]
    accounts = (_compared(f.judged(before, limits), f.judged(after, limits)) for f in chosen)
    return Comparison(rewritten(before, after), tuple(accounts))


def _compared(old: Judged, new: Judged) -> ComparedAccount:
    return ComparedAccount(old, new, tuple(differences(old, new)))


def _both(*paths: Path) -> list[PolicySet]:
    """The policies of each path. Raises PolicyProblems with every problem of all of them."""
    sets: list[PolicySet] = []
    problems: list[errors.Problem] = []
    for path in paths:
        try:
            sets.append(load_policies(path, today()).policies)
        except errors.FileProblems as error:
            problems += error.problems
    if problems:
        raise errors.PolicyProblems(list(dict.fromkeys(problems)))
    return sets
