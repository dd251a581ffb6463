"""The result of an explanation, as it is printed and kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lpzero.fitness.figures import MatchedFigures, rounded
from lpzero.fitness.ranking import matched_figures
from lpzero.fitness.resample import Interval
from lpzero.fitness.strata import RATIO
from lpzero.proxy.explain import Explanation
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.verdict import Effect
from lpzero.result import Direction, Ends, Result


class OriginalFigures(Result):
    """The table scored unchanged; figures are None unless the status is ok.

    Attributes:
        status: As of :class:`lpzero.proxy.verdict.Effect`.
        tau_a, tau_b, rho: Rank correlations of the scores with quality.
        interval: 95 % bootstrap interval of tau-a.
        matched_size: Tau-a over the pairs of about the same size; None without any.
    """

    status: str
    tau_a: float | None
    interval: Ends | None
    tau_b: float | None
    rho: float | None
    matched_size: MatchedFigures | None = None


class InterventionFigures(Result):
    """The table scored under one intervention; figures are None unless the status is ok.

    Attributes:
        name: The intervention.
        status, tau_a, interval, agreement, left, left_interval: As of :class:`lpzero.proxy.verdict.Effect`.
        matched_size: Tau-a over the pairs of about the same size; None without any.
    """

    name: str
    status: str
    tau_a: float | None
    interval: Ends | None
    agreement: float | None
    left: float | None
    left_interval: Ends | None = None
    matched_size: MatchedFigures | None = None


class ExplainResult(Result):
    """What a proxy measures on a table.

    Attributes:
        proxy: Its name.
        direction: Its direction.
        table: Name of the table.
        protocol: Which model an architecture stands for.
        seed: Seed of every random choice.
        n: Architectures that were scored.
        original: The table scored unchanged.
        in_sample: Whether the proxy was chosen on some of them: then this is no test of it.
        left_out: Architectures of the table that were left out, since it was chosen on them.
        interventions: One row an intervention.
        redrawn: All redrawn initialisations together; None where there are none.
        verdict, reasons: As of :class:`lpzero.proxy.explain.Explanation`.
        faults: Why an intervention has no figures, by its name; no part of the document.
        total: Architectures of the table; likewise, so that it is None where a document was read.
    """

    schema_: Annotated[int, Field(alias="schema")]
    proxy: str
    direction: Direction
    table: str
    protocol: str
    seed: int
    n: int
    in_sample: bool = False
    left_out: int = 0
    original: OriginalFigures
    interventions: list[InterventionFigures]
    redrawn: InterventionFigures | None = None
    verdict: str
    reasons: list[str]
    faults: Annotated[dict[str, str], Field(default_factory=dict, exclude=True)]
    total: Annotated[int | None, Field(exclude=True)] = None


def explain_result(
    explanation: Explanation,
    proxy: Proxy,
    *,
    table: str,
    protocol: str,
    seed: int,
    n: int,
    total: int,
    in_sample: bool,
    left_out: int,
) -> ExplainResult:
    """The result of an explanation.

    Args:
        explanation: What was found.
        proxy: What it was found of.
        table: Name of the table.
        protocol: Which model an architecture stood for.
        seed: Seed of every random choice.
        n: Architectures that were scored.
        total: Architectures of the table.
        in_sample: Whether the proxy was chosen on some of them.
        left_out: Architectures that were left out.
    """
    original, every = explanation.original, (explanation.original, *explanation.effects)
    found = original.correlation
    return ExplainResult(
        schema_=1,
        proxy=proxy.name,
        direction=proxy.direction,
        table=table,
        protocol=protocol,
        seed=seed,
        n=n,
        in_sample=in_sample,
        left_out=left_out,
        original=OriginalFigures(
            status=original.status,
            tau_a=None if found is None else rounded(found.tau_a),
            interval=_ends(original.interval),
            tau_b=None if found is None else rounded(found.tau_b),
            rho=None if found is None else rounded(found.rho),
            matched_size=_matched(original),
        ),
        interventions=[_intervention(effect) for effect in explanation.effects],
        redrawn=None if explanation.redrawn is None else _intervention(explanation.redrawn),
        verdict=explanation.verdict,
        reasons=list(explanation.reasons),
        faults={effect.name: f"{effect.status}: {effect.reason}" for effect in every if effect.reason},
        total=total,
    )


def _intervention(effect: Effect) -> InterventionFigures:
    return InterventionFigures(
        name=effect.name,
        status=effect.status,
        tau_a=None if effect.correlation is None else rounded(effect.correlation.tau_a),
        interval=_ends(effect.interval),
        agreement=None if effect.agreement is None else rounded(effect.agreement),
        left=None if effect.left is None else rounded(effect.left),
        left_interval=_ends(effect.left_interval),
        matched_size=_matched(effect),
    )


def _matched(effect: Effect) -> MatchedFigures | None:
    return None if effect.matched is None else matched_figures(effect.matched, RATIO)


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [rounded(end) for end in interval]
