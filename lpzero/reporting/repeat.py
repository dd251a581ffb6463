"""The command that gives a run again: each setting that is not the default by its flag, and files for the rest."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from lpzero.evolution.discovery.config import TableConfig
from lpzero.metrics import is_metric
from lpzero.proxy.command import PRINCIPLES_FILE, discovery_command, flag_words, place_words, plain_number
from lpzero.proxy.proxy import load_proxy, proxy_names

if TYPE_CHECKING:
    from lpzero.compression.choices.config import ChoicesConfig
    from lpzero.nas.config import PoolConfig
    from lpzero.nas.schedule.config import PredictorConfig, ScheduleConfig

SCHEDULE_FILE = "schedule.toml"
_OWN_WORDS = frozenset(
    (
        *("table", "space", "protocol", "limits", "proxies", "names", "higher_is_better"),
        *("left_out", "predictors", "phases", "evolution", "control", "checkpoint"),
    )
)
_STATED = ("seed", "device")
"""What is always said: the device follows from the machine where nobody says it."""


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
    settings, usual = config.model_dump(), _usual(config)
    if isinstance(config, TableConfig):
        return f"{discovery_command(name, settings, usual)} --output AGAIN"
    checkpoint = settings.get("checkpoint")
    # of a checkpoint the space is a file in a cache, made of it and of the text
    place = ["--model", checkpoint] if checkpoint else place_words(settings)
    words = ["lpzero", name, *place, *_scoring(config)]
    for limit, most in settings["limits"].items():
        words += [f"--max-{limit}", plain_number(most)]
    # where there is a budget, no number of samples stands for no end
    stated = {*_STATED, *(["samples"] if settings.get("budget") is not None else [])}
    for setting, value in settings.items():
        if setting not in _OWN_WORDS and (setting in stated or value != usual.get(setting)):
            words += flag_words(setting, value)
    return shlex.join([*words, "--output", "AGAIN"])


_SHARES = ("search_layers", "validation_layers")
"""What an evolution on tables of choices may be set in Python alone."""
_UNITS = frozenset(("grammar", "tables", "hold_out", "device", "deterministic", *_SHARES))


def choices_command(config: ChoicesConfig) -> str:
    """The command line of an evolution on tables of choices, for a shell."""
    words = [word for part in config.tables for word in ("--table", part.table)]
    words += [word for part in config.hold_out for word in ("--hold-out", part.table)]
    usual = _usual(config)
    for setting, value in config.model_dump().items():
        if setting not in _UNITS and (setting in _STATED or value != usual[setting]):
            words += flag_words(setting, value)
    return command_line("evolve", *words, "--output", "AGAIN")


def choices_forgotten(config: ChoicesConfig) -> str | None:
    """What that command does not say, for people; None where it says everything."""
    usual = _usual(config)
    given = {name: getattr(config, name) for name in _SHARES if getattr(config, name) != usual[name]}
    if not given:
        return None
    said = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"The shares of layers are set in Python alone: give lpzero.evolve_choices the settings and {said}."


def resume_of(command: str, folder: Path) -> str:
    """The command line that carries on the run in a folder, for a shell."""
    return command_line(command, "--resume", folder)


def command_line(*words: str | Path) -> str:
    """A command line of lpzero for a shell, whatever a file is called.

    >>> command_line("report", Path("my run"))
    "lpzero report 'my run'"
    """
    return shlex.join(["lpzero", *map(str, words)])


def files_of(config: BaseModel) -> dict[str, str]:
    """The files that the command of a run names, by their names: what a setting holds that no flag says.

    Args:
        config: The settings of a run of ``evolve``, ``enumerate`` or ``search``.
    """
    files: dict[str, str] = {}
    if not isinstance(config, TableConfig):
        from lpzero.nas.schedule.config import ScheduleConfig

        if isinstance(config, ScheduleConfig):
            files[SCHEDULE_FILE] = schedule_of(config)
        for place, (text, name, higher) in enumerate(_proxies(config)):
            word = _proxy_word(place, text, name, higher=higher, directed=isinstance(config, ScheduleConfig))
            if word == _proxy_file(place):
                document = {"schema": 1, "name": name, "formula": text, "higher_is_better": higher}
                files[word] = json.dumps(document, indent=1)
    principles = getattr(config, "principles", None)
    if principles is not None:
        files[PRINCIPLES_FILE] = json.dumps(principles, indent=1)
    return files


def forgotten(config: PoolConfig) -> str | None:
    """What neither the command of a search nor its files say, for people; None where they say everything."""
    unsaid = [name for text, name, _ in _proxies(config) if not (is_metric(text) or name in proxy_names())]
    if not (config.left_out and unsaid):
        return None
    return (
        f"It left out {len(config.left_out)} architectures of the table, which a proxy was chosen on: the text of a "
        "formula does not say which, so give the run or the proxy file that it came from instead."
    )


def _usual(config: BaseModel) -> dict[str, Any]:
    """The defaults of the settings that have one."""
    fields = type(config).model_fields.items()
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in fields
        if not field.is_required()
    }


def _scoring(config: BaseModel) -> list[str]:
    """What scores in a search of architectures."""
    from lpzero.nas.schedule.config import ScheduleConfig

    if isinstance(config, ScheduleConfig):
        return ["--schedule", SCHEDULE_FILE]
    words = []
    for place, (text, name, higher) in enumerate(_proxies(config)):
        words += ["--proxy", _proxy_word(place, text, name, higher=higher)]
    return words


def _proxies(config: BaseModel) -> list[tuple[str, str, bool]]:
    """Text, name and direction of every proxy that scores in a search."""
    from lpzero.nas.config import SearchConfig
    from lpzero.nas.schedule.config import ScheduleConfig

    if isinstance(config, ScheduleConfig):
        judges = [judge for judge in config.predictors if judge.kind == "proxy"]
        return [(judge.text, judge.name, judge.higher_is_better) for judge in judges]
    if not isinstance(config, SearchConfig):
        return []
    return list(zip(config.proxies, config.names, config.higher_is_better, strict=True))


def _proxy_word(place: int, text: str, name: str, *, higher: bool, directed: bool = False) -> str:
    """What a proxy is given as: its text, a name that every installation knows, or a file with its direction.

    Args:
        place: Its place among the proxies of the search.
        text: Its text.
        name: Its name.
        higher: Whether higher scores are better.
        directed: Whether a direction stands beside it.
    """
    if is_metric(text):
        return name
    # a formula as text counts as higher-is-better
    if name == text and (higher or directed):
        return text
    if name in proxy_names():
        shipped = load_proxy(name)
        if (str(shipped.formula), shipped.higher_is_better) == (text, higher):
            return name
    return _proxy_file(place)


def _proxy_file(place: int) -> str:
    return f"proxy-{place + 1}.json"


def schedule_of(config: ScheduleConfig) -> str:
    """The ``schedule.toml`` of a search by a schedule."""
    sizes = [f"{name} = {value}" for name, value in config.evolution]
    lines = [*sizes, f'control = "{"random" if config.control else "none"}"']
    for phase in config.phases:
        judge = config.predictors[phase.predictor]
        lines += ["", "[[phase]]", f"from = {phase.begins}", f"predictor = {json.dumps(_predictor(config, judge))}"]
        if judge.kind == "proxy" and judge.name == judge.text and not is_metric(judge.text):
            lines.append(f'direction = "{"higher" if judge.higher_is_better else "lower"}"')
        if judge.steps is not None:
            lines.append(f"steps = {judge.steps}")
    return "\n".join(lines)


def _predictor(config: ScheduleConfig, judge: PredictorConfig) -> str:
    if judge.kind == "training":
        return "training"
    if judge.kind == "lookup":
        return ":".join(part for part in ("lookup", judge.text, judge.column) if part)
    if judge.kind == "kept":
        return judge.text
    place = [one for one in config.predictors if one.kind == "proxy"].index(judge)
    return _proxy_word(place, judge.text, judge.name, higher=judge.higher_is_better, directed=True)
