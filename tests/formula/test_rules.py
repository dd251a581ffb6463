"""Named rules: what each one refuses, and that none refuses a hand-made proxy."""

from __future__ import annotations

import pytest

from lpzero.formula import parse
from lpzero.formula.rules import RULE_NAMES, RULES, pruned_by
from lpzero.proxy import load_proxy, proxy_names


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("sum(mean(log(exp(weight))))", "inverse"),
        ("sum(l1(sqrt(square(weight))))", "inverse"),
        ("sum(mean(square(sqrt(weight))))", "inverse"),
        ("sum(mean(neg(neg(weight))))", "inverse"),
        ("sum(mean(reciprocal(reciprocal(weight))))", "inverse"),
        ("sum(mean(log(softmax(weight))))", "inverse"),
        ("sum(mean(exp(log_softmax(weight))))", "inverse"),
        ("sum(mean(exp(log(weight))))", "inverse"),
        ("sum(mean(exp(abslog(weight))))", "inverse"),
        ("sum(mean(abs(square(weight))))", "redundant"),
        ("sum(l1(attention))", "redundant"),
        ("sum(mean(zscore(zscore(weight))))", "redundant"),
        ("sum(mean(relu(relu(weight))))", "redundant"),
        ("sum(mean(identity(weight)))", "redundant"),
        ("sum(l1(weight - weight))", "self_pair"),
        ("sum(l1(weight)) / sum(l1(weight))", "self_pair"),
        ("sum(l1(weight)) + sum(l1(weight))", "monotone_root"),
        ("sum(sum(zscore(weight)))", "constant"),
        ("mean(zscore(l1(weight)))", "constant"),
        ("sum(softmax(l1(weight)))", "constant"),
        ("sum(mean(sqrt(neg(square(weight)))))", "vanishing"),
        ("sum(mean(relu(neg(attention))))", "vanishing"),
        ("sum(exp(numel(weight)))", "overflow"),
        ("exp(sum(l1(weight)))", "monotone_root"),
        ("log(sum(l1(weight)))", "monotone_root"),
        ("neg(sum(sum(weight)))", "monotone_root"),
    ],
)
def test_a_rule_refuses(text: str, rule: str) -> None:
    assert pruned_by(parse(text)) == rule


@pytest.mark.parametrize(
    "text",
    [
        "log(sum(sum(weight)))",  # of a sum that may be negative: the clamp changes the ranking
        "sum(log(l1(weight)))",  # not at the root
        "sum(mean(exp(neg(weight))))",
        "sum(mean(zscore(weight) * weight))",
        "sum(frobenius(softmax(weight)))",
        "sum(sum(softmax(weight)))",  # counts sites
        "mean(softmax(l1(weight)))",  # counts layers
        "sum(mean(abslog(attention)))",  # is the logarithm, which is no smaller
        "sum(log(neg(l1(weight))))",  # of nothing positive: the logarithm is no zero there
        "reciprocal(sum(l1(weight)))",  # protected: 0 at zero, so no order is kept
        "sum(frobenius(softmax(attention + attention)))",  # sharper than that of attention
        "sum(l1(weight * grad))",
    ],
)
def test_no_rule_refuses(text: str) -> None:
    assert pruned_by(parse(text)) is None


def test_no_rule_refuses_a_shipped_proxy() -> None:
    for name in proxy_names():
        formula = load_proxy(name).formula
        assert formula is not None
        assert pruned_by(formula) is None, name


def test_names_are_unique() -> None:
    assert len(set(RULE_NAMES)) == len(RULE_NAMES) == len(RULES) + 1
