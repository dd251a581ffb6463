"""The figures of a table's card: what follows from its records, and how well plain counts rank them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.fitness import correlate, judge, tau_a_interval
from lpzero.fitness.noise import Noise, measure_noise, tau_ceiling
from lpzero.metrics import METRICS
from lpzero.operands.probe import Probe
from lpzero.proxy.proxy import load_proxy
from lpzero.proxy.rank import rank_table
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table
from lpzero.tables.folder import first_records, recipe_document
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training.corpus import BYTES

MARGIN = 0.3
"""How far below the unigram entropy a loss must lie to show that the context was used, in nats."""

OPERATION = "operation"
"""The name of a layer's choice that says which kind of operation it has."""

LARGEST_RANKED = 2000
"""Records that baselines are ranked on, drawn where there are more: intervals cost the square of their number."""

RANDOM = frozenset({"interval", "ceiling", "ceiling_interval", "ceiling_if_normal"})
"""The figures that are drawn, by a bootstrap or a simulation: another version of NumPy or SciPy may draw others."""


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
        ``{"n", "quality": {"min", "max", "mean", "sd"}, "noise", "training", "baselines", "operations"}``, in the
        table's unit, rounded to 6 decimals. ``noise`` is None where no model was trained twice, ``training`` where
        lpzero trained none, ``operations`` where the layers of the space have no operation to choose. ``ranked`` is
        there where the baselines are ranked on fewer records than there are, and says on how many.
    """
    qualities, space = table.qualities, table.search_space(protocol)
    ranked = _ranked_part(table)
    return {
        "n": table.n,
        "quality": {
            "min": _rounded(qualities.min()),
            "max": _rounded(qualities.max()),
            "mean": _rounded(qualities.mean()),
            "sd": _rounded(qualities.std(ddof=1)),
        },
        "noise": _noise(table, space, trainings),
        "training": None if recipe is None else _training(trainings, recipe),
        **({} if ranked.n == table.n else {"ranked": ranked.n}),
        "baselines": _baselines(ranked, space),
        "operations": _operations(table, space),
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


def _noise(table: Table, space: SearchSpace, trainings: tuple[TrainedRecord, ...]) -> dict[str, Any] | None:
    """The noise between trainings of one model, from repeated trainings or from records of one model.

    Which model a published record stands for is what a protocol says; that two equal records stand for one model
    holds under each. Where there are equal records the noise is theirs, and ``same_model`` has that of the others,
    which the protocol builds alike: if it is much larger, the protocol leaves something out.
    """
    built = table.groups(space)
    measured = measure_noise(table.qualities, built)
    same_model = None
    if trainings:
        ended = [(Architecture.from_json(t.architecture), t.loss) for t in trainings if t.loss is not None]
        keys = np.array([space.model_key(architecture) for architecture, _ in ended])
        measured = measure_noise(np.array([loss for _, loss in ended]), keys)
    elif table.duplicates():
        listed = np.array([record.architecture.digest for record in table.records])
        differing = len(np.unique(listed)) != len(np.unique(built))
        same_model = _spread(measured) if differing and measured is not None else None
        measured = measure_noise(table.qualities, listed)
    if measured is None:
        return None
    low, high = measured.interval
    return {
        **_spread(measured),
        "normality": None if measured.normality is None else _rounded(measured.normality),
        "ceiling": _ceiling(table, measured.deviation, measured.residuals),
        "ceiling_interval": [_ceiling(table, end, measured.residuals) for end in (high, low)],
        "ceiling_if_normal": _ceiling(table, measured.deviation, None),
        **_retest(trainings),
        "same_model": same_model,
    }


def _spread(noise: Noise) -> dict[str, Any]:
    interval = [_rounded(end) for end in noise.interval]
    sd = _rounded(noise.deviation)
    return {"repeated": noise.repeated, "freedom": noise.freedom, "sd": sd, "sd_interval": interval}


def _ceiling(table: Table, deviation: float, residuals: np.ndarray | None) -> float:
    try:
        return _rounded(tau_ceiling(table.qualities, deviation, np.random.default_rng(0), residuals))
    except InputError:
        # the noise is as large as the spread: nothing can rank this table
        return 0.0


def _retest(trainings: tuple[TrainedRecord, ...]) -> dict[str, Any]:
    """Tau-a between the first and the second seed of the repeated architectures, with its interval.

    Both are None for fewer than three. They are few: the ceiling is of the whole table, so that this one may lie above
    it.
    """
    first = {t.id: t.loss for t in trainings if t.seed == 0}
    second = {t.id: t.loss for t in trainings if t.seed == 1}
    pairs = [(first[name], loss) for name, loss in second.items() if loss is not None and first.get(name) is not None]
    if len(pairs) < 3:
        return {"retest": None, "retest_interval": None}
    one, other = np.array(pairs, dtype=np.float64).T
    found = _tau_a(one, other)
    ends = tau_a_interval(one, other, np.arange(len(one)), np.random.default_rng(0))
    return {"retest": found, "retest_interval": None if found is None else [_rounded(end) for end in ends]}


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
        "margin": MARGIN,
        "below_unigram": _rounded((ends <= recipe.unigram_entropy - MARGIN).sum() / len(started)),
        "half_to_end": _tau_a(halves, ends),
        "hours": round(math.fsum(t.seconds for t in trainings) / 3600, 2),
    }


def _ranked_part(table: Table) -> Table:
    """The table, or as many of its records as baselines are ranked on, in their order."""
    if table.n <= LARGEST_RANKED:
        return table
    drawn = np.random.default_rng(0).choice(table.n, LARGEST_RANKED, replace=False)
    return replace(table, records=tuple(table.records[i] for i in sorted(drawn)))


def _baselines(table: Table, space: SearchSpace) -> dict[str, dict[str, Any]]:
    """How well the metrics of the shape rank the table; one that does not rank it has its status."""
    proxies = [load_proxy(name) for name, metric in METRICS.items() if metric.needs == "shape"]
    rows = rank_table(space, table, proxies, Probe(), engine=Serial(), progress=lambda _done, _total: None)
    kept = ("status", "tau_a", "tau_b", "rho", "distinct", "interval")
    return {one.row.proxy: {name: getattr(one.row, name) for name in kept} for one in rows}


def _operations(table: Table, space: SearchSpace) -> dict[str, dict[str, Any]] | None:
    """How well the number of layers of each operation, as listed, ranks the table.

    ``inside`` is the lowest and the highest tau-b inside a cell of equal depth and listed width, where depth and width
    cannot pass for an operation; None where the number is the same all over each cell.
    """
    choice = next((choice for choice in space.choices.layer if OPERATION in choice.names), None)
    if choice is None:
        return None
    place = choice.names.index(OPERATION)
    kinds = dict.fromkeys(str(combination[place]) for combination in choice.values)
    layers = [[dict(layer)[OPERATION] for layer in record.architecture.layers] for record in table.records]
    width = space.choices.whole[0].names[0] if space.choices.whole else None
    cells: dict[Any, list[int]] = {}
    for index, record in enumerate(table.records):
        wide = None if width is None else record.architecture[width]
        cells.setdefault((record.architecture.depth, wide), []).append(index)
    counts = {kind: np.array([listed.count(kind) for listed in layers], dtype=np.float64) for kind in kinds}
    return {kind: _counted(counts[kind], table.oriented, list(cells.values())) for kind in kinds}


def _counted(counts: np.ndarray, quality: np.ndarray, cells: list[list[int]]) -> dict[str, Any]:
    outcome = judge(counts, quality)
    found = outcome.correlation
    inside = [judge(counts[cell], quality[cell]).correlation for cell in cells if len(set(quality[cell])) > 1]
    taus = [correlation.tau_b for correlation in inside if correlation is not None]
    return {
        "status": outcome.status.value,
        "tau_a": None if found is None else _rounded(found.tau_a),
        "tau_b": None if found is None else _rounded(found.tau_b),
        "inside": [_rounded(min(taus)), _rounded(max(taus))] if taus else None,
    }
