"""The final report: the only place that looks at the sealed test, once, with intervals and baselines beside it.

The search works on sketches; every figure of the report is exact, that is, computed on all elements of every tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lpzero.engines import Engine
from lpzero.errors import NoResultError
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.config import Config
from lpzero.evolution.discovery.faults import LEAST
from lpzero.evolution.discovery.setting import Setting
from lpzero.fitness import Outcome, judge
from lpzero.fitness.figures import ComparisonFigures, RankingFigures, of_correlation, rounded
from lpzero.fitness.ranking import MeasuredArchitectures, comparisons, ranking_figures
from lpzero.principles.refined import refined_by_settings
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.controls import Control, column_controls, fitted_controls
from lpzero.proxy.discovery import (
    UNJUDGED,
    BaselineFigures,
    ChosenFormula,
    FrontFormula,
    LeftOut,
    PartFigures,
    ScoredRecord,
    SealedFigures,
    WithinFigures,
)
from lpzero.proxy.rank import measured_architectures
from lpzero.proxy.score import Score, directed, score_architectures, shape_of
from lpzero.run_folder import RunFolder
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

SCHEMA = 1
FAULTED = ("failed", "out_of_memory", "timeout", "killed")
"""Statuses of a score that say something of the architecture, not of the formula."""

BASELINES = (
    *("params", "decoder_params", "attention_params", "depth", "width"),
    *("depth_then_hidden", "depth_hidden_params", "width_then_shallow"),
    *("snip", "grad_norm"),
)


@dataclass(frozen=True)
class Report:
    """What the final report says.

    Attributes:
        best: The chosen formula.
        baselines: What stands beside it.
        left_out: Architectures of the test that no pass could be made of; the baselines do without them as well.
        scored: The exact score of every record that was read, part by part.
    """

    best: ChosenFormula
    baselines: list[BaselineFigures]
    left_out: list[LeftOut]
    scored: list[ScoredRecord] = field(default_factory=list)


def sealed_figures(scores: np.ndarray, measured: MeasuredArchitectures, seed: int) -> tuple[Outcome, SealedFigures]:
    """Judge directed scores on the sealed test.

    Args:
        scores: (test architectures,), higher is better.
        measured: The test architectures.
        seed: Seed of the bootstrap.

    Returns:
        The outcome, and its figures; without any where there is no correlation.
    """
    outcome = judge(scores, measured.quality)
    if outcome.correlation is None:
        return outcome, of_correlation(SealedFigures, None, n=len(scores), status=outcome.status.value)
    rng = np.random.default_rng(seed)
    found = ranking_figures(RankingFigures, scores, measured, outcome.correlation, rng)
    return outcome, SealedFigures(n=len(scores), **dict(found))


def versus_figures(
    best: np.ndarray, baselines: list[np.ndarray], measured: MeasuredArchitectures, seed: int
) -> list[ComparisonFigures]:
    """Compare directed scores with those of each baseline; see :func:`lpzero.fitness.ranking.comparisons`."""
    return comparisons(best, baselines, measured, np.random.default_rng(seed))


def front_formulas(front: list[Candidate]) -> list[FrontFormula]:
    """The front, as results show it."""
    rows = []
    for candidate in front:
        search, validation, both = candidate.search, candidate.validation, candidate.both
        assert search is not None
        assert both is not None
        rows.append(
            FrontFormula(
                formula=str(candidate.formula),
                direction="higher" if candidate.higher_is_better else "lower",
                size=candidate.formula.size,
                search=rounded(search.tau_a),
                validation=None if validation is None else rounded(validation.tau_a),
                both=rounded(both.tau_a),
            )
        )
    return rows


def header(run: RunFolder[Any], setting: Setting[Config]) -> dict[str, Any]:
    """What the result of every discovery begins with, by the names of its fields."""
    found = {
        "schema_": SCHEMA,
        "run": str(run.path),
        "space": setting.space.name,
        "table": setting.table.name,
        "table_sha256": setting.table.digest,
        "protocol": setting.space.protocol,
        "seed": setting.config.seed,
    }
    within = refined_by_settings(setting.space, setting.config.principles)
    if within is not None:
        listed = [record.architecture for record in setting.table.records]
        kept = len(within.inside(listed, setting.table.name))
        found["principles"] = WithinFigures(version=within.principles.version, kept=kept, of=len(listed))
    return found


def baseline_names(space: SearchSpace) -> tuple[str, ...]:
    """What stands beside a formula and needs no label; of trained weights also what an expert looks at first."""
    return (*BASELINES, "text_loss") if space.pretrained else BASELINES


@dataclass(frozen=True)
class Sealed:
    """The sealed test.

    Attributes:
        test: The figures of the chosen formula.
        baselines: What stands beside it.
    """

    test: SealedFigures
    baselines: list[BaselineFigures]


def beside_figures(
    setting: Setting[Config],
    test: Sequence[int],
    scores: Sequence[np.ndarray],
    proxies: Sequence[Proxy],
    controls: Sequence[Control] | None = None,
    *,
    needed: bool = True,
) -> Sealed:
    """Judge a formula on the sealed test beside baselines, and controls that get the labels it was chosen on.

    Args:
        setting: Table, split and pass.
        test: Indices of the records of the sealed test that could be read.
        scores: For each proxy (test architectures,), higher is better.
        proxies: The formula, then the baselines.
        controls: What stands beside them; None for those that are fitted to search and validation of this table.
        needed: Whether the formula must rank them; else its figures say by their status why there are none.

    Raises:
        NoResultError: The formula has no finite, varying value there, and must have.
    """
    table, seed = setting.table, setting.config.seed
    measured = measured_architectures(setting.space, table, setting.groups).part(test)
    architectures = [record.architecture for record in table.records]
    fitted = controls
    if fitted is None:
        fitted = fitted_controls(setting.space, architectures, table.oriented, setting.seen, test)
        fitted += column_controls(table, test)
    every = [*scores, *(control.scores for control in fitted)]
    reports = [sealed_figures(one, measured, derived_seed(seed, "bootstrap")) for one in every]
    if needed and not reports[0][0].ok:
        status = reports[0][0].status.value
        raise NoResultError(f"the chosen formula {proxies[0].name} is {status} on the sealed test: search longer")
    versus = [ComparisonFigures()] * (len(every) - 1)
    if reports[0][0].ok:
        versus = versus_figures(every[0], every[1:], measured, derived_seed(seed, "comparison"))
    named: list[dict[str, Any]] = [{"proxy": proxy.name, "direction": proxy.direction} for proxy in proxies[1:]]
    named += [
        {"proxy": c.name, "direction": "higher", "labels": c.labels or None, "what": c.what or None} for c in fitted
    ]
    baselines = [
        BaselineFigures(**name, test=figures, versus=compared)
        for name, (_, figures), compared in zip(named, reports[1:], versus, strict=True)
    ]
    return Sealed(reports[0][1], baselines)


def final_report(
    chosen: Candidate, setting: Setting[Config], *, engine: Engine, progress: Callable[[int, int], None]
) -> Report:
    """Score the chosen formula and the baselines exactly, and judge them.

    Args:
        chosen: What the search chose.
        setting: Table, split and pass.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Raises:
        NoResultError: The chosen formula has no finite, varying value on the sealed test, or hardly any architecture of
            it could be read.
    """
    table, space, parts, tested = setting.table, setting.space, setting.parts, setting.tested
    best = Proxy(str(chosen.formula), chosen.formula, None, chosen.higher_is_better)
    proxies = [best, *(load_proxy(name) for name in baseline_names(space))]
    there = [*setting.seen, *tested]
    architectures = [table.records[i].architecture for i in there]
    scored = score_architectures(space, architectures, proxies, setting.probe, engine=engine, progress=progress)
    rows = dict(zip(there, scored, strict=True))
    test, left_out = readable(setting, {i: rows[i][0] for i in tested}, "test")

    def scores_of(index: int, part: Sequence[int]) -> np.ndarray:
        return directed([rows[i][index] for i in part], proxies[index])

    sealed = beside_figures(setting, test, [scores_of(i, test) for i in range(len(proxies))], proxies)
    formula = ChosenFormula(
        formula=best.name,
        direction=best.direction,
        size=chosen.formula.size,
        search=_figures(scores_of(0, parts.search), table, parts.search),
        validation=_figures(scores_of(0, parts.validation), table, parts.validation),
        test=sealed.test,
        sketch=_sketched(chosen),
    )
    named = (("search", parts.search), ("validation", parts.validation), ("test", test))
    lines = [_scored_record(setting, part, i, rows[i][0]) for part, indices in named for i in indices]
    return Report(formula, sealed.baselines, left_out, lines)


def _scored_record(setting: Setting[Config], part: str, index: int, score: Score) -> ScoredRecord:
    table, record = setting.table, setting.table.records[index]
    size, quality = shape_of(setting.space, record.architecture).decoder_params, float(table.oriented[index])
    return ScoredRecord(part=part, id=record.id, score=score.value, quality=quality, size=size)


def unjudged(chosen: Candidate, setting: Setting[Config]) -> Report:
    """What is known of the chosen formula where its table is not to be judged: no exact figure.

    Args:
        chosen: What the search chose.
        setting: Table, split and pass.
    """
    parts = setting.parts
    formula = ChosenFormula(
        formula=str(chosen.formula),
        direction="higher" if chosen.higher_is_better else "lower",
        size=chosen.formula.size,
        search=PartFigures(n=len(parts.search)),
        validation=PartFigures(n=len(parts.validation)),
        test=SealedFigures(n=0, status=UNJUDGED),
        sketch=_sketched(chosen),
    )
    return Report(formula, [], [])


def readable(setting: Setting[Config], scores: dict[int, Score], part: str) -> tuple[list[int], list[LeftOut]]:
    """The records of a part that could be read, and those that could not.

    Args:
        setting: Table, split and pass.
        scores: Of each record of the part, by its index.
        part: The name of the part.

    Raises:
        NoResultError: Fewer than 4 could.
    """
    records, left_out = setting.table.records, []
    for i, score in scores.items():
        if score.status.value in FAULTED:
            left_out.append(LeftOut(id=records[i].id, part=part, status=score.status.value, reason=score.reason))
    gone = {one.id for one in left_out}
    test = [i for i in scores if records[i].id not in gone]
    if len(test) < LEAST:
        raise NoResultError(
            f"{len(left_out)} of {len(scores)} architectures of the sealed test could not be read: "
            f"{left_out[0].status}: {left_out[0].reason}"
        )
    return test, left_out


def _figures(scores: np.ndarray, table: Table, indices: tuple[int, ...]) -> PartFigures:
    part = list(indices)
    outcome = judge(scores, table.oriented[part]) if len(part) > 1 else None
    return of_correlation(PartFigures, None if outcome is None else outcome.correlation, n=len(part))


def _sketched(chosen: Candidate) -> dict[str, float | None]:
    """Tau-a as the search saw it, on sketches: beside the exact figures it shows what the sketch costs."""
    search, validation = chosen.search, chosen.validation
    return {
        "search": None if search is None else rounded(search.tau_a),
        "validation": None if validation is None else rounded(validation.tau_a),
    }
