"""Messages of the library on the command line: settings are called as the command calls them."""

from __future__ import annotations

import importlib
import re

import click
import pytest

from lpzero.cli.flags import as_flags
from lpzero.cli.main import _COMMANDS, lpzero

COMMAND = click.Command(
    "c",
    params=[
        click.Option(["--search-size"]),
        click.Option(["--proxy", "-p", "proxies"]),
        click.Option(["--json", "as_json"]),
        click.Argument(["table"]),
    ],
)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`search_size`: expected at least 4, found 3", "--search-size: expected at least 4, found 3"),
        ("`proxies` is missing: `proxies` params counts alone", "--proxy is missing: --proxy params counts alone"),
        # an argument has no flag, and what a user gave is left alone
        ("`table` nope", "`table` nope"),
        ("`unknown` and `Search_size` and `search-size`", "`unknown` and `Search_size` and `search-size`"),
        ("search_size `search_size", "search_size `search_size"),
        ("", ""),
    ],
)
def test_only_settings_that_the_command_has_become_flags(message: str, shown: str) -> None:
    assert as_flags(message, COMMAND) == shown


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_option_of_a_command_is_named_by_its_first_flag(name: str) -> None:
    command = getattr(importlib.import_module(f"lpzero.cli.{name}"), name)
    for option in command.params:
        if isinstance(option, click.Option):
            found = as_flags(f"`{option.name}`: x", command)
            assert re.fullmatch(r"--[a-z-]+: x", found), found
    assert isinstance(lpzero.commands, dict)
