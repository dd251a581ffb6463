"""Values of formulas on one model: exact, or estimated with an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError, LpzeroError
from lpzero.formula import parse
from lpzero.operands.batch import Batch
from lpzero.proxy.estimate import Sample, values_on

TEXTS = ("sum(l1(weight * grad))", "mean(log(frobenius(weight)))", "log(params)", "sum(mean(max_tokens(head)))")
FORMULAS = [parse(text) for text in TEXTS]


def test_without_a_sample_values_are_exact(tiny: Any, tokens: Batch) -> None:
    value_of = values_on(tiny, tiny.site_map(), tokens, FORMULAS, None)
    assert [value_of(formula)[1] for formula in FORMULAS] == [None] * 4


def test_an_estimate_has_an_error_and_follows_from_its_seed(tiny: Any, tokens: Batch) -> None:
    exact = values_on(tiny, tiny.site_map(), tokens, FORMULAS, None)
    one, same, other = (values_on(tiny, tiny.site_map(), tokens, FORMULAS, Sample(48, seed)) for seed in (0, 0, 1))
    for formula in FORMULAS[:2]:
        value, error = one(formula)
        assert error is not None
        assert error > 0
        assert abs(value - exact(formula)[0]) < 6 * error
        assert same(formula) == (value, error)
        assert other(formula) != (value, error)
    assert one(FORMULAS[2]) == (pytest.approx(exact(FORMULAS[2])[0]), 0.0)


def test_what_a_sample_cannot_tell_is_said(tiny: Any, tokens: Batch) -> None:
    tiny.register_forward_hook(lambda _m, _a, o: type(o)(o.loss, o.hidden_states, ()))
    formulas = [*FORMULAS, parse("sum(mean(attention))"), parse("depth / heads"), parse("sum(exp(exp(numel(weight))))")]
    value_of = values_on(tiny, tiny.site_map(), tokens, formulas, Sample(16, 0))
    with pytest.raises(InputError, match="evaluate it exactly"):
        value_of(formulas[3])
    with pytest.raises(LpzeroError, match="shows no attention"):
        value_of(formulas[4])
    with pytest.raises(LpzeroError, match="shows no heads"):
        value_of(formulas[5])
    value, error = value_of(formulas[6])
    assert (np.isinf(value), error) == (True, None)


def test_a_sample_that_is_too_small_is_refused() -> None:
    with pytest.raises(InputError, match="at least 16 elements of each tensor, found 15"):
        Sample(15, 0)
