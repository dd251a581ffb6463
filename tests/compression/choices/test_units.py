"""What units do, against products that are summed while they are made."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.choices.units import arrays_for, look
from lpzero.compression.choosing.importance import KINDS
from lpzero.compression.choosing.products import Labels, unit_products
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.texts import to_predict
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.operands.units import UNIT_OPERANDS
from tests.compression.tiny import tiny, tokens


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert", "phi"])
@pytest.mark.parametrize("labels", ["text", "sampled"])
def test_gates_are_the_products_that_are_summed_elsewhere(family: str, labels: Labels) -> None:
    model = tiny(family)
    layout = read_layout(model)
    windows = to_predict("t", tokens(3, 10), layout.objective, 1)
    name = "gate_grad" if labels == "text" else "sampled_gate_grad"
    parts = look(model, layout, windows, arrays=arrays_for([name]), seed=5)
    products = unit_products(model, layout, windows, labels=labels, seed=5)
    assert [(part.layer, part.kind) for part in parts] == [(i, kind) for i in range(layout.depth) for kind in KINDS]
    for part in parts:
        gates = part.source(range(part.number), (part.number,)).units(name).values
        wanted = getattr(products.layers[part.layer], part.kind)
        torch.testing.assert_close(gates if part.kind == "groups" else gates.sum(1), wanted, rtol=1e-4, atol=1e-6)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_units_stand_in_the_order_in_which_they_go() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    windows = to_predict("t", tokens(2, 10), layout.objective, 1)
    part = look(model, layout, windows, arrays=frozenset({"unit_output"}))[1]
    weights = part.arrays["unit_weight_out"]
    found = Evaluator(part.source((4, 2, 0), (1, 3))).scores(parse("sum_units(unit_weight_out)"))
    assert found == pytest.approx([float(weights[4]), float(weights[[4, 2, 0]].sum())])
    share = Evaluator(part.source((4, 2, 0), (1, 3))).scores(parse("removed_share + layer_place"))
    assert share == pytest.approx([1 / layout.neurons, 3 / layout.neurons])


def test_only_arrays_that_are_wanted_are_kept() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    windows = to_predict("t", tokens(2, 10), layout.objective, 1)
    (part, *_) = look(model, layout, windows, arrays=arrays_for(["layer_input"]))
    assert set(part.arrays) == {"layer_input", "unit_weight_in", "unit_weight_out"}
    assert arrays_for(["gate_grad", "removed_share"]) == {"unit_output", "unit_grad"}
    (whole, *_) = look(model, layout, windows, arrays=frozenset(UNIT_OPERANDS))
    for name, array in whole.arrays.items():
        assert array.ndim == len(UNIT_OPERANDS[name].axes)
