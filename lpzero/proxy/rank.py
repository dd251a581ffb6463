"""Rank a table with proxies, beside what somebody with the same labels would do without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from lpzero.engines import Engine
from lpzero.fitness import judge
from lpzero.fitness.figures import ComparisonFigures, RankingFigures, of_correlation
from lpzero.fitness.ranking import MeasuredArchitectures, ranking_figures
from lpzero.fitness.strata import RATIO
from lpzero.operands.probe import Probe
from lpzero.proxy.parts import Parts
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import Score, ScoreStatus, directed, score_architectures, shape_of
from lpzero.proxy.spread import SpreadFigures
from lpzero.result import Direction, Result
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table


class _Named(Result):
    proxy: str
    direction: Direction
    status: str


class Against(Result):
    """A proxy compared with a control.

    Attributes:
        control: Its name.
        versus: How much better the proxy ranks; None where one of the two does not rank.
    """

    control: str
    versus: ComparisonFigures


class RankRow(RankingFigures, _Named):
    """How one proxy ranks a table: the figures of a ranking, which are None unless the status is ok.

    Attributes:
        proxy: Its name.
        direction: ``"higher"`` or ``"lower"``: which scores are better.
        status: ``"ok"``, or what went wrong, as of a score or of the fitness.
        in_sample: Whether it was chosen on some of these architectures: then these figures are no test of it.
        against: The proxy compared with each control.
        spread: How much of it is the draw of weights and tokens; None where that was not asked for.
        reason: Why there are no figures; empty where there are; no part of the document.
    """

    in_sample: bool = False
    against: list[Against] = Field(default_factory=list)
    spread: SpreadFigures | None = None
    reason: Annotated[str, Field(exclude=True)] = ""


class ControlRow(RankingFigures):
    """How a control ranks the same architectures; figures are None where it does not.

    Attributes:
        control: ``"strongest_count"``, ``"text_loss"`` for trained weights, one of
            :data:`lpzero.proxy.controls.CONTROLS`, or a column of the table.
        labels: Qualities of other architectures that it was fitted to; 0 for one that needs none.
        what: What was chosen; None where nothing was.
    """

    control: str
    labels: int
    what: str | None = None


class RankResult(Result):
    """How proxies rank a table.

    Attributes:
        table: Name of the table.
        protocol: Which model an architecture stands for.
        seed: Seed of every random choice.
        n: Architectures that were ranked.
        total: Architectures of the table.
        left_out: Those that were left out, since a proxy was chosen on them or a control has their labels.
        labels: Qualities that controls were fitted to; 0 for none.
        matched: The factor by which sizes may differ to count as matched.
        scores: One row a proxy, in their order.
        controls: What stands beside them.
    """

    schema_: Annotated[int, Field(alias="schema")]
    table: str
    protocol: str
    seed: int
    n: int
    total: int | None = None
    left_out: int = 0
    labels: int = 0
    matched: float | None = None
    scores: list[RankRow]
    controls: list[ControlRow] = Field(default_factory=list)


@dataclass(frozen=True)
class Ranked:
    """A row, and the scores behind it.

    Attributes:
        row: The figures.
        scores: (architectures,), higher is better; None where they do not rank.
    """

    row: RankRow
    scores: np.ndarray | None


def measured_architectures(
    space: SearchSpace, table: Table, groups: np.ndarray | None = None, within: float = RATIO
) -> MeasuredArchitectures:
    """What a table and the models of a space's protocol say of its records.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        groups: (records,) labels of equal models where they are known; None for :meth:`Table.groups`.
        within: The factor by which sizes may differ to count as matched, at least 1.
    """
    shapes = [shape_of(space, record.architecture) for record in table.records]
    return MeasuredArchitectures(
        quality=table.oriented,
        groups=table.groups(space) if groups is None else groups,
        depth=np.array([shape.depth for shape in shapes]),
        width=np.array([shape.width for shape in shapes]),
        decoder_params=np.array([shape.decoder_params for shape in shapes]),
        within=within,
    )


def rank_table(
    space: SearchSpace,
    table: Table,
    proxies: Sequence[Proxy],
    probe: Probe,
    *,
    parts: Parts | None = None,
    within: float = RATIO,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> list[Ranked]:
    """Correlate the scores of the records of a table with their quality.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        proxies: In the order of the result.
        probe: Seeds, batch and device.
        parts: Which of its records are ranked; None for all.
        within: The factor by which sizes may differ to count as matched, at least 1.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).
    """
    tested = range(table.n) if parts is None else parts.tested
    measured = measured_architectures(space, table, within=within).part(tested)
    architectures = [table.records[i].architecture for i in tested]
    rows = score_architectures(space, architectures, proxies, probe, engine=engine, progress=progress)
    seen = [False] * len(proxies) if parts is None else parts.seen
    return [
        _ranked(proxy, [row[i] for row in rows], measured, probe.seed, in_sample=seen[i])
        for i, proxy in enumerate(proxies)
    ]


def _ranked(
    proxy: Proxy, scores: list[Score], measured: MeasuredArchitectures, seed: int, *, in_sample: bool
) -> Ranked:
    named: dict[str, object] = {"proxy": proxy.name, "direction": proxy.direction, "in_sample": in_sample}
    named |= {"against": [], "spread": None}
    failed = [score for score in scores if score.status is not ScoreStatus.OK]
    if failed:
        reason = f"{len(failed)} of {len(scores)} architectures: {failed[0].reason}"
        return Ranked(of_correlation(RankRow, None, **named, status=failed[0].status.value, reason=reason), None)
    values = directed(scores, proxy)
    outcome = judge(values, measured.quality)
    named["status"] = outcome.status.value
    if outcome.correlation is None:
        return Ranked(of_correlation(RankRow, None, **named, reason="every architecture has the same score"), None)
    rng = np.random.default_rng(derived_seed(seed, "bootstrap"))
    return Ranked(ranking_figures(RankRow, values, measured, outcome.correlation, rng, **named), values)
