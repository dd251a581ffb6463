"""The command of a run gives its settings again: it is carried out up to where the run would begin."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from lpzero.cli.main import run
from lpzero.compression.choices.config import ChoicesConfig, ChoicesPart
from lpzero.compression.sub_networks.searched import sub_networks_by_text
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.config import TablePart
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.nas.config import SearchConfig
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.document import read_schedule
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.proxy.command import discovery_command
from lpzero.proxy.proxy import load_proxy
from lpzero.reporting.folders import kind_of
from lpzero.reporting.repeat import (
    choices_command,
    choices_forgotten,
    command_of,
    files_of,
    forgotten,
    schedule_of,
)
from lpzero.tables import load_table
from tests.compression.choices.made import made
from tests.compression.tiny import checkpoint_folder, written_text
from tests.conftest import Install
from tests.formula.test_brought import CODE as PRIMITIVES
from tests.formula.test_brought import NAMES as PRIMITIVE_NAMES
from tests.operands.test_brought import CODE as OPERANDS
from tests.operands.test_brought import NAMES as OPERAND_NAMES

RUNS = Path(__file__).parent / "runs"
TABLE: dict[str, Any] = {"space": "gpt2", "protocol": "own", "table": "gpt2-own"}
SEARCH: dict[str, Any] = {**TABLE, "proxies": ["depth"], "names": ["depth"], "higher_is_better": [True]}
PRINCIPLES = json.loads((RUNS / "principles.json").read_text())
FORMULA = "sum(l1(weight * grad))"
SAMPLED = {"search_size": 12, "validation_size": 6, "test_size": 20, "batch": 3, "tokens": 9, "elements": 99}
SHARED = {**SAMPLED, "seed": 4, "deterministic": True, "pairs": "matched"}
SIZES = {"islands": 2, "population": 12, "generations": 3, "epoch": 2, "migrants": 2, "restart_after": 6, "elite": 3}
ENDS = {"max_evals": 99, "budget": 90.5, "patience": 4}
RATES = {"tournament": 3, "crossover_rate": 0.25, "mutation_rate": 1e-7, "parsimony": 0.0}


def _part(table: str, **sizes: int) -> TablePart:
    loaded = load_table(table)
    protocol = loaded.search_space(None).protocol
    return TablePart(table=table, space=loaded.space, protocol=protocol, table_sha256=loaded.digest, **sizes)


def _held(table: str) -> TablePart:
    return _part(table, search_size=4, validation_size=0)


EVOLUTIONS: list[dict[str, Any]] = [
    {},
    {**SHARED, **SIZES, **ENDS, **RATES, "start": "random", "rules": False, "select": "nsga2"},
    {"primitives": ["sharpened", "midway"], "operands": ["steepest"], "max_depth": 9, "max_size": 30},
    {"principles": PRINCIPLES, "search_size": 6, "validation_size": 6, "start": "random"},
    {"seed_formulas": [FORMULA, "mean(l1(weight))"], "initialisations": 4, "population": 4, "elite": 3},
    {"grammar": "weighted", "terms": 3, "elite": 0, "migrants": 0, "validation_size": 0},
    {"grammar": "layered", "objective": "stable", "resamples": 9, "quantile": 0.125},
    {"beside": [_part("llama-own", search_size=12, validation_size=3)], "search_size": 12, "validation_size": 3},
    {
        "beside": [_part("llama-scratch-own", search_size=12, validation_size=32)],
        "hold_out": [_held("llama-own")],
        **{"search_size": 12, "validation_size": 32, "worst": True, "judge": "held_out"},
    },
]
"""What evolutions may be set to: each setting takes another value than its default somewhere."""
ENUMERATIONS: list[dict[str, Any]] = [
    {"operands": ["grad"]},
    {"operands": ["grad", "weight"], "grammar": "layered", "keep": 50, **SHARED},
]
SEARCHES: list[dict[str, Any]] = [
    {},
    {"limits": {"params": 5e6, "latency": 0.005, "bytes": 2.0**31}, "samples": 12, "keep": 3, "algorithm": "nsga2"},
    {"samples": 200, "budget": 1e-7, "costs": ["memory", "latency"], "against": "flops", "seed": 3, "batch": 2},
    {"samples": None, "budget": 3.0, "tokens": 9, "deterministic": True, "principles": PRINCIPLES},
    {"table": "", "proxies": [FORMULA, FORMULA, "depth"], "names": [FORMULA, "mine", "depth"]}
    | {"higher_is_better": [False, True, True]},
    {"verify": 2, "corpus": str(RUNS / "schedule.toml"), "validation": str(RUNS / "principles.json"), "table": ""},
]
"""Likewise of searches; the text of a formula is its name where nobody named it."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], BaseModel]:
    """Carries a command out until its run would begin, in a folder with the files that it names; gives its settings."""
    seen: list[BaseModel] = []

    def stop(_path: Path, config: BaseModel) -> None:
        seen.append(config)
        raise KeyboardInterrupt

    monkeypatch.setattr("lpzero.run_folder.RunFolder.create", stop)
    # the text that a proof trains on is not here
    monkeypatch.setattr("lpzero.nas.setting.prepare_proof", lambda *_: None)
    monkeypatch.chdir(tmp_path)

    def begin(command: str) -> BaseModel:
        words = shlex.split(command)
        assert words[0] == "lpzero"
        assert run(words[1:]) == 130
        return seen.pop()

    return begin


