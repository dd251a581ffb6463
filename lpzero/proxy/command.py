"""The command line that gives a discovery again: its settings, by their flags."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lpzero.formula.grammar import OVER_LAYERS

EVOLVE: Final = "evolve"
NOTHING: Final = "none"
"""What names no primitive or operand of installed packages, where none named stands for all."""
PRINCIPLES_FILE: Final = "principles.json"
"""The file that a command names for the principles that the settings hold."""
_FLAGS = {
    "seed_formulas": "--seed-formula",
    "costs": "--cost",
    "primitives": "--primitive",
    "operands": "--operand",
}
_PLACE = frozenset(("table", "space", "protocol", "beside", "hold_out"))
_SIZES = ("search_size", "validation_size")
_SWITCHES = frozenset(("deterministic", "worst"))
"""Flags that say yes alone: without them it is no."""
_STATED = frozenset(("seed", "start", "device", *_SIZES))
"""What is always said: where nobody says it, it follows from the table or from the machine."""


def discovery_command(name: str, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """The command line of an evolution or an enumeration, for a shell.

    Args:
        name: ``"evolve"`` or ``"enumerate"``.
        settings: Its settings, as its ``config.json`` has them.
        usual: Defaults of the command by setting: what equals its default is left out, but for what depends on table,
            machine or installed packages where nobody says it. Without any, the command says everything.

    >>> settings = {"table": "gpt2-own", "protocol": "own", "seed": 0, "islands": 2, "rules": True, "primitives": []}
    >>> discovery_command("evolve", settings, {"islands": 4, "rules": True})
    'lpzero evolve --table gpt2-own --protocol own --seed 0 --islands 2 --primitive none --operand none'
    """
    return shlex.join(["lpzero", name, *discovery_words(name, settings, usual)])


def discovery_words(name: str, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> list[str]:
    """The words behind the name of the command; see :func:`discovery_command`."""
    beside = settings.get("beside", [])
    # sizes that differ from table to table follow from the tables
    uneven = {size for size in _SIZES for one in beside if one[size] != settings[size]}
    words = place_words(settings)
    for setting, value in settings.items():
        if setting in _PLACE or setting in uneven or (name == EVOLVE and setting in ("primitives", "operands")):
            continue
        if setting == "operands":
            # one list there, of which an evolution has one flag each
            words += ["--operands", ",".join(value)]
        elif setting in _STATED or setting not in usual or value != usual[setting]:
            words += flag_words(setting, value)
    return words + (_brought(settings) if name == EVOLVE else [])


def place_words(settings: Mapping[str, Any]) -> list[str]:
    """Where a run works: tables with their protocols, or a space."""
    beside, held = settings.get("beside", []), settings.get("hold_out", [])
    if beside:
        words = [word for part in (settings, *beside) for word in ("--table", _named(part))]
    else:
        words = ["--table", settings["table"]] if settings["table"] else ["--space", settings["space"]]
        words += ["--protocol", settings["protocol"]]
    return words + [word for part in held for word in ("--hold-out", _named(part))]


def flag_words(setting: str, value: Any) -> list[str]:
    """A setting by its flag; nothing where no flag says it: None, a list without anything, a switch that is off."""
    flag = _FLAGS.get(setting, f"--{setting.replace('_', '-')}")
    if value is None or (setting in _SWITCHES and not value):
        return []
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    if setting == "principles":
        return [flag, PRINCIPLES_FILE]
    several: Sequence[Any] = value if isinstance(value, list) else [value]
    return [word for one in several for word in (flag, plain_number(one))]


def plain_number(value: object) -> str:
    """A value as a word: a number that is whole without a fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _brought(settings: Mapping[str, Any]) -> list[str]:
    """What an evolution takes of installed packages, none as well: where nobody says it, it takes all there are."""
    # a grammar that is made of branches takes none, unless they are named
    nothing = [] if settings.get("grammar") in OVER_LAYERS else [NOTHING]
    return [
        word for setting in ("primitives", "operands") for word in flag_words(setting, settings.get(setting) or nothing)
    ]


def _named(part: Mapping[str, Any]) -> str:
    return f"{part['table']}:{part['protocol']}"
