"""Weighted sums: taken apart and put together without a change, one key where scale and order alone differ."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.formula import canonical_key, parse
from lpzero.formula.formula import Formula
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.weighted import normal_sum, weighted_sum, weighted_terms


def drawn(number: int) -> list[tuple[list[float], list[Formula]]]:
    """Factors and different terms that are no sums themselves."""
    rng, grammar, found = np.random.default_rng(5), get_grammar("typed"), []
    for _ in range(number):
        terms = {str(parse(f"log({draw(grammar, rng)})")) for _ in range(int(rng.integers(1, 5)))}
        factors = [float(f"{rng.normal():.6g}") for _ in terms]
        found.append((factors, [parse(text) for text in sorted(terms)]))
    return found


def test_a_sum_put_together_is_taken_apart_again() -> None:
    for factors, terms in drawn(50):
        formula = weighted_sum(factors, terms)
        assert parse(str(formula)) == formula
        assert weighted_terms(formula) == list(zip(factors, terms, strict=True))


def test_scale_and_order_change_no_key_and_the_sign_does() -> None:
    rng = np.random.default_rng(0)
    for factors, terms in drawn(50):
        turned = [int(i) for i in rng.permutation(len(terms))]
        scale = float(np.exp(rng.normal()))
        other = weighted_sum([scale * factors[i] for i in turned], [terms[i] for i in turned])
        left, right = weighted_terms(normal_sum(weighted_sum(factors, terms))), weighted_terms(normal_sum(other))
        assert [term for _, term in left] == [term for _, term in right]
        np.testing.assert_allclose([f for f, _ in left], [f for f, _ in right], rtol=2e-5)
        negative = weighted_sum([-factor for factor in factors], terms)
        assert canonical_key(negative) != canonical_key(weighted_sum(factors, terms))


@pytest.mark.parametrize("text", ["sum(l1(weight))", "depth + width", "neg(depth)", "depth - width", "2 + 3"])
def test_what_has_no_factors_is_no_weighted_sum(text: str) -> None:
    assert normal_sum(parse(text)) is None


def test_a_constant_among_the_terms_changes_no_key() -> None:
    assert canonical_key(parse("0.5 * depth + width + 3")) == canonical_key(parse("width + 0.5 * depth"))
    assert canonical_key(parse("0.5 * depth + width + 3")) != canonical_key(parse("width - 0.5 * depth"))


def test_a_factor_that_rounds_to_nothing_leaves_its_term_out() -> None:
    assert str(weighted_sum([0.0, 2.0], [parse("depth"), parse("width")])) == "2.0 * width"
