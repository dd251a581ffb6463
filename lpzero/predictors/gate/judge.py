"""What a gate says of two architectures: a gain where both were measured, else a chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lpzero.errors import InputError
from lpzero.predictors.gate.chance import Side, chance, side_of
from lpzero.predictors.gate.gain import Gain, measured_gain
from lpzero.predictors.gate.result import MEASURED, GateGain, GateResult, GateSide
from lpzero.predictors.gate.seed_noise import SeedNoise, pooled_noise
from lpzero.predictors.prediction import PredictionStatus
from lpzero.predictors.regression import FittedRegression
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Ground:
    """What a gate judges by.

    Attributes:
        space: The space of the two.
        higher_is_better: The direction of their quality.
        noise: The noise of training; None where it is not known.
        fit: Fits the regression that expects something of them.
        level: Confidence level of intervals.
    """

    space: SearchSpace
    higher_is_better: bool
    noise: SeedNoise | None
    fit: Callable[[], FittedRegression]
    level: float


@dataclass(frozen=True)
class Contender:
    """One of the two.

    Attributes:
        architecture: The architecture.
        measured: Qualities of its trainings that the caller brought; nothing where it brought none.
    """

    architecture: Architecture
    measured: Sequence[float] = ()

    def __post_init__(self) -> None:
        """Check the qualities, or raise InputError."""
        for quality in self.measured:
            if not math.isfinite(quality):
                raise InputError(f"expected a finite quality a training, found {quality}: leave failed trainings out")


def judge(ground: Ground, base: Contender, candidate: Contender) -> GateResult:
    """Say which of the two trains better.

    Raises:
        InputError: Labels are not as expected, or all seeds agree where nothing else tells the noise.
    """
    noise = pooled_noise(ground.noise, base.measured, candidate.measured)
    if base.measured and candidate.measured:
        return _after(ground, noise, base, candidate)
    return _before(ground, noise, base, candidate)


def _after(ground: Ground, noise: SeedNoise | None, base: Contender, candidate: Contender) -> GateResult:
    better = ground.higher_is_better
    found = measured_gain(base.measured, candidate.measured, higher_is_better=better, noise=ground.noise)
    return GateResult(
        **_header(ground, noise),
        predictor=None,
        labels=None,
        base=_measured(ground, base),
        candidate=_measured(ground, candidate),
        status="ok" if found else "cannot_say",
        reason=None if found else "the noise of training is not known: give `noise`, or a second seed of either",
        probability=None,
        gain=_gain(found) if found else None,
    )


def _before(ground: Ground, noise: SeedNoise | None, base: Contender, candidate: Contender) -> GateResult:
    fitted = ground.fit()
    one, other = (side_of(fitted, contender.architecture, contender.measured) for contender in (base, candidate))
    found = chance(fitted, one, other, noise)
    return GateResult(
        **_header(ground, noise),
        predictor=fitted.name,
        labels=len(fitted.labelled.architectures),
        base=_side(ground, base, one),
        candidate=_side(ground, candidate, other),
        status="cannot_say" if found.probability is None else "ok",
        reason=found.reason or None,
        probability=None if found.probability is None else round(found.probability, 6),
        gain=None,
    )


def _header(ground: Ground, noise: SeedNoise | None) -> dict[str, Any]:
    """What every result begins with, by the names of its fields."""
    return {
        "schema_": 1,
        "space": ground.space.name,
        "protocol": ground.space.protocol,
        "direction": "higher" if ground.higher_is_better else "lower",
        "level": ground.level,
        "noise": None if noise is None else round(noise.deviation, 9),
    }


def _params(ground: Ground, contender: Contender) -> int:
    return ground.space.parameter_counts(contender.architecture)["nonembedding"]


def _measured(ground: Ground, contender: Contender) -> GateSide:
    return GateSide(
        value=round(math.fsum(contender.measured) / len(contender.measured), 9),
        low=None,
        high=None,
        status=PredictionStatus.OK.value,
        source=MEASURED,
        reason=None,
        trainings=len(contender.measured),
        params=_params(ground, contender),
    )


def _side(ground: Ground, contender: Contender, side: Side) -> GateSide:
    said = side.prediction
    value, low, high = (None if one is None else round(one, 9) for one in (said.value, said.low, said.high))
    return GateSide(
        value=value,
        low=low,
        high=high,
        status=said.status.value,
        source=MEASURED if contender.measured else said.source,
        reason=said.reason or None,
        trainings=side.trainings,
        params=_params(ground, contender),
    )


def _gain(found: Gain) -> GateGain:
    return GateGain(
        gain=round(found.gain, 9),
        interval=[round(end, 9) for end in found.interval],
        p=float(f"{found.p:.6g}"),
        noise=round(found.noise.deviation, 9),
        freedom=None if math.isinf(found.noise.freedom) else found.noise.freedom,
        verdict=found.verdict,
        more_seeds=found.more_seeds,
        detectable=round(found.detectable, 9),
    )
