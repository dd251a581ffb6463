"""Canonical keys: equal where algebra really holds, and never for values that differ."""

from __future__ import annotations

import pytest

from lpzero.formula import canonical_key, parse


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sum(l1(weight * grad))", "sum(l1(grad * weight))"),
        ("sum(l1(weight)) + sum(l1(grad))", "sum(l1(grad)) + sum(l1(weight))"),
        ("sum(l1(neg(neg(weight))))", "sum(l1(weight))"),
        ("sum(mean(identity(weight)))", "sum(mean(weight))"),
        ("sum(mean(abs(neg(weight))))", "sum(mean(abs(weight)))"),
        ("sum(mean(square(abs(weight))))", "sum(mean(square(weight)))"),
        ("sum(frobenius(abs(weight)))", "sum(frobenius(weight))"),
        ("sum(std(neg(weight)))", "sum(std(weight))"),
        ("sum(normalised_sum(weight))", "sum(mean(weight))"),
        ("sum(mean(relu(relu(weight))))", "sum(mean(relu(weight)))"),
        ("sum(mean(abslog(neg(abs(weight)))))", "sum(mean(abslog(weight)))"),
    ],
)
def test_equal_formulas_share_a_key(left: str, right: str) -> None:
    assert canonical_key(parse(left)) == canonical_key(parse(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sum(l1(weight)) - sum(l1(grad))", "sum(l1(grad)) - sum(l1(weight))"),
        ("sum(mean(log(exp(weight))))", "sum(mean(weight))"),
        ("sum(mean(reciprocal(reciprocal(weight))))", "sum(mean(weight))"),
        ("sum(mean(sqrt(square(weight))))", "sum(mean(weight))"),
        ("sum(l1(weight)) / sum(l1(grad))", "sum(l1(grad)) / sum(l1(weight))"),
        ("sum(std(abs(weight)))", "sum(std(weight))"),
        ("sum(mean(neg(weight)))", "sum(mean(weight))"),
        (
            "sum(l1(weight)) + (sum(l1(grad)) + sum(l1(head)))",
            "sum(l1(weight)) + sum(l1(grad)) + sum(l1(head))",
        ),
    ],
)
def test_different_formulas_do_not(left: str, right: str) -> None:
    assert canonical_key(parse(left)) != canonical_key(parse(right))
