"""Canonical keys: equal where algebra really holds, and never for values that differ."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.formula import canonical_key, parse
from lpzero.formula.grammar import draw, get_grammar


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
        ("sum(sum(abs(weight)))", "sum(l1(weight))"),
        ("sum(normalised_sum(abs(weight)))", "sum(mean_abs(weight))"),
        ("sum(mean(log(abs(weight))))", "sum(mean(abslog(weight)))"),
        ("sum(log(abs(sum(weight))))", "sum(abslog(sum(weight)))"),
        ("sum(mean(sqrt(relu(weight))))", "sum(mean(sqrt(weight)))"),
        ("sum(mean(log(relu(weight))))", "sum(mean(log(weight)))"),
        ("sum(mean(weight * reciprocal(grad)))", "sum(mean(weight / grad))"),
        ("sum(mean(reciprocal(grad) * weight))", "sum(mean(weight / grad))"),
        ("sum(mean(weight * weight))", "sum(mean(square(weight)))"),
        ("sum(mean(neg(weight - grad)))", "sum(mean(grad - weight))"),
        ("sum(mean(weight - neg(grad)))", "sum(mean(grad + weight))"),
        ("sum(mean(neg(weight) + grad))", "sum(mean(grad - weight))"),
        ("sum(l1(weight - grad))", "sum(l1(grad - weight))"),
        ("sum(std(weight - grad))", "sum(std(grad - weight))"),
        ("sum(mean(relu(attention)))", "sum(mean(abs(attention)))"),
        ("sum(l1(attention))", "sum(sum(attention))"),
        ("sum(mean_abs(attention))", "sum(normalised_sum(attention))"),
        ("sum(mean(abslog(attention)))", "sum(mean(log(attention)))"),
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
        ("sum(abs(l1(weight) - l1(grad)))", "abs(sum(l1(weight) - l1(grad)))"),
        ("sum(mean(weight) / mean(grad))", "sum(mean(weight / grad))"),
        ("sum(mean(neg(weight)))", "sum(mean(weight))"),
        (
            "sum(l1(weight)) + (sum(l1(grad)) + sum(l1(head)))",
            "sum(l1(weight)) + sum(l1(grad)) + sum(l1(head))",
        ),
    ],
)
def test_different_formulas_do_not(left: str, right: str) -> None:
    assert canonical_key(parse(left)) != canonical_key(parse(right))


@pytest.mark.parametrize("text", ["sum(mean(abslog(relu(weight))))", "sum(l1(weight - neg(grad)))"])
def test_the_canonical_form_of_a_canonical_form_is_itself(text: str) -> None:
    key = canonical_key(parse(text))
    assert canonical_key(parse(key)) == key


def test_so_it_is_of_whatever_is_drawn() -> None:
    rules, rng = get_grammar("typed", max_depth=10, max_size=32), np.random.default_rng(1)
    keys = [canonical_key(draw(rules, rng)) for _ in range(4000)]
    assert [canonical_key(parse(key)) for key in keys] == keys
