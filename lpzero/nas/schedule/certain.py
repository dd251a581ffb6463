"""What integer programs are certain of, by the predictor of the first phase, where it is a sum over layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lpzero.errors import InputError
from lpzero.metrics import get_metric
from lpzero.nas.certificate import front_of_sum, shape_score
from lpzero.nas.exact import Optimum
from lpzero.nas.schedule.predictor import ByFitted, ByProxy, PhasePredictor
from lpzero.predictors.regression import FittedRegression
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features

if TYPE_CHECKING:
    from lpzero.nas.setting import PoolSetting


def certain_front(setting: PoolSetting, predictor: PhasePredictor, most: int) -> tuple[Optimum, ...]:
    """The best within the limits, and the best within ever lower ones of the cost of the front.

    Scores of a regression are on the scale that it is linear on, the logarithm of a loss or a perplexity; higher is
    better there. Of labelled architectures they are what is expected, not what was measured.

    Args:
        setting: Space, limits and costs.
        predictor: That of the first phase.
        most: How many there are at most.

    Raises:
        InputError: The predictor is no sum over layers, the search is in a table or within principles, a limit is on
            what is measured, or choices of the space exclude others.
        NoResultError: Nothing is within the limits.
    """
    score, better = sum_of(predictor)
    return tuple(front_of_sum(setting, score, better, most))


def sum_of(predictor: PhasePredictor) -> tuple[Callable[[Architecture], float], bool]:
    """What a predictor says of an architecture, a sum over its layers, and whether higher is better.

    Raises:
        InputError: It is no such sum.
    """
    fitted = predictor.fitted if isinstance(predictor, ByFitted) else None
    if isinstance(fitted, FittedRegression) and fitted.additive:
        return partial(_weighed, *fitted.weights), True
    if isinstance(predictor, ByProxy) and predictor.proxy.metric is not None:
        name = predictor.proxy.metric
        if get_metric(name).needs == "shape":
            return shape_score(predictor.space, name), predictor.config.higher_is_better
    raise InputError(
        f"exact: expected a predictor that is a sum over layers, a ridge that `lpzero predictor fit --features sums` "
        f"wrote or a count such as params, found {predictor.config.name}"
    )


def _weighed(nothing: float, weights: Mapping[str, float], architecture: Architecture) -> float:
    return nothing + sum(weights.get(name, 0.0) * amount for name, amount in features(architecture).items())
