"""What a shell completes besides commands, options and files; imported only when it asks."""

from __future__ import annotations

from pathlib import Path

import click


def _settings_file(ctx: click.Context) -> Path | None:
    file: Path | None = ctx.find_root().params.get("settings_file")
    return file


def accounts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    from reaper.usecases import completion

    return [one for one in completion.accounts(_settings_file(ctx)) if one.startswith(incomplete)]


def policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    from reaper.usecases import completion

    return [one for one in completion.policies(_settings_file(ctx)) if one.startswith(incomplete)]


def sessions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    from reaper.usecases import completion

    return completion.sessions(_settings_file(ctx), incomplete)
