"""The result of an explanation, as it is printed and kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lpzero.fitness.figures import rounded
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
    """

    status: str
    tau_a: float | None
    interval: Ends | None
    tau_b: float | None
    rho: float | None


class InterventionFigures(Result):
    """The table scored under one intervention; figures are None unless the status is ok.

    Attributes:
        name: The intervention.
        status, tau_a, interval, agreement, left: As of :class:`lpzero.proxy.verdict.Effect`.
    """

    name: str
    status: str
    tau_a: float | None
    interval: Ends | None
    agreement: float | None
    left: float | None


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
        interventions: One row an intervention.
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
    original: OriginalFigures
    interventions: list[InterventionFigures]
    verdict: str
    reasons: list[str]
    faults: Annotated[dict[str, str], Field(default_factory=dict, exclude=True)]
    total: Annotated[int | None, Field(exclude=True)] = None


def explain_result(
    explanation: Explanation, proxy: Proxy, *, table: str, protocol: str, seed: int, n: int, total: int
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
        original=OriginalFigures(
            status=original.status,
            tau_a=None if found is None else rounded(found.tau_a),
            interval=_ends(original),
            tau_b=None if found is None else rounded(found.tau_b),
            rho=None if found is None else rounded(found.rho),
        ),
        interventions=[_intervention(effect) for effect in explanation.effects],
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
        interval=_ends(effect),
        agreement=None if effect.agreement is None else rounded(effect.agreement),
        left=None if effect.left is None else rounded(effect.left),
    )


def _ends(effect: Effect) -> list[float] | None:
    return None if effect.interval is None else [rounded(end) for end in effect.interval]
