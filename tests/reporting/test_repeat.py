"""The command line of a run gives its settings again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.evolve import evolve
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.config import TablePart
from lpzero.nas.config import SearchConfig
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.document import read_schedule
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.reporting.folders import kind_of
from lpzero.reporting.repeat import command_of, schedule_of

TABLE: dict[str, Any] = {"space": "gpt2", "protocol": "own", "table": "gpt2-own"}
SEARCH: dict[str, Any] = {**TABLE, "proxies": ["sum(l1(grad))"], "names": ["sum(l1(grad))"], "higher_is_better": [True]}


def _options(command: str) -> dict[str, Any]:
    """What the command line gives, as click reads it."""
    words = shlex.split(command)
    assert words[:2] == ["lpzero", "evolve"]
    with evolve.make_context("evolve", words[2:]) as context:
        return dict(context.params)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"seed": 3, "start": "random", "search_size": 12, "validation_size": 0, "rules": False, "select": "nsga2"},
        {"budget": 90.5, "max_evals": 1000, "patience": 4, "parsimony": 0.002, "crossover_rate": 0.5},
        {"grammar": "weighted", "terms": 3, "initialisations": 4, "deterministic": True, "pairs": "matched"},
        {"seed_formulas": ["sum(l1(weight * grad)) + 1", "mean(numel(grad))"], "objective": "stable", "quantile": 0.25},
    ],
)
def test_every_setting_comes_back(settings: dict[str, Any]) -> None:
    config = EvolveConfig(**TABLE, **settings)
    given = _options(command_of("evolve", config))
    assert given["table"] == ("gpt2-own",)
    for name, value in config:
        if name not in ("table", "space", "beside", "hold_out"):
            found = list(given[name]) if isinstance(value, list) else given[name]
            # what nobody gives is the default
            assert value == (EvolveConfig.model_fields[name].default if found is None else found), name


def test_several_tables_come_back_with_their_protocols() -> None:
    beside = [TablePart(table="llama-own", space="llama", protocol="own", search_size=20)]
    held = [TablePart(table="a b", space="gpt2", protocol="lts")]
    command = command_of("evolve", EvolveConfig(**TABLE, beside=beside, hold_out=held))
    given = _options(command)
    assert given["table"] == ("gpt2-own:own", "llama-own:own")
    assert given["hold_out"] == ("a b:lts",)
    assert given["protocol"] is None
    # sizes that differ follow from the tables
    assert "--search-size" not in command


def test_a_search_comes_back_with_limits_and_direction() -> None:
    command = command_of("search", SearchConfig(**SEARCH, limits={"params": 5e6, "latency": 0.005}, samples=12))
    words = shlex.split(command)
    assert words[words.index("--max-params") + 1] == "5000000"
    assert words[words.index("--max-latency") + 1] == "0.005"
    assert words[words.index("--proxy") + 1] == "sum(l1(grad))"
    lower = SearchConfig(**{**SEARCH, "higher_is_better": [False]})
    assert "neg(sum(l1(grad)))" in command_of("search", lower)
    named = SearchConfig(**{**SEARCH, "names": ["best"], "higher_is_better": [False]})
    assert "--proxy best " in command_of("search", named)


def test_a_name_of_anybody_is_one_word() -> None:
    command = command_of("evolve", EvolveConfig(**{**TABLE, "table": "a; rm -rf $HOME"}))
    assert shlex.split(command)[3] == "a; rm -rf $HOME"


def test_a_schedule_is_the_one_that_was_given(runs: Path, tmp_path: Path) -> None:
    _, config = kind_of(runs / "schedule")
    assert isinstance(config, ScheduleConfig)
    (tmp_path / "schedule.toml").write_text(schedule_of(config))
    assert read_schedule(tmp_path / "schedule.toml") == read_schedule(runs / "schedule.toml").model_copy(
        update={"control": "random"}
    )
    assert ScheduleRunFolder(runs / "schedule").read_result() is not None
    assert "--schedule schedule.toml" in command_of("search", config)
