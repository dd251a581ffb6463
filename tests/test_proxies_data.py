"""The proxies that come as data: each file is a formula that scores a model."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.formula.evaluate import Evaluator
from lpzero.formula.parse import parse
from lpzero.formula.values import ExactSource
from lpzero.operands.extract import Operands
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.proxy import load_proxy
from lpzero.spaces import get_space
from lpzero.tables import TABLES

FOLDER = Path(__file__).resolve().parents[1] / "proxies"
FILES = sorted(FOLDER.rglob("*.json"))


def named(path: Path) -> str:
    """The name that a file should give its proxy."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


@pytest.fixture(params=FILES, ids=named)
def proxy(request: pytest.FixtureRequest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return document | {"stem": named(request.param)}


@pytest.fixture(scope="module", params=["flexibert", "gpt2", "transfo-xl"])
def operands(request: pytest.FixtureRequest) -> Operands:
    torch.set_num_threads(1)
    space = get_space(request.param)
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(20)]
    smallest = min(drawn, key=lambda architecture: space.parameter_counts(architecture)["total"])
    return untrained_operands(space, smallest, Probe(batch=2, tokens=8))


def test_a_file_has_the_fields_of_a_proxy(proxy: dict[str, Any]) -> None:
    assert set(proxy) - {"found"} == {"schema", "name", "formula", "higher_is_better", "paper", "note", "stem"}
    assert proxy["schema"] == 1
    assert proxy["name"] == proxy["stem"]
    assert isinstance(proxy["higher_is_better"], bool)
    assert ("https://arxiv.org/abs/" in proxy["paper"]) != ("found" in proxy)
    assert proxy["note"].endswith(".")


def test_the_formula_is_a_scalar_in_its_own_spelling(proxy: dict[str, Any]) -> None:
    formula = parse(proxy["formula"])
    assert formula.type.level == "scalar"
    assert str(formula) == proxy["formula"]


def test_no_two_files_have_the_same_formula() -> None:
    formulas = [json.loads(path.read_text(encoding="utf-8"))["formula"] for path in FILES]
    assert len(formulas) >= 10
    assert len(set(formulas)) == len(formulas)


def test_the_score_of_a_model_is_finite(proxy: dict[str, Any], operands: Operands) -> None:
    scores = Evaluator(ExactSource(operands)).scores(parse(proxy["formula"]))
    assert scores.shape == (1,)
    assert math.isfinite(scores[0])
    assert scores[0] != 0


@pytest.mark.parametrize("path", [path for path in FILES if path.parent != FOLDER], ids=named)
def test_a_discovered_proxy_says_where_it_comes_from_and_what_it_reached(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))["found"]
    entry = TABLES[found["table"]]
    assert found["protocol"] in entry.protocols
    assert path.parent.name in (entry.space, "universal")
    # one that was found on several tables says what each of them said without it
    assert bool(found.get("left_out")) == (path.parent.name == "universal")
    low, high = found["test"]["interval"]
    assert low <= found["test"]["tau_a"] <= high
    assert found["test"]["n"] + found["settings"]["search_size"] + found["settings"]["validation_size"] == entry.n
    assert load_proxy(named(path)).found_on == found["table"]
