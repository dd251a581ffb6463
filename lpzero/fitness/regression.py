"""Ridge regressions on what is known of architectures without a model: what the same labels give without a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.resample import Floats
from lpzero.fitness.weights import normal_scores

PENALTIES = np.logspace(-3, 4, 36)
"""Of which leave-one-out chooses one."""
FEWEST_LABELS = 4


def with_logarithms(rows: Sequence[Mapping[str, float]]) -> tuple[tuple[str, ...], Floats]:
    """Named features as columns, and the logarithms of those that are above 0 throughout.

    Args:
        rows: The features of each architecture by name; one that is not named is 0.

    Returns:
        The names (columns,), and the values (architectures, columns).

    >>> with_logarithms([{"depth": 1.0}, {"depth": 2.0, "kind=a": 1.0}])[0]
    ('depth', 'kind=a', 'log depth')
    """
    names = sorted(set().union(*rows))
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64)
    positive = [i for i in range(len(names)) if (table[:, i] > 0).all()]
    logarithms = np.log(table[:, positive])
    return (*names, *(f"log {names[i]}" for i in positive)), np.hstack([table, logarithms])


def expected(
    columns: Floats, quality: np.ndarray, labelled: Sequence[int], asked: Sequence[int], *, quadratic: bool = False
) -> Floats:
    """What a ridge regression that has seen some qualities expects of other architectures.

    By :func:`ridge_model`, on the scale of :class:`Scale`.

    Args:
        columns: (architectures, columns), finite.
        quality: (architectures,), finite, higher is better; those that are not labelled are not looked at.
        labelled: Indices of the architectures whose quality is known, 4 or more.
        asked: Indices of the architectures that are asked about.
        quadratic: Whether squares and products of the columns are columns as well.

    Returns:
        (asked,), higher is better; in the unit of the quality or its logarithm.

    Raises:
        InputError: Fewer than 4 labels, or a value is not finite.
    """
    if len(labelled) < FEWEST_LABELS:
        raise InputError(f"a regression needs at least {FEWEST_LABELS} labels, found {len(labelled)}")
    known = np.asarray(quality)[list(labelled)]
    if not (np.isfinite(columns).all() and np.isfinite(known).all()):
        raise InputError("expected finite features and qualities, found NaN or infinity")
    scale = Scale.of(known)
    model = ridge_model(columns.shape[1] if quadratic else 0)
    model.fit(columns[list(labelled)], scale.regressed(known))
    return np.asarray(model.predict(columns[list(asked)]), dtype=np.float64)


@dataclass(frozen=True)
class Scale:
    """On what scale a quality is regressed on.

    Where every quality is below 0, that is, a loss or a perplexity turned round, its logarithm is regressed on:
    perplexities are exponentials of what is additive.

    Attributes:
        logarithmic: Whether it is the logarithm.
    """

    logarithmic: bool

    @classmethod
    def of(cls, quality: np.ndarray) -> Scale:
        """The scale of some qualities, (architectures,), higher is better."""
        return cls(bool((quality < 0).all()))

    def regressed(self, quality: np.ndarray) -> Floats:
        """What is regressed on, of the shape of the qualities; higher is better on both scales."""
        return np.asarray(-np.log(-quality) if self.logarithmic else quality, dtype=np.float64)

    def quality(self, regressed: np.ndarray) -> Floats:
        """The quality that a value on this scale stands for.

        >>> float(Scale(True).quality(Scale(True).regressed(np.array(-20.0))).round(6))
        -20.0
        """
        return np.asarray(-np.exp(-regressed) if self.logarithmic else regressed, dtype=np.float64)


def ridge_model(quadratic: int = 0) -> Any:
    """The ridge regression behind every prediction, not yet fitted: an estimator of scikit-learn.

    Columns are standardised; the penalty is the one of ``PENALTIES`` with the least leave-one-out error, which has a
    closed form (``RidgeCV``).

    Args:
        quadratic: How many of the first columns are joined by their squares and products.
    """
    # scikit-learn takes a second to import
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    squares: list[Any] = []
    if quadratic:
        shape = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False))
        squares = [ColumnTransformer([("squares", shape, slice(0, quadratic))], remainder="passthrough")]
    return make_pipeline(*squares, StandardScaler(), RidgeCV(alphas=PENALTIES))


def expected_elsewhere(columns: Sequence[Floats], quality: Sequence[np.ndarray], asked: Floats) -> Floats:
    """What a ridge regression that has seen tables expects of the architectures of another one, up to a constant.

    Quadratic in the columns. The target is the rank of the quality as a normal score; columns, squares and target are
    centred within each table, so that its level says nothing, and each table weighs the same.

    Args:
        columns: Of each table (architectures, columns), finite.
        quality: Of each table (architectures,), higher is better, 4 or more.
        asked: (architectures, columns) of the other table.

    Returns:
        (architectures,), higher is better.

    Raises:
        InputError: A table has fewer than 4 labels.
    """
    fewest = min(map(len, quality))
    if fewest < FEWEST_LABELS:
        raise InputError(f"a regression needs at least {FEWEST_LABELS} labels of a table, found {fewest}")
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    scaler = StandardScaler().fit(np.vstack(columns))
    squares = PolynomialFeatures(2, include_bias=False)
    made = [squares.fit_transform(scaler.transform(one)) for one in columns]
    rows = np.vstack([one - one.mean(axis=0) for one in made])
    spread = rows.std(axis=0)
    spread[spread == 0] = np.inf
    target = np.concatenate([normal_scores(one) for one in quality])
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one in quality])
    model = RidgeCV(alphas=PENALTIES, fit_intercept=False)
    model.fit(rows / spread, target, sample_weight=weights * len(weights) / weights.sum())
    return np.asarray(model.predict(squares.transform(scaler.transform(asked)) / spread), dtype=np.float64)
