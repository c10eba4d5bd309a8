"""Every command, option, setting and exit code is documented."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from reaper import errors
from reaper.cli import cli
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.http import HttpSettings, TokenSettings
from reaper.config.settings.model import ActivitySettings, LogSettings, Settings, load_settings
from reaper.config.settings.notify import EmailSettings, NotifySettings, WebhookSettings
from reaper.config.settings.proof import ProofSettings
from reaper.core.language.limits import Limits
from reaper.core.model.duration import Duration
from reaper.core.planning.plan import Result

ROOT = Path(__file__).resolve().parents[3]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


COMMANDS, EXIT_CODES = page("docs/commands.md"), page("docs/exit-codes.md")
SETTINGS = page("docs/settings.md") + page("docs/notify.md")
README = page("README.md")
EVERYTHING = README + "".join(
    file.read_text("utf-8") for file in sorted((ROOT / "docs").rglob("*.md"))
)


def commands(group: click.Group = cli, path: str = "reaper") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{path} {name}", command
            yield from commands(command, f"{path} {name}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{path} {name}", command


def rows(text: str) -> dict[str, str]:
    """The rows of the page's tables by what their first cell says."""
    return {row.split("`")[1]: row for row in re.findall(r"^\| `[^`]+` \|.*$", text, re.MULTILINE)}


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    """docs/commands.md has a row for each command, with each of its options."""
    row = rows(COMMANDS)[name]
    options = [
        o
        for p in command.params
        if isinstance(p, click.Option)
        for o in (*p.opts, *p.secondary_opts)
    ]
    assert [
        option for option in options if option.startswith("--") and f"`{option}`" not in row
    ] == []


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_and_option_explains_itself(name: str, command: click.Command) -> None:
    """`--help` says a sentence on the command and on each option."""
    assert command.help, name
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_no_command_is_documented_that_is_not_there() -> None:
    """What README and docs call `reaper <verb>` exists."""
    known = {name for name, _ in commands()} | {"reaper policy", "reaper db"}
    said = set(re.findall(r"(?:`|^ {4})(reaper [a-z]+)", EVERYTHING, re.MULTILINE))
    assert said <= known | {name.rsplit(" ", 1)[0] for name in known}


def test_no_option_is_documented_that_is_not_there() -> None:
    """Each --option in README and docs belongs to some command."""
    own = {o for _, c in commands() for p in c.params for o in (*p.opts, *p.secondary_opts)}
    top = {o for p in cli.params for o in p.opts} | {"--help", "--version"}
    others = r"^ *(?:\S*pip|python3 -m pip|kubectl|podman|systemctl|useradd) (?:.*\\\n)*.*$"
    ours = re.sub(others, "", EVERYTHING, flags=re.MULTILINE)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= own | top


@pytest.mark.parametrize(
    ("model", "before"),
    [
        (Settings, ""),
        (AccountSettings, ""),
        (ActivitySettings, "activity."),
        (Limits, "limits."),
        (LogSettings, "log."),
        (HttpSettings, "http."),
        (TokenSettings, "http.tokens[]."),
        (NotifySettings, "notify."),
        (ProofSettings, "proof."),
        (WebhookSettings, ""),
        (EmailSettings, ""),
    ],
    ids=str,
)
def test_every_setting_is_documented(model: type[BaseModel], before: str) -> None:
    """docs/settings.md or notify.md has a row for each key, and every key says what it is."""
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if f"{before}{key}" not in rows(SETTINGS)] == []
    undescribed = [key for key, field in model.model_fields.items() if not field.description]
    assert undescribed in ([], ["activity"])


def test_the_defaults_are_documented() -> None:
    """The default that the page names is the one that holds."""
    defaults = {
        **{key: field.default for key, field in Settings.model_fields.items()},
        **{f"limits.{key}": field.default for key, field in Limits.model_fields.items()},
        **{
            f"activity.{key}": field.default for key, field in ActivitySettings.model_fields.items()
        },
    }
    told = {
        key: row.split("|")[2].strip().strip("`")
        for key, row in rows(SETTINGS).items()
        if key in defaults
    }
    plain = [
        key
        for key, default in defaults.items()
        if isinstance(default, int | float | Path | Duration)
    ]
    assert len(plain) >= 10
    for key in plain:
        assert told[key] == str(defaults[key]).lower()


def test_the_example_settings_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings shown in the docs and the README can be copied."""
    monkeypatch.chdir(tmp_path)
    found = re.findall(r"^```yaml\n(.*?)^```$", SETTINGS + README, re.MULTILINE | re.DOTALL)
    examples = [text for text in found if "accounts:" in text]
    assert len(examples) == 2
    for text in examples:
        Path("reaper.yaml").write_text(text, "utf-8")
        assert load_settings().accounts


@pytest.mark.parametrize("text", [EXIT_CODES, README], ids=["exit-codes", "README"])
def test_every_exit_code_is_documented(text: str) -> None:
    """Each exit code has a row in both tables, and in `reaper --help`."""
    codes = [
        errors.DONE,
        errors.SOME_FAILED,
        errors.USAGE,
        errors.UNREACHABLE,
        errors.DATABASE,
        errors.HALTED,
        errors.INCONCLUSIVE,
    ]
    for code in codes:
        assert re.search(rf"^\| {code} \| \w", text, re.MULTILINE)
        assert re.search(rf"\b{code} \w", cli.epilog or "")


def test_every_outcome_is_documented() -> None:
    """docs/exit-codes.md has a row for each outcome that a step can have."""
    assert [result.value for result in Result if result.value not in rows(EXIT_CODES)] == []
