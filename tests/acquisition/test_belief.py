"""What labels let one believe: a ridge and the errors that it makes of what it left out; far away is less sure."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from lpzero.acquisition.belief import Columns, believed_quality
from lpzero.fitness.regression import PENALTIES, Scale
from lpzero.predictors.description import Known


def made(rows: int = 30, columns: int = 6) -> tuple[Columns, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns))
    return Columns(values), values @ rng.normal(size=columns) + rng.normal(0, 0.3, rows)


def test_the_columns_are_standardised_over_all(known: Known) -> None:
    columns = Columns.of(list(known.known.values())).values
    spread = columns.std(axis=0)
    assert np.abs(columns.mean(axis=0)).max() < 1e-9
    assert set(spread.round(9)) <= {0.0, 1.0}
    assert (spread > 0).sum() > 5


def test_it_is_the_ridge_and_the_error_left_out() -> None:
    columns, quality = made()
    labelled, asked = list(range(12)), list(range(12, 30))
    found = columns.believed(labelled, quality[labelled], asked)
    rows = columns.values[labelled]
    model = RidgeCV(alphas=PENALTIES).fit(rows, quality[labelled])
    assert found.mean == pytest.approx(model.predict(columns.values[asked]))
    # the closed form against leaving one out for real
    left_out = cross_val_predict(Ridge(alpha=model.alpha_), rows, quality[labelled], cv=LeaveOneOut())
    error = float(np.mean((left_out - quality[labelled]) ** 2))
    assert (found.deviation**2).min() > error * (1 + 1 / 12)


def test_what_is_far_from_the_labels_is_less_sure() -> None:
    columns, quality = made()
    far = Columns(np.vstack([columns.values, 10 * columns.values[29:]]))
    near, away = far.believed(range(12), quality[:12], [29, 30]).deviation
    assert away > 2 * near


def test_as_many_labels_as_columns_or_fewer_do(known: Known) -> None:
    columns = Columns.of(list(known.known.values()))
    found = columns.believed([0, 1], np.array([1.0, 2.0]), range(2, 40))
    assert np.isfinite(found.mean).all()
    assert (found.deviation > 0).all()
    equal = columns.believed([0, 1], np.array([1.0, 1.0]), range(2, 40))
    assert equal.mean == pytest.approx(np.ones(38))
    assert (equal.deviation > 0).all()


@pytest.mark.parametrize("higher", [True, False])
def test_a_value_comes_back_in_the_unit_of_the_labels(*, higher: bool) -> None:
    loss = -np.array([2.0, 3.0])
    scale = Scale.of(loss)
    assert believed_quality(scale, float(scale.regressed(loss)[0]), higher_is_better=False) == pytest.approx(2.0)
    plain = Scale.of(np.array([0.5, 0.7]))
    assert believed_quality(plain, 0.6, higher_is_better=higher) == pytest.approx(0.6 if higher else -0.6)
