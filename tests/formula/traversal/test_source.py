"""Many formulas on one model, without keeping its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from lpzero.errors import LpzeroError
from lpzero.formula import Formula, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.traversal import source, sweep
from lpzero.formula.traversal.source import reduced_source
from lpzero.formula.values import ExactSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract

FIXED = (
    "sum(mean(max_heads(attention)))",
    "sum(frobenius(matmul(weight, grad)))",
    "sum(log(fan_in) * l1(grad)) / params",
    "0.5 * log(params) - 1.5 * depth / heads",
)


def test_scores_are_those_of_kept_tensors(tiny: Any, tokens: Batch) -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    formulas = [*map(parse, FIXED), *(draw(rules, rng) for _ in range(120))]
    kept = Evaluator(ExactSource(extract(tiny, tiny.site_map(), tokens)))
    found = Evaluator(reduced_source(tiny, tiny.site_map(), tokens, formulas))
    for formula in formulas:
        # tensors that fit in a piece are reduced by the very same operations
        np.testing.assert_array_equal(found.scores(formula), kept.scores(formula), err_msg=str(formula))


def test_in_many_pieces_they_agree_up_to_rounding(tiny: Any, tokens: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PIECE", 16)
    formulas = [parse(text) for text in (*FIXED, "sum(l1(weight * grad))", "sum(frobenius(softmax(square(grad))))")]
    kept = Evaluator(ExactSource(extract(tiny, tiny.site_map(), tokens)))
    found = Evaluator(reduced_source(tiny, tiny.site_map(), tokens, formulas))
    for formula in formulas:
        np.testing.assert_allclose(found.scores(formula), kept.scores(formula), rtol=1e-6, err_msg=str(formula))


def test_a_formula_that_the_model_has_not_the_operands_for_fails_alone(tiny: Any, tokens: Batch) -> None:
    tiny.register_forward_hook(lambda _m, _a, o: type(o)(o.loss, o.hidden_states, ()))
    formulas = [parse("sum(mean(attention))"), parse("sum(l1(grad))")]
    evaluator = Evaluator(reduced_source(tiny, tiny.site_map(), tokens, formulas))
    with pytest.raises(LpzeroError, match="shows no attention"):
        evaluator.scores(formulas[0])
    assert np.isfinite(evaluator.scores(formulas[1])[0])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sum(l1(weight))", {"weight"}),
        ("sum(l1(jacobian)) + sum(std(head))", {"jacobian", "head"}),
        ("log(params)", set()),
    ],
)
def test_operands_that_no_formula_needs_are_not_read(
    tiny: Any, tokens: Batch, monkeypatch: pytest.MonkeyPatch, text: str, wanted: set[str]
) -> None:
    read: set[str] = set()

    def seen(reductions: list[Formula], tensors: Mapping[str, Tensor]) -> Any:
        read.update(tensors)
        return sweep.reduced(reductions, tensors)

    monkeypatch.setattr(source, "reduced", seen)
    ran: list[bool] = []
    tiny.out.weight.register_hook(lambda _: ran.append(True))
    tiny.final.register_full_backward_hook(lambda *_: ran.append(True))
    formula = parse(text)
    assert np.isfinite(Evaluator(reduced_source(tiny, tiny.site_map(), tokens, [formula])).scores(formula)[0])
    assert read == wanted
    assert bool(ran) == ("jacobian" in wanted)


def test_one_gradient_is_there_at_a_time(tiny: Any, tokens: Batch) -> None:
    held: list[int] = []
    for parameter in tiny.parameters():
        parameter.register_hook(lambda _: held.append(sum(p.grad is not None for p in tiny.parameters())))
    reduced_source(tiny, tiny.site_map(), tokens, [parse("sum(l1(weight * grad))")])
    assert max(held) == 0
    assert all(parameter.grad is None for parameter in tiny.parameters())
