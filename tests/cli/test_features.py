"""A list of features is read with its formulas whole."""

from __future__ import annotations

from lpzero.cli.features import features_of


def test_commas_inside_a_formula_are_its_own() -> None:
    assert features_of("spec, sum(l1(weight * grad)),depth") == ["spec", "sum(l1(weight * grad))", "depth"]
    assert features_of("max_tokens(a, b),spec") == ["max_tokens(a, b)", "spec"]
