"""Weights of sums: against a direct ridge regression that is fitted again without each architecture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from lpzero.errors import InputError
from lpzero.fitness.weights import PENALTIES, Labels, fit_weights, normal_scores, padded_terms


def _drawn(n: int, terms: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(terms, n)) * rng.uniform(0.01, 100, size=(terms, 1)) + rng.normal(size=(terms, 1))
    return values, values[0] / values[0].std() - 0.5 * values[-1] / values[-1].std() + rng.normal(size=n)


def _directly(terms: np.ndarray, quality: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights and left-out predictions by fitting again, for the penalty with the least left-out error."""
    rows = ((terms - terms.mean(1, keepdims=True)) / terms.std(1, keepdims=True)).T
    target, best = normal_scores(quality), None
    for penalty in PENALTIES:
        predicted = np.empty(len(quality))
        for group in np.unique(groups):
            model = Ridge(penalty * len(quality)).fit(rows[groups != group], target[groups != group])
            predicted[groups == group] = model.predict(rows[groups == group])
        error = np.square(target - predicted).mean()
        if best is None or error < best[0]:
            best = error, Ridge(penalty * len(quality)).fit(rows, target).coef_ / terms.std(1), predicted
    return best[1], best[2]


@pytest.mark.parametrize("n", [8, 64])
@pytest.mark.parametrize("repeated", [0, 3])
def test_weights_and_left_out_predictions_are_those_of_fitting_again(n: int, repeated: int) -> None:
    for seed in range(4):
        terms, quality = _drawn(n, 3, seed)
        groups = np.arange(n)
        groups[:repeated] = 0
        fitted = fit_weights(torch.from_numpy(terms)[None], Labels.of(quality, groups))
        weights, predicted = _directly(terms, quality, groups)
        np.testing.assert_allclose(fitted.weights[0], weights, rtol=1e-6)
        np.testing.assert_allclose(fitted.left_out[0], predicted, rtol=1e-6, atol=1e-9)


def test_every_sum_of_a_batch_is_fitted_as_alone() -> None:
    terms, quality = _drawn(40, 6, 0)
    labels, values = Labels.of(quality, np.arange(40)), torch.from_numpy(terms)
    sums = [[0], [1, 2], [5, 0, 3, 1], [4, 2]]
    together = fit_weights(padded_terms(values, sums), labels)
    for i, one in enumerate(sums):
        alone = fit_weights(values[one][None], labels)
        np.testing.assert_allclose(together.left_out[i], alone.left_out[0], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(together.weights[i, : len(one)], alone.weights[0], rtol=1e-7, atol=1e-12)
        assert (together.weights[i, len(one) :] == 0).all()


def test_the_scale_and_level_of_a_term_change_nothing() -> None:
    terms, quality = _drawn(50, 4, 1)
    labels = Labels.of(quality, np.arange(50))
    plain = fit_weights(torch.from_numpy(terms)[None], labels)
    scaled = fit_weights(torch.from_numpy(terms * 1e5 + 7.0)[None], labels)
    np.testing.assert_allclose(scaled.left_out, plain.left_out, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(scaled.weights * 1e5, plain.weights, rtol=1e-6)


def test_no_order_of_the_quality_beside_its_ranks_counts() -> None:
    terms, quality = _drawn(50, 4, 2)
    groups, values = np.arange(50), torch.from_numpy(terms)[None]
    ranked = fit_weights(values, Labels.of(np.exp(3 * quality), groups))
    assert torch.equal(ranked.left_out, fit_weights(values, Labels.of(quality, groups)).left_out)


def test_levels_of_tables_do_not_matter_and_tables_weigh_the_same() -> None:
    (terms, quality), (others, other) = _drawn(20, 2, 3), _drawn(60, 2, 4)
    tables = np.repeat([0, 1], [20, 60])
    both, truth = np.hstack([terms, others + 1000.0]), np.concatenate([quality, other - 50.0])
    labels = Labels.of(truth, np.arange(80), tables)
    fitted = fit_weights(torch.from_numpy(both)[None], labels)
    level = fit_weights(torch.from_numpy(np.hstack([terms, others]))[None], labels)
    np.testing.assert_allclose(fitted.weights, level.weights, rtol=1e-9)
    assert labels.importance[:20].sum() == pytest.approx(40)
    assert labels.importance[20:].sum() == pytest.approx(40)
    # a table that is there three times weighs as it does once
    again = Labels.of(np.concatenate([quality, *[other] * 3]), np.arange(200), np.repeat([0, 1], [20, 180]))
    tripled = fit_weights(torch.from_numpy(np.hstack([terms, *[others] * 3]))[None], again)
    np.testing.assert_allclose(tripled.weights, level.weights, rtol=0.05)


def test_noise_has_no_left_out_correlation() -> None:
    rng, found = np.random.default_rng(7), []
    for _ in range(200):
        terms, quality = torch.from_numpy(rng.normal(size=(1, 6, 60))), rng.normal(size=60)
        left_out = fit_weights(terms, Labels.of(quality, np.arange(60))).left_out[0].numpy()
        found.append(np.corrcoef(left_out, quality)[0, 1])
    # what is left out never helps itself; a mean without it leans the other way
    assert np.mean(found) < 0.05


def test_a_term_that_does_not_vary_weighs_nothing() -> None:
    terms, quality = _drawn(30, 2, 5)
    both = np.vstack([terms, np.full((1, 30), 0.1)])
    fitted = fit_weights(torch.from_numpy(both)[None], Labels.of(quality, np.arange(30)))
    assert fitted.weights[0, 2] == 0
    assert torch.isfinite(fitted.left_out).all()


def test_too_few_architectures_are_refused() -> None:
    with pytest.raises(InputError, match="weights are fitted to at least 4 architectures of a table, found 3"):
        Labels.of(np.arange(7.0), np.arange(7), np.array([0, 0, 0, 0, 1, 1, 1]))
