"""The importance that a user gives, and what a formula makes of a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.compression.choices.evolving import IMPORTANCE
from lpzero.compression.choices.given import formula_scores, importance_given
from lpzero.compression.choices.shipped import BY_POSITION, SHIPPED, UnitFormulas
from lpzero.compression.choosing.importance import get_importance, scores_of
from lpzero.compression.choosing.menu import menu_of
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from lpzero.formula import parse
from tests.compression.choices.test_result import RESULT
from tests.compression.tiny import tiny, tokens


def meant(text: str | Path) -> str:
    found = importance_given(str(text))
    assert isinstance(found, UnitFormulas)
    assert found.groups == found.neurons
    return str(found.groups)


def test_names_formulas_files_and_runs(tmp_path: Path) -> None:
    assert importance_given("taylor") == "taylor"
    assert meant(BY_POSITION) == BY_POSITION
    document = {"schema": 1, "name": "n", "formula": "sum_units(unit_weight_out)", "higher_is_better": False}
    (tmp_path / "n.json").write_text(json.dumps(document))
    # what is better where there is less of it costs less where there is more
    assert meant(tmp_path / "n.json") == "neg(sum_units(unit_weight_out))"
    run = tmp_path / "run"
    run.mkdir()
    (run / IMPORTANCE).write_text(json.dumps(RESULT.to_json()))
    assert meant(run) == "sum_units(unit_weight_in)"
    priced = RESULT.best.model_copy(update={"importance": "exp(log(sum_units(unit_weight_in)))"})
    (run / IMPORTANCE).write_text(json.dumps(RESULT.model_copy(update={"best": priced}).to_json()))
    assert meant(run) == "exp(log(sum_units(unit_weight_in)))"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "tayler",
            "expected taylor, wanda, magnitude, block_influence, a formula of units, a file with one, or the fol",
        ),
        ("sum(l1(weight))", "expected a formula of the units of a checkpoint"),
        ("sum_units(gate_grad)", "reduce every axis"),
    ],
)
def test_what_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match="`importance`: ") as caught:
        importance_given(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["taylor", "wanda", "magnitude"])
def test_a_menu_by_the_formula_of_a_name_is_that_of_the_name(name: str) -> None:
    model = tiny("llama")
    layout = read_layout(model)
    windows = to_predict("t", tokens(3, 12), layout.objective, 1)
    products = unit_products(model, layout, windows, seed=1)
    priced = formula_scores(SHIPPED[name], model, layout, windows, products, seed=1)
    wanda = scores_of(get_importance("wanda"), model, layout, products)
    coded = scores_of(get_importance(name), model, layout, products)
    widths = (0, 3, 7, 10)
    scale = 0.5 / windows.predicted if name == "taylor" else 1.0
    for layer, (items, others) in enumerate(
        zip(menu_of(layout, priced, widths), menu_of(layout, coded, widths), strict=True)
    ):
        assert [item.stays.layer for item in items] == [layer] * len(items)
        for item, other in zip(items, others, strict=True):
            if wanda[layer].order["neurons"].order() == coded[layer].order["neurons"].order():
                assert item.stays.neurons == other.stays.neurons
                assert scale * item.feed_forward == pytest.approx(other.feed_forward, rel=1e-3, abs=1e-9)
            if wanda[layer].order["groups"].order() == coded[layer].order["groups"].order():
                assert scale * item.attention == pytest.approx(other.attention, rel=1e-3, abs=1e-9)


def test_costs_that_are_not_finite_are_refused() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    windows = to_predict("t", tokens(3, 12), layout.objective, 1)
    products = unit_products(model, layout, windows)
    formula = parse("exp(exp(exp(exp(sum_units(unit_weight_in)))))")
    (first, *_) = formula_scores(UnitFormulas(formula, formula), model, layout, windows, products, seed=0)
    with pytest.raises(InputError, match="expected finite costs, found others of layer 0"):
        first.cost["groups"].nested([0, 1], [0, 1, 2])
