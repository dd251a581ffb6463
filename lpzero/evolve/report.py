"""The final report: the only place that looks at the sealed test, once, with intervals and baselines beside it.

The search works on sketches; every figure of the report is exact, that is, computed on all elements of every tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lpzero.errors import NoResultError
from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.individual import Evaluated
from lpzero.fitness import Correlation, Outcome, Split, judge, tau_a_interval
from lpzero.operands.bank import Pass, derived_seed
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.score import Score, score_architectures
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

BASELINES = (
    *("params", "decoder_params", "attention_params", "depth", "width"),
    *("depth_then_hidden", "depth_hidden_params", "width_then_shallow"),
    *("snip", "grad_norm"),
)


def _rounded(value: float) -> float:
    return round(value, 6)


def correlation_document(correlation: Correlation, n: int) -> dict[str, Any]:
    """The figures of a correlation on ``n`` architectures."""
    return {
        "n": n,
        "tau_b": _rounded(correlation.tau_b),
        "tau_a": _rounded(correlation.tau_a),
        "rho": _rounded(correlation.rho),
        "distinct": _rounded(correlation.distinct),
    }


def sealed_document(
    scores: np.ndarray, quality: np.ndarray, groups: np.ndarray, seed: int
) -> tuple[Outcome, dict[str, Any]]:
    """Judge directed scores on the sealed test.

    Args:
        scores: (test architectures,), higher is better.
        quality: (test architectures,), higher is better.
        groups: (test architectures,) int, duplicates share a label.
        seed: Seed of the bootstrap.

    Returns:
        The outcome, and its figures with a 95 % interval for tau-a; null figures where there is no correlation.
    """
    outcome = judge(scores, quality)
    if outcome.correlation is None:
        nothing = dict.fromkeys(("tau_b", "tau_a", "rho", "distinct", "interval"))
        return outcome, {"n": len(scores), "status": outcome.status.value, **nothing}
    low, high = tau_a_interval(scores, quality, groups, np.random.default_rng(seed))
    figures = correlation_document(outcome.correlation, len(scores))
    return outcome, {**figures, "interval": [_rounded(low), _rounded(high)]}


def _directed(scores: list[Score], proxy: Proxy) -> np.ndarray:
    values = np.array([np.nan if score.value is None else score.value for score in scores])
    return values if proxy.higher_is_better else -values


def front_documents(found: list[Evaluated]) -> list[dict[str, Any]]:
    """The front, on sketches: formula, direction, size, and tau-a on search, validation and both."""
    rows = []
    for known in found:
        assert known.search is not None
        assert known.both is not None
        rows.append(
            {
                "formula": str(known.formula),
                "direction": "higher" if known.higher_is_better else "lower",
                "size": known.formula.size,
                "search": _rounded(known.search.tau_a),
                "validation": None if known.validation is None else _rounded(known.validation.tau_a),
                "both": _rounded(known.both.tau_a),
            }
        )
    return rows


def final_report(
    chosen: Evaluated,
    *,
    space: SearchSpace,
    table: Table,
    parts: Split,
    groups: np.ndarray,
    config: EvolveConfig,
    shown: Pass,
    jobs: int,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """Score the chosen formula and the baselines exactly, and judge them.

    Returns:
        ``{"best": {...}, "baselines": [...]}`` as in the result of ``evolve``.

    Raises:
        NoResultError: The chosen formula has no finite, varying value on the sealed test.
    """
    best = Proxy(str(chosen.formula), chosen.formula, None, chosen.higher_is_better)
    proxies = [best, *(load_proxy(name) for name in BASELINES)]
    architectures = [record.architecture for record in table.records]
    rows = score_architectures(space, architectures, proxies, shown, jobs=jobs, progress=progress)
    scores = [_directed([row[i] for row in rows], proxy) for i, proxy in enumerate(proxies)]
    seed, test = derived_seed(config.seed, "bootstrap"), list(parts.test)
    reports = [sealed_document(s[test], table.oriented[test], groups[test], seed) for s in scores]
    if not reports[0][0].ok:
        status = reports[0][0].status.value
        raise NoResultError(f"the chosen formula {best.name} is {status} on the sealed test: search longer")
    baselines = [
        {"proxy": proxy.name, "direction": proxy.direction, "test": figures}
        for proxy, (_, figures) in zip(proxies[1:], reports[1:], strict=True)
    ]
    document = {
        "formula": best.name,
        "direction": best.direction,
        "size": chosen.formula.size,
        "search": _figures(scores[0], table, parts.search),
        "validation": _figures(scores[0], table, parts.validation),
        "test": reports[0][1],
        "sketch": _sketched(chosen),
    }
    return {"best": document, "baselines": baselines}


def _figures(scores: np.ndarray, table: Table, indices: tuple[int, ...]) -> dict[str, Any]:
    part = list(indices)
    outcome = judge(scores[part], table.oriented[part]) if len(part) > 1 else None
    if outcome is None or outcome.correlation is None:
        return {"n": len(part), **dict.fromkeys(("tau_b", "tau_a", "rho", "distinct"))}
    return correlation_document(outcome.correlation, len(part))


def _sketched(chosen: Evaluated) -> dict[str, float | None]:
    """Tau-a as the search saw it, on sketches: beside the exact figures it shows what the sketch costs."""
    search, validation = chosen.search, chosen.validation
    return {
        "search": None if search is None else _rounded(search.tau_a),
        "validation": None if validation is None else _rounded(validation.tau_a),
    }
