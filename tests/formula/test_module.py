"""Formulas as modules of PyTorch, against the evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.module import FormulaModule
from lpzero.formula.values import ExactSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS
from lpzero.proxy import load_proxy, proxy_names

TEXTS = (
    "sum(l1(weight * grad)) + mean(log(std(attention)))",
    "0.5 * log(decoder_params) * log(width) + 0.41 * sum(l1(grad * weight))",
    "last(max(softmax(hidden))) / sum(zscore(numel(grad)))",
    "mean(log(fan_in) * l1(weight_operation)) - 2 * depth",
    "first(frobenius(matmul(hidden, hidden)))",
)


@pytest.fixture
def operands(tiny: Any, tokens: Batch) -> tuple[Any, dict[str, Any]]:
    """The exact operands of a small model, for the evaluator and for a module."""
    found = extract(tiny, tiny.site_map(), tokens)
    layers: dict[str, Any] = {}
    for name, row in OPERANDS.items():
        layers[name] = [[] for _ in range(tiny.site_map().depth + 2)]
        for site, tensor in zip(*found.select(row), strict=True):
            layers[name][site.layer].append(tensor)
    shape: dict[str, Any] = dict(found.shape.counts)
    for name, fans in found.shape.fans.items():
        shape[name] = [[] for _ in range(tiny.site_map().depth + 2)]
        for site, fan in zip(found.sites["parameter"], fans, strict=True):
            shape[name][site.layer].append(fan)
    return found, {**layers, **shape}


def test_a_module_gives_what_the_evaluator_gives(operands: tuple[Any, dict[str, Any]]) -> None:
    found, given = operands
    evaluator = Evaluator(ExactSource(found))
    shipped = [proxy.formula for proxy in map(load_proxy, proxy_names()) if proxy.formula is not None]
    rules, rng = get_grammar("typed"), np.random.default_rng(3)
    drawn = [draw(rules, rng) for _ in range(40)]
    for formula in [*map(parse, TEXTS), *shipped, *drawn]:
        expected = float(evaluator.scores(formula)[0])
        value = FormulaModule(formula)(given)
        assert value.shape == ()
        assert value.dtype == torch.float64
        assert value.item() == pytest.approx(expected, rel=1e-5, nan_ok=True), str(formula)


def test_it_is_differentiable() -> None:
    weight = torch.tensor([1.0, -2.0], requires_grad=True)
    FormulaModule(parse("sum(l1(weight * weight))"))({"weight": [[weight]]}).backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [2.0, -4.0]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="found no grad, width"):
        FormulaModule(parse("sum(l1(weight * grad)) * width"))({"weight": [[torch.ones(1)]]})
    assert "sum(l1(weight))" in repr(FormulaModule(parse("sum(l1(weight))")))
