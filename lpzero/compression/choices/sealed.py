"""Importances on replacements that nothing looked at before: rank correlations, and differences paired over layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from lpzero.compression.choices.result import ChoicesTest, ImportanceFigures
from lpzero.compression.choices.scores import evaluator_of
from lpzero.compression.choices.shipped import SHIPPED, UnitFormulas
from lpzero.compression.choices.table import ChoicesTable
from lpzero.compression.choosing.importance import KINDS
from lpzero.fitness.compare import compare
from lpzero.fitness.figures import DifferenceFigures, rounded
from lpzero.fitness.resample import tau_a_interval
from lpzero.seeds import derived_seed

FOUND = "found"
RESAMPLES = 2000


def sealed_test(
    table: ChoicesTable, places: Sequence[int], found: UnitFormulas | None, *, sign: float, sealed: bool, seed: int
) -> ChoicesTest:
    """Compare an importance with those that have a name.

    Args:
        table: The table.
        places: Which of its records: whole layers.
        found: What was found; None to look at the others alone.
        sign: 1 where more of it means that a replacement costs more, -1 where less does.
        sealed: Whether other layers of the table were looked at.
        seed: Of the bootstrap.
    """
    evaluator = evaluator_of([table], [places])
    every = {name: (formulas, 1.0) for name, formulas in SHIPPED.items()}
    if found is not None:
        every = {FOUND: (found, sign), **every}
    scores = {name: one * evaluator.scores_by_kind(formulas.by_kind) for name, (formulas, one) in every.items()}
    quality, layers = table.divergences[list(places)], table.layers[list(places)]
    kinds = np.array([table.records[place].part for place in places])
    figures = [_figures(name, one, quality, layers, kinds, seed) for name, one in scores.items()]
    if found is not None and np.isfinite(scores[FOUND]).all():
        figures = [figures[0], *_versus(figures[1:], scores, quality, layers, seed)]
    return ChoicesTest(
        table=table.card.name,
        checkpoint=table.card.checkpoint,
        sealed=sealed,
        layers=sorted({int(layer) for layer in layers}),
        n=len(places),
        importances=figures,
    )


def _figures(
    name: str, scores: np.ndarray, quality: np.ndarray, layers: np.ndarray, kinds: np.ndarray, seed: int
) -> ImportanceFigures:
    if not np.isfinite(scores).all() or (scores == scores[0]).all():
        return ImportanceFigures(name=name)
    rng = np.random.default_rng(derived_seed(seed, "sealed", name))
    low, high = tau_a_interval(scores, quality, layers, rng, resamples=RESAMPLES)
    signs = np.sign(scores[:, None] - scores) * np.sign(quality[:, None] - quality)
    of_kinds = {str(kind): _tau_b(scores[kinds == kind], quality[kinds == kind]) for kind in KINDS}
    return ImportanceFigures(
        name=name,
        tau_a=rounded(float(signs.sum() / (len(quality) * (len(quality) - 1)))),
        tau_b=_tau_b(scores, quality),
        interval=[rounded(low), rounded(high)],
        neurons=of_kinds["neurons"],
        groups=of_kinds["groups"],
    )


def _tau_b(scores: np.ndarray, quality: np.ndarray) -> float | None:
    found = float(stats.kendalltau(scores, quality).statistic)
    return rounded(found) if np.isfinite(found) else None


def _versus(
    others: Sequence[ImportanceFigures],
    scores: dict[str, np.ndarray],
    quality: np.ndarray,
    layers: np.ndarray,
    seed: int,
) -> list[ImportanceFigures]:
    compared = [one for one in others if one.tau_a is not None]
    rng = np.random.default_rng(derived_seed(seed, "versus"))
    baselines = np.stack([scores[one.name] for one in compared])
    differences = compare(scores[FOUND], baselines, quality, layers, rng, resamples=RESAMPLES)
    told = {
        one.name: DifferenceFigures(
            difference=rounded(versus.difference),
            interval=[rounded(end) for end in versus.interval],
            p=rounded(versus.p),
            p_swap=rounded(versus.p_swap),
            p_holm=rounded(versus.p_holm),
            detectable=rounded(versus.detectable),
        )
        for one, versus in zip(compared, differences, strict=True)
    }
    return [one.model_copy(update={"versus": told.get(one.name, one.versus)}) for one in others]
