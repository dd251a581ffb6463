"""What formulas want of tensors."""

from __future__ import annotations

from lpzero.formula import parse
from lpzero.formula.traversal.reductions import wanted


def test_parts_of_a_model_share_the_reductions_of_the_whole() -> None:
    texts = ("sum(l1(weight * grad))", "mean(l1(grad_operation * weight_operation))", "sum(std(weight_embedding))")
    wants = wanted(map(parse, texts))
    assert wants.families == {"weight", "grad"}
    assert list(map(str, wants.at("parameter", "operation"))) == ["l1(grad * weight)"]
    assert list(map(str, wants.at("parameter", "embedding"))) == ["l1(grad * weight)", "std(weight)"]
    assert wants.at("head", None) == ()


def test_what_says_what_the_model_is_wants_no_tensor() -> None:
    wants = wanted([parse("log(params) * depth + sum(log(fan_in))")])
    assert (wants.families, wants.of) == (frozenset(), {})
