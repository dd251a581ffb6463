"""The result of a gate: which of two architectures trains better, and how sure that is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lpzero.predictors.gate.gain import Verdict
from lpzero.result import Direction, Ends, Result

MEASURED = "measured"
"""The source of a quality that the caller brought."""


class GateSide(Result):
    """What is known of one of the two.

    Attributes:
        value: What is expected of a training, or the mean of its trainings; None where the status is ``failed``.
        low: Lower end of the interval of one more training; None where there is none.
        high: Upper end of it.
        status: ``"ok"``, ``"extrapolated"`` or ``"failed"``.
        source: The predictor, ``"label"`` for what the labels say, ``"measured"`` for what was given.
        reason: Why there is no value, or what is beyond the labels; None where there is nothing to say.
        trainings: How often it was trained; 0 where it was not.
        params: Its parameters outside the embeddings.
    """

    value: float | None
    low: float | None
    high: float | None
    status: str
    source: str
    reason: str | None
    trainings: int
    params: int


class GateGain(Result):
    """What was gained, as of :class:`lpzero.predictors.gate.gain.Gain`.

    Attributes:
        gain: The difference of the means, in the unit of the quality; above 0 where the candidate is better.
        interval: Of 95 %.
        p: Two-sided p-value of no difference.
        noise: Standard deviation between trainings of one model that it was judged by.
        freedom: Degrees of freedom of the noise; None where it was given.
        verdict: ``"better"``, ``"worse"`` or ``"undecided"``, at the level .05.
        more_seeds: How many more trainings of each would decide with a probability of .8, were the true gain the
            measured one; 0 where it is decided, None where it takes more than a thousand.
        detectable: The least true gain that these trainings find with a probability of .8.
    """

    gain: float
    interval: Ends
    p: float
    noise: float
    freedom: float | None
    verdict: Verdict
    more_seeds: int | None
    detectable: float


class GateResult(Result):
    """Which of two architectures trains better.

    Attributes:
        schema_: 1.
        space: Name of the space.
        protocol: Which model an architecture stands for.
        direction: Which qualities are better.
        predictor: What expects; None where both were measured.
        labels: Labels that it was fitted to; None likewise.
        level: Confidence level of the intervals of the two.
        noise: Standard deviation between trainings of one model; None where nobody knows.
        base: What the candidate is compared with.
        candidate: The candidate.
        status: ``"ok"``, or ``"cannot_say"`` where there is neither a probability nor a gain.
        reason: Why not; None where there is one.
        probability: That one more training of the candidate is better than one more of the base; None where both were
            measured.
        gain: What was gained; None where one of the two was not measured.
    """

    schema_: Annotated[int, Field(alias="schema")]
    space: str
    protocol: str
    direction: Direction
    predictor: str | None
    labels: int | None
    level: float
    noise: float | None
    base: GateSide
    candidate: GateSide
    status: Literal["ok", "cannot_say"]
    reason: str | None
    probability: float | None
    gain: GateGain | None
