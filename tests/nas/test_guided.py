"""Guided evolution: its regression is the ridge of scikit-learn, and it screens by what that expects."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeCV

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.fitness.regression import PENALTIES
from lpzero.nas.guided import SCREENED, Expectation, guided_evolution
from lpzero.nas.pool import OpenPool
from lpzero.nas.proposals import BATCH
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features

SPACES = {name: get_space(name, "own") for name in ("gpt2", "flexibert")}


def drawn(name: str, number: int, seed: int = 0) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    return [SPACES[name].sample(rng) for _ in range(number)]


@pytest.mark.parametrize("name", list(SPACES))
@pytest.mark.parametrize("number", [2, 3, 40])
def test_the_regression_is_the_ridge_of_scikit_learn(name: str, number: int) -> None:
    some, rng = drawn(name, number), np.random.default_rng(1)
    worths = rng.normal(size=number)
    found = Expectation.fit(some, worths.tolist())

    assert set(found.names) == set().union(*(features(a) for a in some))
    table = np.array([[features(a).get(feature, 0.0) for feature in found.names] for a in some])
    spread = table.std(0)
    standard = (table - table.mean(0)) / np.where(spread > 0, spread, 1.0)
    ridge = RidgeCV(alphas=PENALTIES).fit(standard, worths)
    assert found.of(some) == pytest.approx(ridge.predict(standard))


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-1e3, 1e3), factor=st.floats(0.01, 100.0))
def test_what_is_expected_follows_the_worths_in_scale_and_level(shift: float, factor: float) -> None:
    some = drawn("gpt2", 12)
    worths = np.arange(12.0) ** 1.5
    plain, other = Expectation.fit(some, worths.tolist()), Expectation.fit(some, (factor * worths + shift).tolist())
    asked = drawn("gpt2", 5, seed=1)
    assert other.of(asked) == pytest.approx(factor * plain.of(asked) + shift, rel=1e-6, abs=1e-6)


def test_what_never_differed_counts_for_nothing() -> None:
    one = Architecture.of("s", {"width": 8}, [{"heads": 2}])
    two = Architecture.of("s", {"width": 8}, [{"heads": 4}])
    found = Expectation.fit([one, two], [0.0, 1.0])
    wider = Architecture.of("s", {"width": 64, "colour": "red"}, [{"heads": 2}])
    low, high, same = found.of([one, two, wider])
    assert same == pytest.approx(low)
    assert high > low


def heads(architecture: Architecture) -> float:
    """The worth: more heads."""
    return float(np.mean(architecture.integers("heads")))


def test_behind_the_first_batch_the_best_expected_of_many_candidates_is_proposed() -> None:
    pool = OpenPool(Costs(SPACES["gpt2"]), CostLimits({}))
    batches = [batch for batch, _ in zip(guided_evolution(pool, np.random.default_rng(0), heads), range(8))]  # noqa: B905
    assert [len(batch) for batch in batches] == [BATCH] * 8
    at_random = np.mean([heads(a) for a in drawn("gpt2", 200)])
    first, rest = batches[0], [a for batch in batches[2:] for a in batch]
    assert abs(np.mean([heads(a) for a in first]) - at_random) < 1.5
    # a sum over layers: what is expected rises with heads, and so does what is proposed
    assert np.mean([heads(a) for a in rest]) > at_random + 1
    assert SCREENED > 1


def test_a_worth_that_is_lower_turns_the_search_round() -> None:
    pool = OpenPool(Costs(SPACES["gpt2"]), CostLimits({}))
    up, down = (
        np.mean(
            [heads(a) for batch in islice(guided_evolution(pool, np.random.default_rng(0), worth), 2, 8) for a in batch]
        )
        for worth in (heads, lambda a: -heads(a))
    )
    assert up > down + 2
