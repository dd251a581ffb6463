"""The regression beside proxies, against closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.regression import PENALTIES, expected, expected_elsewhere, with_logarithms


def test_features_are_columns_and_those_above_zero_have_logarithms() -> None:
    rows = [{"depth": 2.0, "kind=a": 1.0}, {"depth": 4.0}, {"depth": 8.0, "kind=b": 3.0}]
    names, columns = with_logarithms(rows)
    assert names == ("depth", "kind=a", "kind=b", "log depth")
    assert columns.tolist() == [[2, 1, 0, np.log(2)], [4, 0, 0, np.log(4)], [8, 0, 3, np.log(8)]]


def test_it_is_ridge_with_the_penalty_of_the_least_left_out_error() -> None:
    """Leave-one-out by brute force, for every penalty."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(40, 5))
    quality = columns @ np.array([2.0, -1.0, 0.5, 0.0, 0.0]) + rng.normal(size=40)
    labelled, asked = list(range(20)), list(range(20, 40))
    standard = (columns - columns[labelled].mean(0)) / columns[labelled].std(0)

    def fit(rows: list[int], penalty: float) -> tuple[np.ndarray, float, np.ndarray]:
        x, y = standard[rows], quality[rows]
        mean, level = x.mean(0), y.mean()
        slope = np.linalg.solve((x - mean).T @ (x - mean) + penalty * np.eye(5), (x - mean).T @ (y - level))
        return slope, level, mean

    def left_out(penalty: float) -> float:
        errors = []
        for i in labelled:
            slope, level, mean = fit([j for j in labelled if j != i], penalty)
            errors.append((level + (standard[i] - mean) @ slope - quality[i]) ** 2)
        return float(np.mean(errors))

    best = min(PENALTIES, key=left_out)
    slope, level, mean = fit(labelled, best)
    assert expected(columns, quality, labelled, asked) == pytest.approx(level + (standard[asked] - mean) @ slope)


def test_no_quality_but_those_of_the_labels_is_looked_at() -> None:
    rng = np.random.default_rng(1)
    columns, quality = rng.normal(size=(30, 3)), rng.normal(size=30)
    hidden = quality.copy()
    hidden[20:] = np.nan
    asked = list(range(20, 30))
    assert np.array_equal(expected(columns, hidden, range(20), asked), expected(columns, quality, range(20), asked))


def test_a_perplexity_is_regressed_on_by_its_logarithm() -> None:
    """Turned round, as tables have it: what is additive in the logarithm is then found exactly."""
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(60, 2))
    losses = 3 + columns @ np.array([0.5, -0.3])
    found = expected(columns, -np.exp(losses), range(40), range(40, 60))
    assert found == pytest.approx(-losses[40:], abs=0.01)


def test_squares_are_what_a_quadratic_adds() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(80, 2))
    quality = columns[:, 0] ** 2 + columns[:, 0] * columns[:, 1]
    asked = list(range(60, 80))
    plain, quadratic = (expected(columns, quality, range(60), asked, quadratic=q) for q in (False, True))
    assert quadratic == pytest.approx(quality[asked], abs=0.05)
    assert np.abs(plain - quality[asked]).max() > 1


def test_too_few_labels_and_what_is_not_finite_are_refused() -> None:
    columns, quality = np.ones((10, 2)), np.arange(10.0)
    with pytest.raises(InputError, match="a regression needs at least 4 labels, found 3"):
        expected(columns, quality, range(3), range(4))
    columns[5] = np.nan
    with pytest.raises(InputError, match="expected finite features and qualities"):
        expected(columns, quality, range(4), range(4, 10))


def test_what_is_expected_elsewhere_is_a_ridge_within_tables() -> None:
    rng = np.random.default_rng(4)
    columns = [rng.normal(size=(n, 2)) for n in (20, 60)]
    quality = [100 * len(table) + table[:, 0] - 0.5 * table[:, 1] ** 2 for table in columns]
    asked = rng.normal(size=(30, 2))
    found = expected_elsewhere(columns, quality, asked)
    # the level of a table says nothing, and neither does the unit of its quality
    moved = expected_elsewhere(columns, [quality[0] * 7 - 100, np.exp(quality[1] - quality[1].max())], asked)
    np.testing.assert_allclose(moved, found, rtol=1e-9)
    tau = correlate(expected_elsewhere(columns, quality, columns[1]), quality[1]).tau_a
    assert tau > 0.9


def test_each_table_weighs_the_same_elsewhere() -> None:
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(20, 1)), rng.normal(size=(200, 1))
    # the tables say the opposite of each other: neither wins by its size
    found = expected_elsewhere([one, other], [one[:, 0], -other[:, 0]], np.linspace(-1, 1, 9)[:, None])
    alone = expected_elsewhere([other], [-other[:, 0]], np.linspace(-1, 1, 9)[:, None])
    assert abs(found[-1] - found[0]) < 0.3 * abs(alone[-1] - alone[0])


def test_few_labels_of_any_table_are_refused_elsewhere() -> None:
    with pytest.raises(InputError, match="at least 4 labels of a table, found 3"):
        expected_elsewhere([np.ones((9, 1)), np.ones((3, 1))], [np.arange(9.0), np.arange(3.0)], np.ones((2, 1)))
