"""Rank a whole table with proxies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from lpzero.engines import Engine
from lpzero.fitness import judge
from lpzero.fitness.figures import RankingFigures, of_correlation
from lpzero.fitness.ranking import MeasuredArchitectures, ranking_figures
from lpzero.operands.probe import Probe
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import Score, ScoreStatus, score_architectures, shape_of
from lpzero.result import Direction, Result
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table


class _Named(Result):
    proxy: str
    direction: Direction
    status: str


class RankRow(RankingFigures, _Named):
    """How one proxy ranks a table: the figures of a ranking, which are None unless the status is ok.

    Attributes:
        proxy: Its name.
        direction: ``"higher"`` or ``"lower"``: which scores are better.
        status: ``"ok"``, or what went wrong, as of a score or of the fitness.
        reason: Why there are no figures; empty where there are; no part of the document.
    """

    reason: Annotated[str, Field(exclude=True)] = ""


class RankResult(Result):
    """How proxies rank a table.

    Attributes:
        table: Name of the table.
        protocol: Which model an architecture stands for.
        seed: Seed of every random choice.
        n: Architectures of the table.
        scores: One row a proxy, in their order.
    """

    schema_: Annotated[int, Field(alias="schema")]
    table: str
    protocol: str
    seed: int
    n: int
    scores: list[RankRow]


def measured_architectures(space: SearchSpace, table: Table, groups: np.ndarray | None = None) -> MeasuredArchitectures:
    """What a table and the models of a space's protocol say of its records.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        groups: (records,) labels of equal models where they are known; None for :meth:`Table.groups`.
    """
    shapes = [shape_of(space, record.architecture) for record in table.records]
    return MeasuredArchitectures(
        quality=table.oriented,
        groups=table.groups(space) if groups is None else groups,
        depth=np.array([shape.depth for shape in shapes]),
        params=np.array([shape.params for shape in shapes]),
    )


def rank_table(
    space: SearchSpace,
    table: Table,
    proxies: Sequence[Proxy],
    probe: Probe,
    *,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> list[RankRow]:
    """Correlate the scores of every record of a table with its quality.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        proxies: In the order of the result.
        probe: Seeds, batch and device.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).
    """
    architectures = [record.architecture for record in table.records]
    rows = score_architectures(space, architectures, proxies, probe, engine=engine, progress=progress)
    measured = measured_architectures(space, table)
    return [_row(proxy, [row[i] for row in rows], measured, probe.seed) for i, proxy in enumerate(proxies)]


def _row(proxy: Proxy, scores: list[Score], measured: MeasuredArchitectures, seed: int) -> RankRow:
    named: dict[str, object] = {"proxy": proxy.name, "direction": proxy.direction}
    failed = [score for score in scores if score.status is not ScoreStatus.OK]
    if failed:
        reason = f"{len(failed)} of {len(scores)} architectures: {failed[0].reason}"
        return of_correlation(RankRow, None, **named, status=failed[0].status.value, reason=reason)
    values = np.array([score.value for score in scores], dtype=np.float64)
    directed = values if proxy.higher_is_better else -values
    outcome = judge(directed, measured.quality)
    named["status"] = outcome.status.value
    if outcome.correlation is None:
        return of_correlation(RankRow, None, **named, reason="every architecture has the same score")
    rng = np.random.default_rng(derived_seed(seed, "bootstrap"))
    return ranking_figures(RankRow, directed, measured, outcome.correlation, rng, **named)
