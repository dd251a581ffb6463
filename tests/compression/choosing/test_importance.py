"""Reductions of products, worked out by hand, and the ways that have a name."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.choosing.importance import (
    IMPORTANCES,
    Reduction,
    Scores,
    block_influence,
    get_importance,
    scores_of,
)
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.layout import blocks_of, part, read_layout, weight_in
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from tests.compression.tiny import tiny, tokens

PRODUCTS = torch.tensor([[[1.0, -1.0, 2.0], [2.0, 1.0, 0.0]], [[0.0, 3.0, 1.0], [1.0, 0.0, 0.0]]])
"""(2 windows, 2 tokens, 3 units)"""


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        # units 0 and 1 go: token by token 1 - 1, 2 + 1, 0 + 3, 1 + 0
        (Reduction("units", 2), (0 + 9 + 9 + 1) / 2 / 4),
        (Reduction("units", 1), (0 + 3 + 3 + 1) / 4),
        # window by window unit 0 has 3 and 1, unit 1 has 0 and 3
        (Reduction("tokens", 2), (9 + 1 + 0 + 9) / 2 / 4),
        (Reduction("nothing", 2), (1 + 4 + 0 + 1 + 1 + 1 + 9 + 0) / 2 / 4),
        (Reduction("nothing", 1), (1 + 2 + 0 + 1 + 1 + 1 + 3 + 0) / 4),
    ],
)
def test_reductions_by_hand(reduction: Reduction, expected: float) -> None:
    assert reduction.scores(PRODUCTS, 4).of([0, 1]) == pytest.approx(expected)
    assert reduction.scores(PRODUCTS, 4).of([]) == 0
    if reduction.together == "tokens":
        assert reduction.scores(PRODUCTS.sum(1), 4).of([0, 1]) == pytest.approx(expected)


def test_the_order_is_that_of_single_units_and_stable() -> None:
    scores = Scores(torch.tensor([[1.0, 3.0, 1.0, 0.0]]), 2, 0.5)
    assert scores.order() == [1, 0, 2, 3]
    assert scores.each.tolist() == [0.5, 4.5, 0.5, 0.0]


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_named_ways_score_every_unit(family: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    products = unit_products(model, layout, to_predict("t", tokens(2, 9), layout.objective, 1))
    for importance in IMPORTANCES.values():
        found = scores_of(importance, model, layout, products)
        assert len(found) == layout.depth
        for one in found:
            assert len(one.order["groups"].order()) == layout.groups
            assert len(one.order["neurons"].order()) == layout.neurons
            assert one.cost["neurons"].of(range(layout.neurons)) > 0
            assert one.cost["groups"].of(range(layout.groups)) > 0


def test_magnitude_and_wanda_are_squares_of_weights() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    products = unit_products(model, layout, to_predict("t", tokens(2, 9), "causal", None))
    block = blocks_of(model, layout)[1]
    gate, up, down = (weight_in(part(block, f"mlp.{name}_proj")).detach() for name in ("gate", "up", "down"))
    magnitude = scores_of(IMPORTANCES["magnitude"], model, layout, products)[1].order["neurons"].each
    expected = gate.square().sum(1) + up.square().sum(1) + down.square().sum(0)
    torch.testing.assert_close(magnitude.float(), expected)
    wanda = scores_of(IMPORTANCES["wanda"], model, layout, products)[1].order["neurons"].each
    torch.testing.assert_close(wanda.float(), products.layers[1].neuron_squares * down.square().sum(0))
    value, out = (weight_in(part(block, f"self_attn.{name}_proj")).detach() for name in ("v", "o"))
    groups = scores_of(IMPORTANCES["magnitude"], model, layout, products)[1].order["groups"].each
    expected = value.square().view(2, -1).sum(1) + out.T.square().reshape(2, -1).sum(1)
    torch.testing.assert_close(groups.float(), expected)


def test_products_of_other_labels_are_refused() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    products = unit_products(model, layout, to_predict("t", tokens(2, 9), "causal", None), labels="text")
    with pytest.raises(InputError, match="taylor: expected products with sampled labels, found text"):
        scores_of(get_importance("taylor"), model, layout, products)
    with pytest.raises(InputError, match="unknown importance 'tailor': expected one of taylor"):
        get_importance("tailor")


def test_a_layer_that_turns_nothing_has_no_influence() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    with torch.no_grad():
        for path in (layout.places.attention_out, layout.places.outer):
            for parameter in part(blocks_of(model, layout)[1], path).parameters():
                parameter.zero_()
    found = block_influence(unit_products(model, layout, to_predict("t", tokens(2, 9), "causal", None)))
    assert found[1] == pytest.approx(0, abs=1e-6)
    assert min(found[0], found[2]) > 1e-3
