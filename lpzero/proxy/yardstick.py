"""What proxies are judged by on a table: records that none of them was chosen on, their qualities, and controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lpzero.engines import Engine
from lpzero.fitness import judge
from lpzero.fitness.figures import of_correlation
from lpzero.fitness.ranking import MeasuredArchitectures, comparisons, ranking_figures
from lpzero.metrics import METRICS
from lpzero.operands.probe import Probe
from lpzero.proxy.controls import Control, column_controls, fitted_controls
from lpzero.proxy.parts import Parts, parts_of
from lpzero.proxy.proxy import Proxy, load_proxy
from lpzero.proxy.rank import Against, ControlRow, Ranked, RankRow, measured_architectures, rank_table
from lpzero.proxy.score import shape_of
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

STRONGEST_COUNT = "strongest_count"


@dataclass(frozen=True)
class Yardstick:
    """What proxies are judged by.

    Attributes:
        space: Space and protocol that build the models.
        table: The table.
        parts: Which of its records are ranked.
        measured: Those that are.
        controls: What ranks them without a formula.
        seed: Seed of bootstrap and swaps.
    """

    space: SearchSpace
    table: Table
    parts: Parts
    measured: MeasuredArchitectures
    controls: tuple[Control, ...]
    seed: int

    def header(self) -> dict[str, object]:
        """What the results of all that judge by it begin with, by the names of their fields."""
        return {
            "table": self.table.name,
            "protocol": self.space.protocol,
            "seed": self.seed,
            "n": len(self.parts.tested),
            "total": self.table.n,
            "left_out": self.table.n - len(self.parts.tested),
            "labels": len(self.parts.labelled),
            "matched": self.measured.within,
        }


def yardstick(
    space: SearchSpace,
    table: Table,
    proxies: Sequence[Proxy],
    *,
    include_seen: bool,
    labels: int | None,
    within: float,
    seed: int,
) -> Yardstick:
    """What some proxies are judged by on a table.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        proxies: All of them: what one was chosen on is left out for all.
        include_seen: Whether what proxies were chosen on is ranked as well.
        labels: How many labels controls get; None for those that the proxies were chosen on.
        within: The factor by which sizes may differ to count as matched, at least 1.
        seed: Seed of every random choice.

    Raises:
        InputError: As :func:`lpzero.proxy.parts.parts_of`, or the factor is below 1.
    """
    parts = parts_of(proxies, table, space, include_seen=include_seen, labels=labels, seed=seed)
    measured = measured_architectures(space, table, within=within).part(parts.tested)
    return Yardstick(space, table, parts, measured, tuple(_controls(space, table, parts, measured)), seed)


def _controls(space: SearchSpace, table: Table, parts: Parts, measured: MeasuredArchitectures) -> list[Control]:
    """What ranks the tested records without a formula: the strongest count, what is fitted to labels, columns.

    Args:
        space: Space and protocol that build the models.
        table: The table.
        parts: Which of its records are ranked, and which lend their labels.
        measured: The records that are ranked.
    """
    fitted: list[Control] = []
    if parts.labelled:
        architectures = [record.architecture for record in table.records]
        fitted = fitted_controls(space, architectures, table.oriented, parts.labelled, parts.tested)
    tested = [table.records[i].architecture for i in parts.tested]
    return [strongest_count(space, tested, measured.quality), *fitted, *column_controls(table, parts.tested)]


def strongest_count(space: SearchSpace, architectures: Sequence[Architecture], quality: np.ndarray) -> Control:
    """The count with the highest tau-a, in its own direction, on some architectures themselves, which is kind to it.

    Args:
        space: What says the shapes.
        architectures: The architectures.
        quality: (architectures,), higher is better.
    """
    shapes = [shape_of(space, architecture) for architecture in architectures]
    best, most, what = np.zeros(len(shapes)), -2.0, ""
    for name, metric in METRICS.items():
        if metric.needs != "shape":
            continue
        sign = 1.0 if metric.higher_is_better else -1.0
        values = sign * np.array([metric.score_shape(shape) for shape in shapes])
        correlation = judge(values, quality).correlation
        if correlation is not None and correlation.tau_a > most:
            best, most, what = values, correlation.tau_a, name
    return Control(STRONGEST_COUNT, 0, best, what)


def judged(
    by: Yardstick, proxies: Sequence[Proxy], probe: Probe, *, engine: Engine, progress: Callable[[int, int], None]
) -> tuple[list[Ranked], Yardstick]:
    """Rank the tested records.

    Args:
        by: What proxies are judged by.
        proxies: In the order of the result.
        probe: Seeds, batch and device.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Returns:
        How each ranks, and the yardstick: of trained weights that are built anyway, the loss on a batch of text is a
        control as well.
    """
    loss = load_proxy("text_loss")
    beside = by.space.pretrained and loss not in proxies and any(proxy.needs_pass for proxy in proxies)
    every = [*proxies, *([loss] if beside else [])]
    parts = replace(by.parts, seen=(*by.parts.seen, *([False] if beside else [])))
    within = by.measured.within
    ranked = rank_table(by.space, by.table, every, probe, parts=parts, within=within, engine=engine, progress=progress)
    scores = ranked[-1].scores
    if not beside or scores is None:
        return ranked[: len(proxies)], by
    return ranked[:-1], replace(by, controls=(*by.controls, Control(loss.name, 0, scores)))


def control_rows(by: Yardstick) -> list[ControlRow]:
    """The figures of the controls."""
    rows = []
    for control in by.controls:
        named = {"control": control.name, "labels": control.labels, "what": control.what or None}
        correlation = judge(control.scores, by.measured.quality).correlation
        if correlation is None:
            rows.append(of_correlation(ControlRow, None, **named))
            continue
        rng = np.random.default_rng(derived_seed(by.seed, "bootstrap"))
        rows.append(ranking_figures(ControlRow, control.scores, by.measured, correlation, rng, **named))
    return rows


def beside(ranked: Sequence[Ranked], by: Yardstick) -> list[RankRow]:
    """The rows of proxies, each compared with every control."""
    rows = []
    for one in ranked:
        against: list[Against] = []
        if one.scores is not None:
            rng = np.random.default_rng(derived_seed(by.seed, "comparison"))
            found = comparisons(one.scores, [control.scores for control in by.controls], by.measured, rng)
            against = [Against(control=c.name, versus=figures) for c, figures in zip(by.controls, found, strict=True)]
        rows.append(one.row.model_copy(update={"against": against}))
    return rows
