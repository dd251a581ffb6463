"""One small enumeration on the published table: its choice, its front and its figures by direct computation."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from lpzero.engines import Engine, Serial
from lpzero.errors import InputError
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.evolution.enumeration.folder import EnumerationRunFolder
from lpzero.evolution.enumeration.pairs import LARGEST_SPLIT, SMALLEST_SPLIT
from lpzero.evolution.enumeration.run import execute_enumeration, prepare_enumeration
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.operands.probe import untrained_operands
from lpzero.progress import unwatched


@pytest.fixture
def config(small: dict[str, Any]) -> EnumerateConfig:
    """Twelve architectures to search on, six to validate on, ten sealed."""
    names = ("space", "protocol", "table", "seed", "batch", "tokens", "elements", "validation_size")
    return EnumerateConfig(**{name: small[name] for name in names}, search_size=12, operands=["head"], keep=200)


@pytest.fixture
def setting(config: EnumerateConfig, small_table: None) -> Setting[EnumerateConfig]:
    """What follows from it."""
    return prepare_enumeration(config)


def enumerated(
    setting: Setting[EnumerateConfig], path: Path, home: Path, engine: Engine | None = None
) -> dict[str, Any]:
    run = EnumerationRunFolder.create(path, setting.config)
    engine = Serial() if engine is None else engine
    return execute_enumeration(run, setting, home=home, engine=engine, watch=unwatched).to_json()


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """A result that several tests look at."""
    return {}


@pytest.fixture
def document(
    setting: Setting[EnumerateConfig], kept: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, home: Path
) -> dict[str, Any]:
    """The result of one run, computed once."""
    if not kept:
        kept["result"] = enumerated(setting, tmp_path_factory.mktemp("enumeration") / "run", home)
    found: dict[str, Any] = kept["result"]
    return found


def test_the_front_is_sorted_and_beaten_by_nothing(document: dict[str, Any]) -> None:
    assert json.loads((Path(document["run"]) / "best.json").read_text()) == document
    assert document["evaluated"] == document["formulas"] - document["nonfinite"]
    assert 200 < document["distinct_formulas"] < document["formulas"]
    front = document["front"]
    assert len(front) > 1
    for small, large in pairwise(front):
        assert small["size"] < large["size"]
        assert small["both"] < large["both"]
    for row in front:
        assert parse(row["formula"]).size == row["size"]


def test_the_test_figures_are_those_of_a_direct_computation(
    setting: Setting[EnumerateConfig], document: dict[str, Any]
) -> None:
    # what is reported on the sealed test is what the formula says of whole tensors
    formula, sign = parse(document["best"]["formula"]), 1.0 if document["best"]["direction"] == "higher" else -1.0
    scores = []
    for i in setting.parts.test:
        operands = untrained_operands(setting.space, setting.table.records[i].architecture, setting.probe)
        scores.append(sign * Evaluator(ExactSource(operands)).scores(formula)[0])
    quality = setting.table.oriented[list(setting.parts.test)]
    test = document["best"]["test"]
    assert test["n"] == len(scores) == 10
    assert test["tau_b"] == pytest.approx(stats.kendalltau(scores, quality).statistic, abs=1e-6)
    assert test["rho"] == pytest.approx(stats.spearmanr(scores, quality).statistic, abs=1e-6)


def test_a_finished_run_gives_its_result_without_work(
    setting: Setting[EnumerateConfig], document: dict[str, Any], tmp_path: Path
) -> None:
    path = Path(document["run"])
    run, config = EnumerationRunFolder.open(path, EnumerateConfig)
    assert config == setting.config
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    again = execute_enumeration(run, setting, home=tmp_path / "nowhere", engine=Serial(), watch=unwatched)
    assert again.to_json() == document
    assert before == {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_neither_the_sealed_test_nor_the_threads_have_a_say(
    setting: Setting[EnumerateConfig], document: dict[str, Any], tmp_path: Path, home: Path
) -> None:
    quality = [record.quality for record in setting.table.records]
    for i in setting.parts.test:
        quality[i] = -1000.0 - i
    records = tuple(replace(r, quality=q) for r, q in zip(setting.table.records, quality, strict=True))
    other = enumerated(
        replace(setting, table=replace(setting.table, records=records)), tmp_path / "run", home, Serial(2)
    )
    for key in set(document) - {"run", "table_sha256", "seconds", "per_second", "best", "baselines"}:
        assert other[key] == document[key], key
    for key in set(document["best"]) - {"test"}:
        assert other["best"][key] == document["best"][key], key
    assert other["best"]["test"]["tau_a"] != document["best"]["test"]["tau_a"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operands": ["colour"]}, "unknown operand 'colour': expected one of"),
        ({"operands": ["head", "weight", "head"]}, "^expected each operand once, found head, weight, head$"),
        (
            {"search_size": SMALLEST_SPLIT - 1},
            f"^`search_size`: an enumeration ranks {SMALLEST_SPLIT} to {LARGEST_SPLIT} architectures, found 11$",
        ),
        ({"search_size": LARGEST_SPLIT + 1}, "found 257$"),
        ({"space": "gpt2"}, "is of space flexibert, found `space` gpt2"),
    ],
)
def test_what_cannot_be_enumerated_is_said_before_there_is_a_run(
    config: EnumerateConfig, small_table: None, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        prepare_enumeration(config.model_copy(update=changes))


def test_operands_that_no_model_of_the_space_has_are_refused(config: EnumerateConfig) -> None:
    recurrent = config.model_copy(update={"space": "rnn", "protocol": "own", "table": "rnn-own"})
    with pytest.raises(InputError, match="expected operands that models of rnn show, found head: leave it out"):
        prepare_enumeration(recurrent)