def _bring(install: Install) -> None:
    """Packages whose primitives and operands an evolution takes where nobody says which."""
    install("lpzero_rows", PRIMITIVES, {"primitives": PRIMITIVE_NAMES})
    install("lpzero_operands", OPERANDS, {"operands": OPERAND_NAMES})


def _with_files(config: BaseModel) -> str:
    """The command of a run, whose files are put where it is carried out."""
    for name, content in files_of(config).items():
        Path(name).write_text(content)
    return command_of("search" if hasattr(config, "limits") else _command(config), config)


def _command(config: BaseModel) -> str:
    return "enumerate" if isinstance(config, EnumerateConfig) else "evolve"


@pytest.mark.parametrize(
    ("kind", "all_settings", "given"),
    [(EvolveConfig, EVOLUTIONS, TABLE), (EnumerateConfig, ENUMERATIONS, TABLE), (SearchConfig, SEARCHES, SEARCH)],
)
def test_the_settings_that_are_tried_are_all_that_there_are(
    kind: type[BaseModel], all_settings: list[dict[str, Any]], given: dict[str, Any]
) -> None:
    tried = {
        name
        for settings in all_settings
        for name, value in kind(**{**given, **settings})
        if value != _usual(kind, name)
    }
    # this machine has one device, these are what a run works on, and a checkpoint has a test of its own
    always = {"device", "operands", "principles", "left_out", "checkpoint", "calibration"}
    assert set(kind.model_fields) - tried <= always


def _usual(kind: type[BaseModel], name: str) -> Any:
    return kind.model_fields[name].get_default(call_default_factory=True, validated_data={})


@pytest.mark.parametrize("settings", EVOLUTIONS)
def test_an_evolution_comes_back(settings: dict[str, Any], begun: Callable[[str], BaseModel], install: Install) -> None:
    _bring(install)
    config = EvolveConfig(**{**TABLE, **settings})
    assert begun(_with_files(config)) == config


