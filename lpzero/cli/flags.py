"""Messages of the library for the command line: a setting, which they name as `search_size`, becomes its flag."""

from __future__ import annotations

import re

import click

_SETTING = re.compile(r"`([a-z][a-z_.]*)`")


def as_flags(message: str, command: click.Command) -> str:
    """A message with the flags of a command in the place of the settings that it has.

    >>> command = click.Command("c", params=[click.Option(["--seed-formula", "seed_formulas"])])
    >>> as_flags("`seed_formulas`: expected a formula, found `x`", command)
    '--seed-formula: expected a formula, found `x`'
    """
    flags = {
        str(parameter.name): parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)
    }
    # the limits of a search are one setting with a flag each
    flags |= {name.replace("max_", "limits.", 1): flag for name, flag in flags.items() if name.startswith("max_")}
    return _SETTING.sub(lambda found: flags.get(found[1], found[0]), message)
