"""What labels let one believe of other architectures: a normal distribution of what each one's training would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.fitness.regression import PENALTIES, Scale
from lpzero.fitness.resample import Floats
from lpzero.predictors.description import Description
from lpzero.predictors.design import Design


@dataclass(frozen=True)
class Belief:
    """Normal distributions, on the scale that the quality is regressed on; higher is better.

    Attributes:
        mean: (asked,).
        deviation: (asked,), standard deviations of one training, its noise included; above 0.
    """

    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class Columns:
    """Descriptions as columns that are standardised over all that may be asked about.

    Of a few labels that are alike the spread says nothing: what is not labelled says by how much architectures differ.

    Attributes:
        values: (architectures, columns), mean 0 and variance 1; a column without variance is 0.
    """

    values: Floats

    @classmethod
    def of(cls, described: Sequence[Description]) -> Columns:
        """The columns of architectures, none of which has a reason."""
        design = Design.of(described)
        matrix = design.matrix(described)
        spread = matrix.std(axis=0)
        return cls((matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0))

    def believed(self, labelled: Sequence[int], regressed: Floats, asked: Sequence[int]) -> Belief:
        """What some labels let one believe of others.

        The ridge regression of the predictors, its penalty by the leave-one-out error. The variance of a training is
        that error, which contains what the regression misses, times 1 + 1/n + x' (X'X + penalty)^-1 x: what lies where
        no label is, is less sure.

        Args:
            labelled: Indices of labelled architectures, at least 2.
            regressed: (labelled,), what came of them on the scale of the regression, higher is better.
            asked: Indices of those asked about.
        """
        from sklearn.linear_model import RidgeCV

        rows, others = self.values[list(labelled)], self.values[list(asked)]
        model = RidgeCV(alphas=PENALTIES, store_cv_results=True).fit(rows, regressed)
        error = float(model.cv_results_.mean(axis=0).min())
        centre = rows.mean(axis=0)
        around = np.linalg.inv((rows - centre).T @ (rows - centre) + model.alpha_ * np.eye(rows.shape[1]))
        apart = others - centre
        variance = error * (1 + 1 / len(rows) + np.einsum("ij,jk,ik->i", apart, around, apart))
        return Belief(model.predict(others), np.sqrt(np.maximum(variance, np.finfo(np.float64).tiny)))


def believed_quality(scale: Scale, regressed: float, *, higher_is_better: bool) -> float:
    """A value on the scale of the regression as a quality, in the unit and direction of the labels."""
    value = float(scale.quality(np.array(regressed)))
    return value if higher_is_better else -value