@pytest.mark.parametrize("settings", EVOLUTIONS)
def test_the_command_of_a_proxy_file_says_everything(
    settings: dict[str, Any], begun: Callable[[str], BaseModel], install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bring(install)
    config = EvolveConfig(**{**TABLE, **settings})
    command = discovery_command("evolve", config.model_dump(), {})
    # whatever the defaults of another version are
    for name in ("ISLANDS", "POPULATION", "PARSIMONY"):
        monkeypatch.setattr(f"lpzero.evolution.defaults.{name}", 7)
    _with_files(config)
    assert begun(command) == config


@pytest.mark.parametrize("settings", ENUMERATIONS)
def test_an_enumeration_comes_back(settings: dict[str, Any], begun: Callable[[str], BaseModel]) -> None:
    config = EnumerateConfig(**{**TABLE, **settings})
    assert begun(_with_files(config)) == config


@pytest.mark.parametrize("settings", SEARCHES)
def test_a_search_comes_back(settings: dict[str, Any], begun: Callable[[str], BaseModel]) -> None:
    config = SearchConfig(**{**SEARCH, **settings})
    assert begun(_with_files(config)) == config
    assert forgotten(config) is None


def test_a_search_of_a_checkpoint_comes_back(
    begun: Callable[[str], BaseModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    checkpoint, text = checkpoint_folder(tmp_path / "full"), tmp_path / "learn.txt"
    text.write_text(written_text(1500))
    space = sub_networks_by_text(checkpoint, text, tmp_path / "home")
    place = {"space": space.reference, "protocol": space.protocol, "table": "", "tokens": 8}
    config = SearchConfig(**{**SEARCH, **place, "checkpoint": str(checkpoint), "calibration": str(text)})
    assert begun(_with_files(config)) == config


def test_a_search_by_schedule_comes_back(begun: Callable[[str], BaseModel], runs: Path) -> None:
    _, config = kind_of(runs / "schedule")
    assert isinstance(config, ScheduleConfig)
    assert begun(_with_files(config)) == config
    first, second = config.predictors
    named = first.model_copy(update={"kind": "proxy", "name": "mine", "text": FORMULA, "higher_is_better": False})
    plain = second.model_copy(update={"kind": "proxy", "name": FORMULA, "text": FORMULA, "higher_is_better": False})
    both = config.model_copy(update={"predictors": [named, plain], "left_out": []})
    assert begun(_with_files(both)) == both


def test_a_shipped_proxy_is_named_and_leaves_out_what_it_was_chosen_on(begun: Callable[[str], BaseModel]) -> None:
    found = begun("lpzero search --table gpt2-own --proxy gpt2/own --samples 3")
    assert isinstance(found, SearchConfig)
    assert found.left_out
    assert "--proxy gpt2/own " in command_of("search", found)
    assert begun(_with_files(found)) == found
    assert forgotten(found) is None
    # the formula of a run says nothing of what it looked at
    nameless = found.model_copy(update={"names": found.proxies})
    assert begun(_with_files(nameless)) == nameless.model_copy(update={"left_out": []})
    assert str(len(found.left_out)) in (forgotten(nameless) or "")


UNITS: list[dict[str, Any]] = [
    {},
    {**{name: value for name, value in SIZES.items() if name != "elite"}, "elite": 2, **ENDS, **RATES, "seed": 5},
    {"max_depth": 15, "max_size": 31, "select": "nsga2", "hold_out": True},
]


def test_the_settings_of_an_evolution_on_choices_that_are_tried_are_all_that_there_are() -> None:
    # the shares of layers have no flag, and a report says so
    always = {"grammar", "tables", "device", "deterministic", "search_layers", "validation_layers"}
    assert set(ChoicesConfig.model_fields) - {name for settings in UNITS for name in settings} == always


@pytest.mark.parametrize("settings", UNITS)
def test_an_evolution_on_choices_comes_back(
    settings: dict[str, Any], begun: Callable[[str], BaseModel], tmp_path: Path
) -> None:
    table = made(tmp_path)
    part = ChoicesPart(table=str(table.folder), records_sha256=table.card.records_sha256)
    given = {name: [part] if name == "hold_out" else value for name, value in settings.items()}
    config = ChoicesConfig(tables=[part], **given)
    assert begun(choices_command(config)) == config
    assert choices_forgotten(config) is None
    unsaid = config.model_copy(update={"validation_layers": 0.25})
    assert "validation_layers=0.25" in (choices_forgotten(unsaid) or "")


def test_a_name_of_another_formula_is_a_file() -> None:
    named = SearchConfig(**{**SEARCH, "proxies": [FORMULA], "names": ["gpt2/own"]})
    assert "--proxy proxy-1.json " in command_of("search", named)
    assert load_proxy("gpt2/own").formula is not None


def test_sizes_that_differ_follow_from_the_tables() -> None:
    beside = [TablePart(table="llama-own", space="llama", protocol="own", search_size=20)]
    command = command_of("evolve", EvolveConfig(**TABLE, beside=beside))
    assert "--search-size" not in command
    assert "--validation-size 50 " in command


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
