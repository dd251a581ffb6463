"""The command line that gives a run again: every setting that is not the default, by its flag."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from lpzero.evolution.discovery.config import TableConfig
from lpzero.metrics import is_metric

if TYPE_CHECKING:
    from lpzero.nas.schedule.config import PredictorConfig, ScheduleConfig

_FLAGS = {
    "seed_formulas": "--seed-formula",
    "costs": "--cost",
    "primitives": "--primitive",
    "operands": "--operand",
}
_OWN_WORDS = frozenset(
    (
        *("table", "space", "protocol", "beside", "hold_out", "limits", "proxies", "names", "higher_is_better"),
        *("left_out", "principles", "predictors", "phases", "evolution", "control"),
    )
)
_STATED = ("seed", "start", "device", "search_size", "validation_size")
"""What is always said: where nobody says it, it follows from the table or from the machine."""


def command_of(name: str, config: BaseModel) -> str:
    """The command line of a run of ``evolve``, ``enumerate`` or ``search``, for a shell.

    Args:
        name: The command.
        config: Its settings.

    >>> from lpzero.evolution.enumeration.config import EnumerateConfig
    >>> config = EnumerateConfig(space="gpt2", protocol="own", table="gpt2-own", operands=["grad"], search_size=20)
    >>> command_of("enumerate", config)  # doctest: +NORMALIZE_WHITESPACE
    'lpzero enumerate --table gpt2-own --protocol own --seed 0 --search-size 20 --validation-size 50 --device cpu
    --operands grad --output AGAIN'
    """
    given: dict[str, Any] = dict(config)
    words = ["lpzero", name, *_place(given), *_scoring(config)]
    for limit, most in given.get("limits", {}).items():
        words += [f"--max-{limit}", _plain_number(most)]
    # sizes that differ from table to table follow from the tables
    uneven = any(one.search_size != given["search_size"] for one in given.get("beside", []))
    for setting, field in type(config).model_fields.items():
        value = given[setting]
        stated = setting in _STATED and not (uneven and setting.endswith("_size"))
        usual = value is None or value == field.get_default(call_default_factory=True, validated_data={})
        if setting not in _OWN_WORDS and (stated or not usual):
            # one list there, of which an evolution has one flag each
            listed = name == "enumerate" and setting == "operands"
            words += ["--operands", ",".join(value)] if listed else _words(setting, value)
    return shlex.join([*words, "--output", "AGAIN"])


def _place(given: dict[str, Any]) -> list[str]:
    """Where it works: tables with their protocols, or a space."""
    beside, held = given.get("beside", []), given.get("hold_out", [])
    if beside:
        first = f"{given['table']}:{given['protocol']}"
        words = [word for table in (first, *map(_named, beside)) for word in ("--table", table)]
    else:
        words = ["--table", given["table"]] if given["table"] else ["--space", given["space"]]
        words += ["--protocol", given["protocol"]]
    return words + [word for one in held for word in ("--hold-out", _named(one))]


def _named(part: Any) -> str:
    return f"{part.table}:{part.protocol}"


def _scoring(config: BaseModel) -> list[str]:
    """What scores in a search of architectures."""
    if isinstance(config, TableConfig):
        return []
    from lpzero.nas.config import SearchConfig
    from lpzero.nas.schedule.config import ScheduleConfig

    if isinstance(config, ScheduleConfig):
        return ["--schedule", "schedule.toml"]
    if not isinstance(config, SearchConfig):
        return []
    words = []
    for text, name, higher in zip(config.proxies, config.names, config.higher_is_better, strict=True):
        # a formula counts as higher-is-better; what has a name says its direction itself
        words += ["--proxy", name if higher or not _nameless(name, text) else f"neg({text})"]
    return words


def schedule_of(config: ScheduleConfig) -> str:
    """The ``schedule.toml`` of a search by a schedule."""
    sizes = [f"{name} = {value}" for name, value in config.evolution]
    lines = [*sizes, f'control = "{"random" if config.control else "none"}"']
    for phase in config.phases:
        judge = config.predictors[phase.predictor]
        lines += ["", "[[phase]]", f"from = {phase.begins}", f"predictor = {json.dumps(_predictor(judge))}"]
        if judge.kind == "proxy" and _nameless(judge.name, judge.text):
            lines.append(f'direction = "{"higher" if judge.higher_is_better else "lower"}"')
        if judge.steps is not None:
            lines.append(f"steps = {judge.steps}")
    return "\n".join(lines)


def _predictor(judge: PredictorConfig) -> str:
    if judge.kind == "training":
        return "training"
    if judge.kind == "lookup":
        return ":".join(part for part in ("lookup", judge.text, judge.column) if part)
    return judge.text if judge.kind == "kept" else judge.name


def _nameless(name: str, text: str) -> bool:
    """Whether a proxy is a formula without another name than its text."""
    return name == text and not is_metric(text)


def _words(setting: str, value: object) -> list[str]:
    flag = _FLAGS.get(setting, f"--{setting.replace('_', '-')}")
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    return [word for one in (value if isinstance(value, list) else [value]) for word in (flag, _plain_number(one))]


def _plain_number(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
