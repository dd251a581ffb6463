"""Evaluation: against direct computations, at both fidelities, and independent of what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import InputError, LpzeroError
from lpzero.formula import canonical, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.sketch import sketch


@pytest.fixture
def operands(tiny: Any, tokens: Batch) -> Operands:
    return extract(tiny, tiny.site_map(), tokens)


def _exact(operands: Operands, text: str) -> float:
    return float(Evaluator(ExactSource(operands)).scores(parse(text))[0])


def test_weight_times_grad_is_snip(tiny: Any, tokens: Batch, operands: Operands) -> None:
    tiny.eval()
    tiny(tokens.input_ids, tokens.labels).loss.backward()
    snip = sum(
        (p.detach() * p.grad).abs().sum().item() for p in tiny.parameters() if p.ndim >= 2 and p.grad is not None
    )
    assert _exact(operands, "sum(l1(weight * grad))") == pytest.approx(snip, rel=1e-5)


def _by_layer(operands: Operands, family: str, function: Callable[[torch.Tensor], torch.Tensor]) -> dict[int, float]:
    sites = operands.sites["parameter" if family in ("weight", "grad") else family]  # type: ignore[index]
    values: dict[int, float] = {}
    for site, tensor in zip(sites, operands.tensors[family], strict=True):
        values[site.layer] = values.get(site.layer, 0.0) + float(function(tensor))
    return values


def test_a_layer_is_the_sum_of_its_sites_and_a_mean_counts_layers(operands: Operands) -> None:
    layers = _by_layer(operands, "weight", lambda t: t.norm())
    assert len(layers) == 4
    assert _exact(operands, "sum(frobenius(weight))") == pytest.approx(sum(layers.values()), rel=1e-6)
    assert _exact(operands, "mean(frobenius(weight))") == pytest.approx(sum(layers.values()) / 4, rel=1e-6)


def test_first_and_last_are_those_of_the_layers_that_have_the_operand(operands: Operands) -> None:
    for name, lowest, highest in (("weight", 0, 3), ("head", 1, 2), ("hidden", 0, 2)):
        layers = _by_layer(operands, name, lambda t: t.abs().sum())
        assert (min(layers), max(layers)) == (lowest, highest)
        assert _exact(operands, f"first(l1({name}))") == pytest.approx(layers[lowest], rel=1e-5)
        assert _exact(operands, f"last(l1({name}))") == pytest.approx(layers[highest], rel=1e-5)


def test_layers_combine_where_both_have_a_value(operands: Operands) -> None:
    heads = _by_layer(operands, "head", lambda t: t.std(correction=0))
    norms = _by_layer(operands, "hidden", lambda t: t.abs().sum())
    assert set(heads) == {1, 2}
    assert set(norms) == {0, 1, 2}
    wanted = sum(heads[i] * norms[i] for i in heads)
    assert _exact(operands, "sum(std(head) * l1(hidden))") == pytest.approx(wanted, rel=1e-5)


def test_normalising_layers_looks_at_the_layers_that_are_there(operands: Operands) -> None:
    heads = torch.tensor(list(_by_layer(operands, "head", lambda t: t.abs().max()).values()))
    largest = torch.tensor(list(_by_layer(operands, "head", lambda t: t.max()).values()))
    assert heads.shape == largest.shape
    assert _exact(operands, "sum(square(softmax(max(head))))") == pytest.approx(
        float(largest.softmax(0).square().sum()), rel=1e-5
    )


def test_axes_primitives_match_torch(operands: Operands) -> None:
    attended = operands.tensors["attention"]
    wanted = sum(float(t.amax(1).mean()) for t in attended)
    assert _exact(operands, "sum(mean(max_heads(attention)))") == pytest.approx(wanted, rel=1e-6)
    wanted = sum(float(t.amax(1).mean()) for t in operands.tensors["head"])
    assert _exact(operands, "sum(mean(max_tokens(head)))") == pytest.approx(wanted, rel=1e-6)
    pairs = zip(operands.tensors["weight"], operands.tensors["grad"], strict=True)
    wanted = sum(float((w @ g.T).norm()) for w, g in pairs)
    assert _exact(operands, "sum(frobenius(matmul(weight, grad)))") == pytest.approx(wanted, rel=1e-5)


def test_axes_primitives_need_exact_operands(operands: Operands) -> None:
    source = SketchSource([sketch(operands, elements=64, seed=0)])
    with pytest.raises(InputError, match="evaluate it exactly"):
        Evaluator(source).scores(parse("sum(mean(max_tokens(head)))"))


def test_what_a_layer_lacks(tiny: Any, tokens: Batch) -> None:
    tiny.register_forward_hook(
        lambda _m, _a, o: type(o)(o.loss, o.hidden_states, (None, None))  # no layer attends
    )
    operands = extract(tiny, tiny.site_map(), tokens)
    assert _exact(operands, "sum(mean(attention))") == 0.0
    assert np.isnan(_exact(operands, "mean(mean(attention))"))


def test_a_family_that_the_model_does_not_show_is_said(tiny: Any, tokens: Batch) -> None:
    tiny.register_forward_hook(lambda _m, _a, o: type(o)(o.loss, (), o.attentions))
    with pytest.raises(LpzeroError, match="shows no hidden"):
        _exact(extract(tiny, tiny.site_map(), tokens), "sum(mean(hidden))")


def test_both_fidelities_agree_on_whole_sketches_for_random_formulas(operands: Operands) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    exact = Evaluator(ExactSource(operands))
    sketched = Evaluator(SketchSource([sketch(operands, elements=2048, seed=0)] * 2))
    compared = 0
    for _ in range(300):
        formula = draw(rules, rng)
        one, two = exact.scores(formula)[0], sketched.scores(formula)
        np.testing.assert_array_equal(two[0], two[1])
        if np.isfinite(one) and abs(one) > 1e-6:
            # differences cancel digits, so that a formula may lose some of its seven
            compared += np.isclose(one, two[0], rtol=1e-2)
            assert np.isclose(one, two[0], rtol=1e-2) or "-" in str(formula) or "reciprocal" in str(formula)
    assert compared > 200


def test_results_do_not_depend_on_what_is_remembered(operands: Operands) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(1)
    formulas = [draw(rules, rng) for _ in range(60)]
    source = SketchSource([sketch(operands, elements=64, seed=0)])
    roomy, forgetful = Evaluator(source), Evaluator(source, memory_limit=0)
    small = Evaluator(source, memory_limit=20_000)
    for formula in [*formulas, *reversed(formulas)]:
        expected = forgetful.scores(formula)
        np.testing.assert_array_equal(roomy.scores(formula), expected)
        np.testing.assert_array_equal(small.scores(formula), expected)


def test_a_canonical_form_has_the_value_bit_for_bit(operands: Operands) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(5)
    source = SketchSource([sketch(operands, elements=64, seed=s) for s in range(3)])
    changed = 0
    for _ in range(800):
        formula = draw(rules, rng)
        simpler = canonical(formula)
        changed += simpler != formula
        # evaluated by hand, since the evaluator itself works on canonical forms
        evaluator = Evaluator(source, memory_limit=0)
        with torch.no_grad():
            values = [evaluator._value(f).numpy() for f in (formula, simpler)]
        np.testing.assert_array_equal(*values, err_msg=str(formula))
    assert changed > 100


def test_shared_parts_are_computed_once(operands: Operands) -> None:
    calls = []

    class Counting(ExactSource):
        def tensor(self, name: str) -> Any:
            calls.append(name)
            return super().tensor(name)

    evaluator = Evaluator(Counting(operands))
    evaluator.scores(parse("sum(l1(weight * grad)) + mean(std(grad * weight))"))
    evaluator.scores(parse("mean(l1(grad * weight))"))
    assert sorted(calls) == ["grad", "weight"]


def test_operands_stay_as_they_were(operands: Operands) -> None:
    before = {name: [t.clone() for t in tensors] for name, tensors in operands.tensors.items()}
    rules, rng = get_grammar("typed"), np.random.default_rng(2)
    evaluator = Evaluator(ExactSource(operands))
    for _ in range(100):
        evaluator.scores(draw(rules, rng))
    for name, tensors in operands.tensors.items():
        assert all(torch.equal(a, b) for a, b in zip(before[name], tensors, strict=True)), name


def test_only_scalars_are_scores(operands: Operands) -> None:
    part = parse("sum(l1(weight))").arguments[0]
    with pytest.raises(InputError, match="expected a formula of type scalar, found layers"):
        Evaluator(ExactSource(operands)).scores(part)


def test_constants_and_shape_are_plain_arithmetic(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    counts, evaluator = operands.shape.counts, Evaluator(ExactSource(operands))
    sketched = Evaluator(SketchSource([sketch(operands, elements=64, seed=0)] * 3))
    by_layer: dict[int, float] = {}
    for site, fan in zip(operands.sites["parameter"], operands.shape.fans["fan_in"], strict=True):
        by_layer[site.layer] = by_layer.get(site.layer, 0.0) + fan
    wanted = {
        "0.5 * log(params) - 1.5 * depth / heads": 0.5 * np.log(counts["params"])
        - 1.5 * counts["depth"] / counts["heads"],
        "sum(2 * log(fan_in) + 0.5)": sum(2 * np.log(fan) + 0.5 for fan in by_layer.values()),
        "sum(numel(weight)) - 2": sum(t.numel() for t in operands.tensors["weight"]) - 2,
        "mean(1 / numel(attention) * 3) * width": counts["width"] * 3 / operands.tensors["attention"][0].numel(),
    }
    for text, value in wanted.items():
        assert evaluator.scores(parse(text))[0] == pytest.approx(value, rel=1e-6), text
        np.testing.assert_allclose(sketched.scores(parse(text)), [value] * 3, rtol=1e-5, err_msg=text)
