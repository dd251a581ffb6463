"""Formulas of units: types, values against plain sums, what they are refused for, and exports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.formula import Formula, canonical, canonical_key, parse
from lpzero.formula import functions as f
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.export import to_latex, to_python, to_sympy
from lpzero.formula.grammar import accepts, get_grammar
from lpzero.formula.module import FormulaModule
from lpzero.formula.parse import parse_part
from lpzero.formula.rules import pruned_by
from lpzero.formula.unit_grammar import draw_units, units_grammar
from lpzero.formula.units import UnitSource, over_removed
from lpzero.operands.units import UNIT_OPERANDS

SIZES = {"windows": 2, "tokens": 3, "units": 5, "channels": 2, "features": 4}
REMOVED = (1, 3, 5)


def arrays(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, row in UNIT_OPERANDS.items():
        drawn = torch.randn([SIZES[axis] for axis in row.axes], generator=generator)
        found[name] = drawn.abs() if row.sign == "nonnegative" else drawn
    return found


def source() -> UnitSource:
    made = arrays()
    return UnitSource(made.__getitem__, SIZES["units"], REMOVED)


def scores(text: str) -> np.ndarray:
    return Evaluator(source()).scores(parse(text))


def expected(value: Callable[[Tensor, Tensor], Tensor]) -> list[float]:
    x = arrays()["unit_output"] * arrays()["unit_grad"]
    return [float(value(x[:, :, :number], arrays()["unit_weight_out"][:number])) for number in REMOVED]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "sum_windows(square(sum_tokens(sum_units(sum_channels(unit_output * unit_grad)))))",
            lambda x, _: x.sum((1, 2, 3)).square().sum(),
        ),
        (
            "sum_windows(sum_tokens(square(sum_units(sum_channels(unit_output * unit_grad)))))",
            lambda x, _: x.sum((2, 3)).square().sum(),
        ),
        (
            "sum_units(sum_windows(square(sum_tokens(sum_channels(unit_output * unit_grad)))))",
            lambda x, _: x.sum((1, 3)).square().sum(),
        ),
        (
            "mean_units(max_tokens(mean_windows(max_channels(abs(unit_output * unit_grad)))))",
            lambda x, _: x.abs().amax(3).mean(0).amax(0).mean(),
        ),
        (
            "sum_units(max_windows(max_tokens(sum_channels(unit_output * unit_grad))) * unit_weight_out)",
            lambda x, w: (x.sum(3).amax((0, 1)) * w).sum(),
        ),
        ("max_units(unit_weight_out)", lambda _, w: w.max()),
    ],
)
def test_axes_are_reduced_in_the_order_that_is_written(text: str, value: Callable[[Tensor, Tensor], Tensor]) -> None:
    np.testing.assert_allclose(scores(text), expected(value), rtol=1e-5)


def test_the_order_is_part_of_the_formula() -> None:
    before, after = (
        "sum_windows(sum_tokens(square(sum_units(gate_grad))))",
        "sum_windows(square(sum_tokens(sum_units(gate_grad))))",
    )
    assert not np.allclose(scores(before), scores(after))
    assert canonical_key(parse(before)) != canonical_key(parse(after))


def test_what_says_nothing_of_units_is_the_same_for_every_choice() -> None:
    cosine = (
        "1.0 - mean_windows(mean_tokens(sum_features(layer_input * layer_output) / "
        "sqrt(sum_features(square(layer_input)) * sum_features(square(layer_output)))))"
    )
    made = arrays()
    wanted = 1 - torch.cosine_similarity(made["layer_input"], made["layer_output"], dim=-1).mean()
    np.testing.assert_allclose(scores(cosine), [float(wanted)] * 3, rtol=1e-5)
    np.testing.assert_allclose(scores("removed_share"), [0.2, 0.6, 1.0])


@pytest.mark.parametrize("function", [f.total, f.mean, f.maximum])
def test_what_nested_sets_share_is_reduced_once_to_the_same(function: Callable[..., Tensor]) -> None:
    x = torch.randn(4, 7, generator=torch.Generator().manual_seed(3))
    wanted = torch.stack([function(x[:, :number], None) for number in (2, 3, 7)])
    torch.testing.assert_close(over_removed(function, x, (2, 3, 7)), wanted)


def drawn(number: int = 200) -> list[Formula]:
    rng = np.random.default_rng(0)
    return [draw_units(units_grammar(14, 30), rng) for _ in range(number)]


def test_drawn_formulas_read_back_and_keep_their_value_in_canonical_form() -> None:
    evaluator = Evaluator(source())
    for formula in drawn():
        assert parse(str(formula)) == formula
        assert canonical(canonical(formula)) == canonical(formula)
        assert evaluator.scores(formula).shape == (3,)
        assert to_latex(formula).count("{") == to_latex(formula).count("}")
        to_sympy(formula)


def test_each_choice_has_the_value_that_it_has_alone() -> None:
    made, together = arrays(), Evaluator(source())
    for formula in drawn(60):
        alone = [
            Evaluator(UnitSource(made.__getitem__, SIZES["units"], (number,))).scores(formula)[0] for number in REMOVED
        ]
        np.testing.assert_allclose(together.scores(formula), alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum_tokens(unit_weight_out)", "sum_tokens takes units with the axis tokens, found units[units]"),
        ("unit_output * layer_input", "one has all axes of the other"),
        ("sum_units(gate_grad) * gate_grad", "one has all axes of the other"),
        ("sum_units(gate_grad)", "reduce every axis"),
        ("l1(unit_output)", "l1 takes tensor, found units"),
        ("unit_output + removed_share", "two values of one type"),
        ("sum_units(weight)", "sum_units takes units, found tensor[parameter]"),
    ],
)
def test_axes_that_do_not_fit_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=r"formula, column \d+: ") as caught:
        parse(text)
    assert words in str(caught.value)


def test_types_name_the_axes_that_are_left() -> None:
    assert str(parse_part("sum_units(unit_output)").type) == "units[choices windows tokens channels]"
    assert str(parse_part("mean_tokens(unit_output * unit_weight_in)").type) == "units[windows units channels]"
    assert str(parse("sum_units(unit_weight_in)").type) == "scalar"


def test_rules_know_signs_of_units() -> None:
    assert pruned_by(parse("sum_units(abs(unit_weight_in))")) == "redundant"
    assert pruned_by(parse("sum_units(sum_windows(sum_tokens(abs(gate_grad))))")) is None
    assert str(canonical(parse("sum_units(abs(unit_weight_in))"))) == "sum_units(unit_weight_in)"


@pytest.mark.parametrize("name", ["typed", "lpzero", "layered", "weighted"])
def test_grammars_of_whole_models_have_no_units(name: str) -> None:
    assert not accepts(get_grammar(name), parse("sum_units(unit_weight_in) * removed_share"))
    assert not accepts(get_grammar(name), parse("exp(removed_share)"))


def test_operands_of_whole_models_are_none_of_units() -> None:
    with pytest.raises(InputError, match="depth is an operand of whole models"):
        scores("sum_units(unit_weight_in) * depth")
    with pytest.raises(InputError, match="weight is an operand of whole models"):
        scores("sum(l1(weight)) * removed_share")
    with pytest.raises(InputError, match="fan_in is an operand of whole models"):
        scores("sum(fan_in) * removed_share")


def test_a_formula_of_units_is_no_module_of_whole_models() -> None:
    with pytest.raises(InputError, match="which is about units"):
        FormulaModule(parse("sum_units(unit_weight_in)"))({})


def test_python_gives_the_same_score_without_lpzero(tmp_path: Path) -> None:
    made = arrays()
    torch.save({name: value for name, value in made.items() if UNIT_OPERANDS[name].axes}, tmp_path / "arrays.pt")
    texts = [str(formula) for formula in drawn(12)]
    for place, text in enumerate(texts):
        (tmp_path / f"m{place}.py").write_text(to_python(parse(text), higher_is_better=True))
    program = (
        "import sys, torch, importlib; sys.path.insert(0, sys.argv[1]); a = torch.load(sys.argv[1] + '/arrays.pt')\n"
        "a['removed'] = torch.tensor([True, True, True, False, False]); a['removed_share'] = .6\n"
        f"a['layer_place'] = {float(made['layer_place'])!r}\n"
        f"for i in range({len(texts)}): print(importlib.import_module(f'm{{i}}').score(a))\n"
        "assert 'lpzero' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    found = [float(line) for line in done.stdout.split()]
    np.testing.assert_allclose(found, [scores(text)[1] for text in texts], rtol=1e-4, atol=1e-6)
