"""Whole small runs on the published table: files, determinism, resuming, the sealed test."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpzero.evolution.discovery.faults as left_out_module
from lpzero.callbacks import Callback, Callbacks, Generation
from lpzero.engines import Engine, Serial
from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.run import Setting, execute, prepare
from lpzero.evolution.together import Together
from lpzero.evolution.trial import probes_of
from lpzero.files import LOCK
from lpzero.fitness import correlate
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.operands.bank import fill_bank
from lpzero.operands.probe import untrained_operands
from lpzero.progress import Progress
from lpzero.result import Result


def _result(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("run", "seconds")}


SERIAL = Serial()


def _execute(setting: Setting, path: Path, home: Path, watch: Any, engine: Engine = SERIAL) -> dict[str, Any]:
    run = EvolutionRunFolder.create(path, setting.config)
    return execute(run, Together((setting,)), home=home, engine=engine, watch=watch).to_json()


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, Any]]:
    """Results that several tests look at."""
    return {}


@pytest.fixture
def whole(setting: Setting, tmp_path: Path, home: Path, kept: dict[str, dict[str, Any]], quiet: Any) -> dict[str, Any]:
    """The result of the uninterrupted run, computed once."""
    if not kept:
        kept["whole"] = _execute(setting, tmp_path / "whole", home, quiet)
    return kept["whole"]


def test_the_document_has_the_promised_keys(whole: dict[str, Any]) -> None:
    assert {
        *("schema", "run", "space", "table", "protocol", "seed", "evaluated", "pruned", "seconds"),
        *("stopped_by", "best", "front", "baselines", "islands", "restarts", "duplicates"),
    } <= set(whole)
    assert whole["islands"] == 2
    assert 0 <= whole["duplicates"] < whole["evaluated"]
    assert set(whole["best"]) >= {"formula", "direction", "size", "search", "validation", "test"}
    test = whole["best"]["test"]
    assert set(test) >= {"n", "tau_b", "tau_a", "rho", "distinct", "interval"}
    assert test["n"] == 14
    assert test["interval"][0] <= test["tau_a"] <= test["interval"][1]
    assert {row["proxy"] for row in whole["baselines"]} >= {
        *("params", "depth", "width", "depth_then_hidden", "width_then_shallow", "snip")
    }
    assert all(set(row["test"]) >= {"n", "tau_a", "interval"} for row in whole["baselines"])
    assert whole["schema"] == 1
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def test_the_test_figures_are_those_of_a_direct_computation(whole: dict[str, Any], setting: Setting) -> None:
    formula = parse(whole["best"]["formula"])
    sign = 1.0 if whole["best"]["direction"] == "higher" else -1.0
    scores = []
    for i in setting.parts.test:
        operands = untrained_operands(setting.space, setting.table.records[i].architecture, setting.probe)
        scores.append(sign * Evaluator(ExactSource(operands)).scores(formula)[0])
    found = correlate(np.array(scores), setting.table.oriented[list(setting.parts.test)])
    for name in ("tau_a", "tau_b", "rho", "distinct"):
        assert whole["best"]["test"][name] == pytest.approx(getattr(found, name), abs=1e-6)


def test_jobs_and_the_bank_change_nothing(
    whole: dict[str, Any], setting: Setting, tmp_path: Path, quiet: Any, processes: Engine
) -> None:
    again = _execute(setting, tmp_path / "two", tmp_path / "empty", quiet, engine=processes)
    assert _result(again) == _result(whole)


def test_another_seed_gives_another_run(
    whole: dict[str, Any], small: dict[str, Any], small_table: None, tmp_path: Path, home: Path, quiet: Any
) -> None:
    assert small_table is None
    other = _execute(prepare(EvolveConfig(**{**small, "seed": 4})), tmp_path / "run", home, quiet)
    assert _result(other)["front"] != _result(whole)["front"]


def test_the_search_never_extracts_a_test_architecture(
    setting: Setting, tmp_path: Path, home: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    banked: list[Any] = []

    def watched(space: Any, architectures: Any, *rest: Any, **named: Any) -> Any:
        banked.extend(architectures)
        return fill_bank(space, architectures, *rest, **named)

    monkeypatch.setattr(left_out_module, "fill_bank", watched)
    _execute(setting, tmp_path / "run", home, quiet)
    sealed = {setting.table.records[i].architecture.digest for i in setting.parts.test}
    assert banked
    assert not sealed & {architecture.digest for architecture in banked}


def test_every_initialisation_is_banked_and_only_the_first_is_reported_on(
    small: dict[str, Any], small_table: None, tmp_path: Path, home: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert small_table is None
    setting = prepare(EvolveConfig(**{**small, "initialisations": 3}))
    passes = probes_of(setting)
    assert passes[0] == setting.probe
    assert len({probe.seed for probe in passes}) == 3
    banked: list[int] = []

    def watched(space: Any, architectures: Any, probe: Any, **named: Any) -> Any:
        banked.append(probe.seed)
        return fill_bank(space, architectures, probe, **named)

    monkeypatch.setattr(left_out_module, "fill_bank", watched)
    document = _execute(setting, tmp_path / "run", home, quiet)
    assert set(banked) == {probe.seed for probe in passes}
    assert document["best"]["test"]["n"] == 14


class Killed(Exception):
    """The process is gone."""


# what a run tells: of each island's epoch the generation that it bred, then, behind the checkpoint, the next one
STOPS = {
    "operands": ("operands", "3/14 architectures", 1),
    "first populations": ("evolving", "generation 1,", 1),
    "inside an epoch": ("evolving", "generation 2,", 3),
    "an epoch": ("evolving", "generation 3,", 1),
    "testing": ("testing", "3/28 architectures", 1),
}


@pytest.mark.parametrize("at", STOPS)
def test_a_run_stopped_anywhere_resumes_to_the_same_result(
    whole: dict[str, Any], setting: Setting, tmp_path: Path, at: str, quiet: Any
) -> None:
    step, facts, times = STOPS[at]
    met: list[Progress] = []

    def killing(progress: Progress) -> None:
        if progress.step == step and progress.facts.startswith(facts):
            met.append(progress)
        if len(met) == times:
            raise Killed

    path = tmp_path / "run"
    with pytest.raises(Killed):
        _execute(setting, path, tmp_path / "bank", killing)
    assert not (path / "best.json").exists()
    run, config = EvolutionRunFolder.open(path, EvolveConfig)
    assert config == setting.config
    resumed = execute(run, Together((prepare(config),)), home=tmp_path / "bank", engine=Serial(), watch=quiet).to_json()
    assert _result(resumed) == _result(whole)


def test_a_finished_run_gives_its_result_without_work(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    first = _execute(setting, tmp_path / "run", home, quiet)
    run, config = EvolutionRunFolder.open(tmp_path / "run", EvolveConfig)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    again = execute(run, Together((prepare(config),)), home=home, engine=Serial(), watch=quiet)
    assert again.to_json() == first
    assert run.read_result() == again
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}


def test_the_files_of_a_run(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    document = _execute(setting, tmp_path / "run", home, quiet)
    files = {str(p.relative_to(tmp_path / "run")) for p in (tmp_path / "run").rglob("*") if p.is_file()}
    assert files == {
        *("config.json", "env.json", "split.json", "events.jsonl", "state/checkpoint.json", LOCK),
        *("front.csv", "scores.csv", "best.json", "start.json"),
    }
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    assert [len(split[name]) for name in ("search", "validation", "test")] == [8, 6, 14]
    events = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    assert [e["event"] for e in events] == ["created", *["generation"] * 4, "stopped", "testing", "finished"]
    rows = (tmp_path / "run" / "front.csv").read_text().splitlines()
    assert len(rows) == 1 + len(document["front"])
    assert rows[0] == "formula,direction,size,search,validation,both"


def test_the_scores_of_a_run_are_those_of_its_figures(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    best = _execute(setting, tmp_path / "run", home, quiet)["best"]
    with (tmp_path / "run" / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    sign = 1 if best["direction"] == "higher" else -1
    for part in ("search", "validation", "test"):
        mine = [row for row in rows if row["part"] == part]
        assert len(mine) == best[part]["n"]
        found = correlate(
            np.array([sign * float(row["score"]) for row in mine]), np.array([float(row["quality"]) for row in mine])
        )
        assert found.tau_a == pytest.approx(best[part]["tau_a"], abs=1e-6)


def test_an_existing_folder_is_refused_and_untouched(setting: Setting, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="exists and is left as it is"):
        EvolutionRunFolder.create(tmp_path / "run", setting.config)
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_a_damaged_result_is_refused(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    (tmp_path / "run" / "best.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"best\.json: expected the result of a run, found schema: none: delete"):
        execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)


def test_a_table_that_changed_is_noticed(setting: Setting, tmp_path: Path, home: Path, quiet: Any) -> None:
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    (tmp_path / "run" / "split.json").write_text('{"search": ["1"], "validation": [], "test": ["2"]}')
    with pytest.raises(InputError, match="not that which the run began with"):
        execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)


def test_a_folder_without_a_run_and_a_damaged_checkpoint_are_refused(
    setting: Setting, tmp_path: Path, home: Path, quiet: Any
) -> None:
    with pytest.raises(InputError, match=r"expected the folder of a run with config\.json"):
        EvolutionRunFolder.open(tmp_path, EvolveConfig)
    run = EvolutionRunFolder.create(tmp_path / "run", setting.config)
    for text, words in (
        ("{", "expected a JSON object"),
        ('{"schema": 2}', "damaged"),
        ('{"schema": 1}', "expected a checkpoint of schema 2, found 1: begin a new run"),
    ):
        (tmp_path / "run" / "state").mkdir(exist_ok=True)
        (tmp_path / "run" / "state" / "checkpoint.json").write_text(text)
        with pytest.raises(InputError, match=words):
            execute(run, Together((setting,)), home=home, engine=Serial(), watch=quiet)


class _Told(Callback):
    """Notes what it is told, and stops at a generation, or fails there."""

    def __init__(self, stop_at: int = 99, fail_at: int = 99) -> None:
        self.stop_at, self.fail_at = stop_at, fail_at
        self.told: list[str] = []
        self.numbers: list[int] = []

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        self.told.append(f"begin {run.name} {settings['seed']}")

    def on_generation_end(self, generation: Generation) -> bool:
        self.numbers.append(generation.number)
        if generation.number == self.fail_at:
            raise OSError("no more")
        return generation.number >= self.stop_at

    def on_run_stop(self) -> None:
        self.told.append("stop")

    def on_run_end(self, result: Result) -> None:
        self.told.append("end")


def _called_back(setting: Setting, path: Path, home: Path, quiet: Any, told: _Told) -> dict[str, Any]:
    run = EvolutionRunFolder.create(path, setting.config)
    callbacks = Callbacks((told,))
    return execute(run, Together((setting,)), home=home, engine=SERIAL, watch=quiet, callbacks=callbacks).to_json()


def test_a_callback_is_told_of_every_generation_and_changes_nothing(
    setting: Setting, whole: dict[str, Any], tmp_path: Path, home: Path, quiet: Any
) -> None:
    told = _Told()
    assert _result(_called_back(setting, tmp_path / "run", home, quiet, told)) == _result(whole)
    assert told.told == ["begin run 3", "end"]
    assert told.numbers == list(range(whole["generations"] + 1))


def test_a_callback_ends_an_evolution_which_has_a_result_all_the_same(
    setting: Setting, tmp_path: Path, home: Path, quiet: Any
) -> None:
    told = _Told(stop_at=0)
    found = _called_back(setting, tmp_path / "run", home, quiet, told)
    assert (found["stopped_by"], found["generations"]) == ("callback", 0)
    assert found["best"]["test"]["tau_a"] is not None
    assert told.told[-1] == "end"


def test_what_a_callback_raises_ends_the_run_which_goes_on_without_it(
    setting: Setting, whole: dict[str, Any], tmp_path: Path, home: Path, quiet: Any
) -> None:
    told = _Told(fail_at=1)
    with pytest.raises(OSError, match="no more"):
        _called_back(setting, tmp_path / "run", home, quiet, told)
    assert told.told[-1] == "stop"
    run, config = EvolutionRunFolder.open(tmp_path / "run", EvolveConfig)
    again = execute(run, Together((prepare(config),)), home=home, engine=SERIAL, watch=quiet)
    assert _result(again.to_json()) == _result(whole)
