"""Guided evolution: its regression is the ridge of the predictors, and it screens by what that expects."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.fitness.regression import expected, with_logarithms
from lpzero.nas.guided import SCREENED, Expectation, guided_evolution
from lpzero.nas.pool import ClosedPool, OpenPool
from lpzero.nas.proposals import BATCH
from lpzero.operands.probe import Probe
from lpzero.predictors import Labelled, Regression, Source
from lpzero.predictors.description import SPEC
from lpzero.predictors.regression import RIDGE
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features

SPACES = {name: get_space(name, "own") for name in ("gpt2", "flexibert")}


def drawn(name: str, number: int, seed: int = 0) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    return [SPACES[name].sample(rng) for _ in range(number)]


@pytest.mark.parametrize("name", list(SPACES))
@pytest.mark.parametrize("number", [4, 40])
def test_the_regression_is_the_one_of_the_controls_on_the_specification(name: str, number: int) -> None:
    some, others = drawn(name, number), drawn(name, 5, seed=1)
    worths = np.random.default_rng(1).random(size=number)
    found = Expectation.fit(some, worths.tolist())
    columns = with_logarithms([features(a) for a in some])[1]
    np.testing.assert_allclose(found.of(some), expected(columns, worths, range(number), range(number)), atol=1e-9)
    assert found.of(others).shape == (5,)
    np.testing.assert_allclose([found.of([one])[0] for one in others], found.of(others))


def test_it_expects_what_the_ridge_of_the_predictors_predicts() -> None:
    some, others, worths = drawn("gpt2", 24), drawn("gpt2", 8, seed=1), np.random.default_rng(1).random(size=24)
    source = Source(SPACES["gpt2"], (SPEC,), (), Probe(), Path("unused"))
    said = Regression(RIDGE, source, None).fit(Labelled(tuple(some), worths, higher_is_better=True)).predict(others)
    np.testing.assert_allclose(Expectation.fit(some, worths.tolist()).of(others), [one.value for one in said])


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-1e3, 1e3), factor=st.floats(0.01, 100.0))
def test_what_is_expected_follows_the_worths_in_scale_and_level(shift: float, factor: float) -> None:
    some, others = drawn("gpt2", 12), drawn("gpt2", 5, seed=1)
    worths = np.arange(12.0) ** 1.5
    plain, other = Expectation.fit(some, worths.tolist()), Expectation.fit(some, (factor * worths + shift).tolist())
    np.testing.assert_allclose(other.of(others), factor * plain.of(others) + shift, rtol=1e-6, atol=1e-6)


def test_what_never_differed_counts_for_nothing() -> None:
    one = Architecture.of("s", {"width": 8}, [{"heads": 2}])
    two = Architecture.of("s", {"width": 8}, [{"heads": 4}])
    found = Expectation.fit([one, two], [0.0, 1.0])
    wider = Architecture.of("s", {"width": 64, "colour": "red"}, [{"heads": 2}])
    less, same, more = found.of([one, wider, two])
    assert same == pytest.approx(less)
    assert more > less


@pytest.mark.parametrize("number", [1, 2, 9])
def test_a_pool_of_few_is_proposed_whole(number: int) -> None:
    few = drawn("gpt2", number)
    pool = ClosedPool(Costs(SPACES["gpt2"]), few, CostLimits({}))
    proposed = [a for batch in guided_evolution(pool, np.random.default_rng(0), heads) for a in batch]
    assert {a.digest for a in proposed} == {a.digest for a in few}
    assert len(proposed) == number


def test_the_regression_is_fitted_once_a_batch_and_asked_once_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """What screening costs: 200 questions one by one would take as long as a small model."""
    fitted, asked = [], []
    fit, of = Expectation.fit, Expectation.of

    def counted(scored: list[Architecture], worths: list[float]) -> Expectation:
        fitted.append(len(scored))
        return fit(scored, worths)

    def answered(self: Expectation, architectures: list[Architecture]) -> np.ndarray:
        asked.append(len(architectures))
        return of(self, architectures)

    monkeypatch.setattr(Expectation, "fit", counted)
    monkeypatch.setattr(Expectation, "of", answered)
    pool = OpenPool(Costs(SPACES["gpt2"]), CostLimits({}))
    list(islice(guided_evolution(pool, np.random.default_rng(0), heads), 4))
    assert fitted == [BATCH, 2 * BATCH, 3 * BATCH]
    assert asked == [SCREENED] * (3 * BATCH)


def test_where_worth_adds_up_the_best_of_a_table_is_found_with_a_fifth_scored() -> None:
    """Two hundred architectures whose worth is a sum of choices: a random search looks at the best one time in five."""
    some = list({SPACES["gpt2"].model_key(a): a for a in drawn("gpt2", 200)}.values())
    worth = {a.digest: sum(a.integers("heads")) + 0.1 * a.depth for a in some}
    best = max(worth.values())
    pool = ClosedPool(Costs(SPACES["gpt2"]), some, CostLimits({}))
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        batches = islice(guided_evolution(pool, rng, lambda a: worth[a.digest]), len(some) // 5 // BATCH)
        found += any(worth[a.digest] == best for batch in batches for a in batch)
    assert found >= 9


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
