"""`reaper token`: shown once, kept as a hash."""

import re

import yaml
from support.cli_tools import Cli

from reaper.config.settings.http import HttpSettings
from reaper.usecases.tokens import is_known


def test_the_token_alone_is_printed_and_the_settings_know_its_hash(reaper: Cli) -> None:
    """Standard output is the token, ready for a file; beside it stands what the settings take."""
    result = reaper("token")
    token = result.out.strip()
    written = re.search(r"^ {2}http: (.*)$", result.err, re.MULTILINE)
    assert written is not None
    settings = HttpSettings.model_validate(yaml.safe_load(written[1]))
    assert result.code == 0
    assert is_known(token, settings.token_hashes)
    assert token not in result.err
    assert token != reaper("token").out.strip()
