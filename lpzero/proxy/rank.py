"""Rank a whole table with proxies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lpzero.fitness import judge, tau_a_interval
from lpzero.operands.bank import Pass, derived_seed
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import Score, ScoreStatus, score_architectures
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

FIGURES = ("tau_b", "tau_a", "rho", "distinct", "interval")


def rank_table(
    space: SearchSpace,
    table: Table,
    proxies: Sequence[Proxy],
    shown: Pass,
    *,
    jobs: int,
    progress: Callable[[int, int], None],
) -> list[dict[str, Any]]:
    """Correlate the scores of every record of a table with its quality.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        proxies: In the order of the result.
        shown: Seeds, batch and device.
        jobs: Worker processes; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Returns:
        For each proxy ``{"proxy", "direction", "status", "tau_b", "tau_a", "rho", "distinct", "interval",
        "reason"}``. ``interval`` is a 95 % bootstrap interval of tau-a over groups of equal models; figures are null
        unless the status is ok, and then ``reason`` says why.
    """
    architectures = [record.architecture for record in table.records]
    rows = score_architectures(space, architectures, proxies, shown, jobs=jobs, progress=progress)
    groups = table.groups(space)
    return [
        _row(proxy, [row[i] for row in rows], table.oriented, groups, shown.seed) for i, proxy in enumerate(proxies)
    ]


def _row(proxy: Proxy, scores: list[Score], quality: np.ndarray, groups: np.ndarray, seed: int) -> dict[str, Any]:
    named = {"proxy": proxy.name, "direction": proxy.direction}
    failed = [score for score in scores if score.status is not ScoreStatus.OK]
    if failed:
        reason = f"{len(failed)} of {len(scores)} architectures: {failed[0].reason}"
        return {**named, "status": failed[0].status.value, **dict.fromkeys(FIGURES), "reason": reason}
    values = np.array([score.value for score in scores], dtype=np.float64)
    directed = values if proxy.higher_is_better else -values
    outcome = judge(directed, quality)
    if outcome.correlation is None:
        reason = "every architecture has the same score"
        return {**named, "status": outcome.status.value, **dict.fromkeys(FIGURES), "reason": reason}
    rng = np.random.default_rng(derived_seed(seed, "bootstrap"))
    low, high = tau_a_interval(directed, quality, groups, rng)
    found = outcome.correlation
    return {
        **named,
        "status": outcome.status.value,
        "tau_b": round(found.tau_b, 6),
        "tau_a": round(found.tau_a, 6),
        "rho": round(found.rho, 6),
        "distinct": round(found.distinct, 6),
        "interval": [round(low, 6), round(high, 6)],
        "reason": "",
    }
