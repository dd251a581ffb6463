"""The importances that have a name are formulas: each gives what its coded way gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.compression.choices.shipped import SHIPPED, check_units, shipped
from lpzero.compression.choices.units import look
from lpzero.compression.choosing.importance import block_influence, get_importance, scores_of
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.operands.units import UNIT_OPERANDS
from tests.compression.tiny import tiny, tokens


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert", "gemma"])
@pytest.mark.parametrize("name", ["taylor", "wanda", "magnitude", "block_influence"])
def test_a_formula_is_what_compress_computes(family: str, name: str, tmp_path: Path) -> None:
    del tmp_path
    model = tiny(family)
    layout = read_layout(model)
    windows = to_predict("t", tokens(3, 12), layout.objective, 1)
    products = unit_products(model, layout, windows, seed=2)
    parts = look(model, layout, windows, arrays=frozenset(UNIT_OPERANDS), seed=2)
    coded = None if name == "block_influence" else scores_of(get_importance(name), model, layout, products)
    for part in parts:
        order = torch.randperm(part.number, generator=torch.Generator().manual_seed(1)).tolist()
        removed = tuple(range(1, part.number + 1))
        found = Evaluator(part.source(order, removed)).scores(SHIPPED[name].by_kind[part.kind])
        if coded is None:
            wanted = [block_influence(products)[part.layer]] * part.number
        else:
            wanted = [coded[part.layer].cost[part.kind].of(order[:number]) for number in removed]
        # nats a token: half of the squares, a share for each position
        scale = 0.5 / windows.predicted if name == "taylor" else 1.0
        np.testing.assert_allclose(scale * found, wanted, rtol=2e-4, atol=1e-7)


def test_names_are_those_of_the_command() -> None:
    assert set(SHIPPED) == {"taylor", "wanda", "magnitude", "block_influence"}
    with pytest.raises(InputError, match="unknown importance 'tayler'"):
        shipped("tayler")


@pytest.mark.parametrize("text", ["sum(l1(weight))", "depth", "sum_units(unit_weight_in) * depth"])
def test_a_formula_of_whole_models_is_no_importance(text: str) -> None:
    with pytest.raises(InputError, match="expected a formula of the units of a checkpoint"):
        check_units(parse(text))
