"""The result of a search by a schedule: that of any search, and what each phase and each predictor did."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lpzero.nas.result import SearchResult
from lpzero.result import Direction, Result


class PredictorCalls(Result):
    """What a predictor was asked.

    Attributes:
        predictor: Its name.
        kind: What it is.
        direction: Which of its scores are better.
        calls: Different architectures that it scored for the search: none of them twice.
        without_cache: How often it would have been asked, had nothing been kept: whoever stays in the population is
            scored anew in every iteration.
        control_calls: Those that it scored for the random search alone.
        failed: Of the calls, those without a score.
        extrapolated: Of the calls, those far from all that it was fitted to.
        seconds: Time that all of its answers took, before a kill as well.
    """

    predictor: str
    kind: str
    direction: Direction
    calls: int
    without_cache: int
    control_calls: int
    failed: int
    extrapolated: int
    seconds: float


class PhaseResult(Result):
    """What a phase did; its scores say nothing beside those of another phase.

    Attributes:
        begins: Its first iteration, counted from 0.
        ends: Its last one.
        predictor: What scored.
        direction: Which scores are better.
        scored: Different architectures of its populations.
        best: Key of the best of them, as listed.
        score: Its score.
    """

    begins: int
    ends: int
    predictor: str
    direction: Direction
    scored: int
    best: str
    score: float


class EvolutionSizes(Result):
    """The sizes of the evolution, as of :class:`lpzero.nas.schedule.document.Evolution`."""

    population: int
    parents: int
    mutants: int
    crossovers: int
    iterations: int
    mutation: float


class ScheduleResult(SearchResult):
    """What a search by a schedule found.

    ``best``, ``front`` and the controls are by the predictor of the last phase, the one of ``proxies``; ``scored``
    counts the architectures that any predictor scored.

    Attributes:
        algorithm: ``"schedule"``.
        certificate: How sure the first phase is of the best by its predictor, on the scale of its sums; None unless it
            is ``exact``.
        evolution: Its sizes.
        phases: In order.
        predictors: Each once, in the order in which the phases name them.
    """

    algorithm: Literal["schedule"]
    evolution: EvolutionSizes
    phases: list[PhaseResult] = Field(min_length=1)
    predictors: list[PredictorCalls] = Field(min_length=1)
