"""The figures of a table's card: what follows from its records, and how well plain counts rank them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.noise import noise_deviation, tau_ceiling
from lpzero.metrics import METRICS
from lpzero.operands.bank import Pass
from lpzero.proxy.proxy import load_proxy
from lpzero.proxy.rank import rank_table
from lpzero.spaces import get_space
from lpzero.tables import Table
from lpzero.tables.corpus import BYTES
from lpzero.tables.folder import first_records, recipe_document
from lpzero.tables.recipe import Recipe
from lpzero.tables.trained import TrainedRecord

MARGIN = 0.3
"""How far below the unigram entropy a loss must lie to show that the context was used, in nats."""


def figures(
    table: Table, protocol: str, trainings: tuple[TrainedRecord, ...] = (), recipe: Recipe | None = None
) -> dict[str, Any]:
    """Derive the figures of a card.

    Args:
        table: The table.
        protocol: Which model an architecture stands for.
        trainings: Every training of a table that lpzero trained; empty for another.
        recipe: How it trained them; None for another.

    Returns:
        ``{"n", "quality": {"min", "max", "mean", "sd"}, "noise", "training", "baselines"}``, in the table's unit,
        rounded to 6 decimals. ``noise`` is None where no architecture was trained twice, ``training`` where
        lpzero trained none.
    """
    qualities = table.qualities
    return {
        "n": table.n,
        "quality": {
            "min": _rounded(qualities.min()),
            "max": _rounded(qualities.max()),
            "mean": _rounded(qualities.mean()),
            "sd": _rounded(qualities.std(ddof=1)),
        },
        "noise": _noise(table, trainings),
        "training": None if recipe is None else _training(trainings, recipe),
        "baselines": _baselines(table, protocol),
    }


def own_card(
    name: str, recipe: Recipe, trainings: tuple[TrainedRecord, ...], environment: dict[str, str], notes: tuple[str, ...]
) -> dict[str, Any]:
    """The card of a table that lpzero trained.

    Args:
        name: Name of the table.
        recipe: How it was trained.
        trainings: Every training.
        environment: Versions and machine.
        notes: What to know about it.

    Raises:
        InputError: Fewer than two architectures reached different losses.
    """
    facts: dict[str, Any] = {
        "name": name,
        "space": recipe.space,
        "protocols": (recipe.protocol,),
        "quality": "validation loss",
        "unit": "nats a byte" if recipe.tokens == BYTES else "nats a token",
        "higher_is_better": False,
        "source": "lpzero tables build",
        "licence": "unstated",
        "notes": notes,
    }
    table = Table(**facts, records=tuple(first_records(trainings)))
    if len(set(table.qualities)) < 2:
        raise InputError(f"expected trainings that end at different losses, found {table.n}: train more architectures")
    return {
        **facts,
        "recipe": recipe_document(recipe),
        "environment": environment,
        "figures": figures(table, recipe.protocol, trainings, recipe),
    }


def _rounded(value: float) -> float:
    return round(float(value), 6)


def _noise(table: Table, trainings: tuple[TrainedRecord, ...]) -> dict[str, Any] | None:
    """The noise between trainings of one architecture, from repeated trainings or from duplicate records."""
    if trainings:
        measured = [(t.id, t.loss) for t in trainings if t.loss is not None]
        names, quality = [name for name, _ in measured], np.array([loss for _, loss in measured])
    else:
        names, quality = [record.architecture.digest for record in table.records], table.qualities
    groups = np.unique(names, return_inverse=True)[1]
    deviation = noise_deviation(quality, groups)
    if deviation is None:
        return None
    try:
        ceiling = _rounded(tau_ceiling(table.qualities, deviation, np.random.default_rng(0)))
    except InputError:
        # the noise is as large as the spread: nothing can rank this table
        ceiling = 0.0
    repeated = int((np.unique(groups, return_counts=True)[1] > 1).sum())
    return {"repeated": repeated, "sd": _rounded(deviation), "ceiling": ceiling, "retest": _retest(trainings)}


def _retest(trainings: tuple[TrainedRecord, ...]) -> float | None:
    """Tau-a between the first and the second seed of the repeated architectures; None for fewer than three."""
    first = {t.id: t.loss for t in trainings if t.seed == 0}
    second = {t.id: t.loss for t in trainings if t.seed == 1}
    pairs = [(first[name], loss) for name, loss in second.items() if loss is not None and first.get(name) is not None]
    if len(pairs) < 3:
        return None
    one, other = np.array(pairs, dtype=np.float64).T
    return _tau_a(one, other)


def _tau_a(one: np.ndarray, other: np.ndarray) -> float | None:
    """Tau-a, or None where one side is constant."""
    constant = min(len(np.unique(one)), len(np.unique(other))) < 2
    return None if constant else _rounded(correlate(one, other).tau_a)


def _training(trainings: tuple[TrainedRecord, ...], recipe: Recipe) -> dict[str, Any]:
    """How the trainings went: statuses, whether they used the context, whether they were long enough."""
    started = [t for t in trainings if t.seed == 0]
    firsts = [t for t in started if t.loss is not None]
    ends = np.array([t.loss for t in firsts], dtype=np.float64)
    half = min(recipe.points, key=lambda point: abs(point - recipe.steps / 2))
    halves = np.array([dict(t.curve)[half] for t in firsts], dtype=np.float64)
    statuses = [t.status for t in trainings]
    return {
        "trainings": len(trainings),
        "statuses": {status: statuses.count(status) for status in sorted(set(statuses))},
        "unigram_entropy": _rounded(recipe.unigram_entropy),
        "below_unigram": _rounded((ends <= recipe.unigram_entropy - MARGIN).sum() / len(started)),
        "half_to_end": _tau_a(halves, ends),
        "hours": round(math.fsum(t.seconds for t in trainings) / 3600, 2),
    }


def _baselines(table: Table, protocol: str) -> dict[str, dict[str, Any]]:
    """How well the metrics of the shape rank the table; one that does not rank it has its status."""
    proxies = [load_proxy(name) for name, metric in METRICS.items() if metric.needs == "shape"]
    space = get_space(table.space, protocol)
    rows = rank_table(space, table, proxies, Pass(), jobs=1, progress=lambda _done, _total: None)
    kept = ("status", "tau_a", "tau_b", "rho", "distinct", "interval")
    return {row["proxy"]: {name: row[name] for name in kept} for row in rows}
