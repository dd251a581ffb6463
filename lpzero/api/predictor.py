"""Fit predictors to a few trainings, ask them about other architectures, and say how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.api.setup import probe_of, several
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.fitness.strata import RATIO
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.baselines import Remembered, baselines
from lpzero.predictors.calibrated import MAPS, Calibrated, Scores
from lpzero.predictors.conformal import check_level
from lpzero.predictors.description import GROUPS, Known, Source
from lpzero.predictors.evaluation import Split, Trained, draw_splits, evaluated, published_splits
from lpzero.predictors.labels import table_noise
from lpzero.predictors.measured import PREFIX, Measured
from lpzero.predictors.prediction import LEVEL, Predictor
from lpzero.predictors.regression import MODELS, RIDGE, Regression
from lpzero.predictors.result import CurveResult, EvalResult, PredictorFigures
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy, load_proxy
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_trained

LABELS, NUMBERS, SPLITS = 32, (8, 16, 32, 64), 20
PUBLISHED = "published"
"""The splits that a table was published with, in the place of draws."""


def described_by(
    space: SearchSpace, features: str | Sequence[str], probe: Probe, workers: Workers, watch: Watch
) -> Source:
    """What describes architectures of a space.

    Args:
        space: The space.
        features: Some of ``spec``, ``shape`` and ``operands``, and proxies: names, files, runs or formulas.
        probe: What models are shown.
        workers: Where they are built.
        watch: Told how it goes.

    Raises:
        InputError: Nothing is named, one thing twice, or something that is neither.
    """
    named = list(several(features))
    if len(set(named)) < len(named):
        raise InputError(f"`features`: expected each once, found {', '.join(named)}")
    groups = tuple(name for name in GROUPS if name in named)
    proxies = tuple(load_proxy(name) for name in named if name not in GROUPS)
    return Source(space, groups, proxies, probe, cache_home(), workers, watch)


def evaluate_predictor(
    table: str | Path | Table,
    predictor: str | Path = RIDGE,
    *,
    labels: int | None = None,
    splits: int | None = None,
    split: str | None = None,
    features: str | Sequence[str] = GROUPS,
    calibrate: str | None = None,
    protocol: str | None = None,
    level: float = LEVEL,
    matched: float = RATIO,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> EvalResult:
    """Say how well a predictor predicts a table from a few of its labels: ``lpzero predictor eval``.

    Beside it stand the trivial ones: the mean of the labels, lines through parameters and operations, and a ridge on
    the specification.

    Args:
        table: The table, its name or its folder.
        predictor: ``"ridge"``, ``"gp"``, a proxy as of :func:`lpzero.rank`, or ``"lookup:NAME"``, a column that the
            table was published with.
        labels: Labelled models of each draw, at least 2; None for 32.
        splits: Draws of labels, at least 1; None for 20.
        split: ``"published"`` for the splits that the table was published with, instead of draws; None for draws.
        features: What a regression is told: some of ``"spec"``, ``"shape"`` and ``"operands"``, and proxies.
        calibrate: How the score of a proxy becomes a quality: ``"offset"``, ``"line"`` or ``"isotonic"``; None for its
            ranking alone.
        protocol: Which model an architecture stands for; None for the table's first.
        level: Confidence level of the intervals.
        matched: The factor by which parameters outside the embeddings may differ to count as matched, at least 1.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: There is no such table, protocol, predictor or feature, a value is out of its range, or a file is
            damaged.
        MissingError: The table or the device is not here.

    >>> result = evaluate_predictor("gpt2-own", labels=16, splits=2, features=["spec", "shape"])
    >>> [row.predictor for row in result.rows]
    ['ridge', 'mean', 'params', 'flops', 'spec_ridge']
    """
    judged = _prepared(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    splits_of, names = _splits(judged, labels, splits, split)
    number = len(splits_of[0].labelled)
    chosen = _chosen(judged, predictor, source, calibrate)
    every = [chosen, *baselines(source, judged.trained.architectures, level)]
    told = _fits(watch, len(every) * len(splits_of))
    rows = [evaluated(one, judged.trained, number, splits_of, told) for one in every]
    return EvalResult(schema_=1, **judged.header(source, len(splits_of)), labels=number, split_names=names, rows=rows)


def predictor_curve(
    table: str | Path | Table,
    predictor: str | Path = RIDGE,
    *,
    labels: Sequence[int] = NUMBERS,
    splits: int | None = None,
    features: str | Sequence[str] = GROUPS,
    calibrate: str | None = None,
    protocol: str | None = None,
    level: float = LEVEL,
    matched: float = RATIO,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> CurveResult:
    """Say what each number of labels buys, so that one knows how many trainings to pay for: ``lpzero predictor curve``.

    Args:
        table: The table, its name or its folder.
        predictor: As of :func:`lpzero.evaluate_predictor`, and so are all other arguments.
        labels: Numbers of labelled models, each at least 2.
        splits: Draws of labels, at least 1, None for 20; those of fewer labels are among those of more.
        features: What a regression is told.
        calibrate: How the score of a proxy becomes a quality.
        protocol: Which model an architecture stands for.
        level: Confidence level of the intervals.
        matched: The factor of matched sizes.
        seed: Seed of every random choice.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: Where models run.
        workers: Where models are built.
        watch: Told how it goes.

    Raises:
        InputError: As of :func:`lpzero.evaluate_predictor`.
        MissingError: The table or the device is not here.

    >>> result = predictor_curve("gpt2-own", labels=[8, 16], splits=2, features=["spec", "shape"])
    >>> [(row.predictor, row.labels) for row in result.rows[:3]]
    [('ridge', 8), ('ridge', 16), ('mean', 8)]
    """
    numbers = sorted(set(labels))
    if not numbers:
        raise InputError("`labels`: expected one number of labels or several, found none")
    draws = SPLITS if splits is None else splits
    judged = _prepared(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    splits_of = {number: draw_splits(judged.trained.groups, number, draws, seed) for number in numbers}
    chosen = _chosen(judged, predictor, source, calibrate)
    every = [chosen, *baselines(source, judged.trained.architectures, level)]
    told = _fits(watch, len(every) * draws * len(numbers))
    rows: list[PredictorFigures] = [
        evaluated(one, judged.trained, number, splits_of[number], told) for one in every for number in numbers
    ]
    return CurveResult(schema_=1, **judged.header(source, draws), labels=numbers, rows=rows)


@dataclass(frozen=True)
class _Prepared:
    """A table to judge predictors by."""

    table: Table
    space: SearchSpace
    trained: Trained
    level: float
    seed: int

    def header(self, source: Source, splits: int) -> dict[str, Any]:
        """What both results begin with, by the names of their fields."""
        return {
            "table": self.table.name,
            "protocol": self.space.protocol,
            "quality": self.table.quality,
            "unit": self.table.unit,
            "direction": "higher" if self.table.higher_is_better else "lower",
            "features": [*source.groups, *(proxy.name for proxy in source.proxies)],
            "level": self.level,
            "noise": None if self.trained.noise is None else round(self.trained.noise, 6),
            "seed": self.seed,
            "splits": splits,
            "within": self.trained.within,
            "n": len(self.trained.architectures),
        }


def _prepared(given: str | Path | Table, protocol: str | None, level: float, within: float, seed: int) -> _Prepared:
    check_level(level)
    table, trainings = (given, ()) if isinstance(given, Table) else load_trained(str(given))[:2]
    space = get_space(table.space, table.protocol(protocol))
    trained = Trained.of(table, space, noise=table_noise(table, trainings, space), within=within, seed=seed)
    return _Prepared(table, space, trained, level, seed)


def _splits(
    judged: _Prepared, labels: int | None, splits: int | None, split: str | None
) -> tuple[list[Split], list[str]]:
    """The draws, or the table's own splits with their names."""
    if split is None:
        numbers = LABELS if labels is None else labels, SPLITS if splits is None else splits
        return draw_splits(judged.trained.groups, *numbers, judged.seed), []
    if split != PUBLISHED:
        raise InputError(f"`split`: expected {PUBLISHED!r}, found {split!r}")
    for name, given in (("labels", labels), ("splits", splits)):
        if given is not None:
            raise InputError(f"`{name}`: expected none beside `split`, whose splits say it, found {given}")
    return published_splits(judged.table), [one.name for one in judged.table.beside.splits]


def _chosen(judged: _Prepared, predictor: str | Path, source: Source, calibrate: str | None) -> Predictor:
    """The predictor that was asked for; what it is told of the architectures is computed once."""
    architectures = judged.trained.architectures
    if predictor in MODELS:
        if calibrate is not None:
            raise InputError(f"`calibrate`: {predictor} is fitted to the labels: give a proxy as the `predictor`")
        return Regression(str(predictor), Known.of(source, architectures), judged.level)
    if calibrate is not None and calibrate not in MAPS:
        raise InputError(f"`calibrate`: expected one of {', '.join(MAPS)}, found {calibrate!r}")
    if str(predictor).startswith(PREFIX):
        measured = Measured.of(judged.table, str(predictor).removeprefix(PREFIX))
        return measured if calibrate is None else Calibrated(measured, calibrate, source.space, judged.level)
    proxy: Proxy = load_proxy(str(predictor))
    scoring = Source(source.space, (), (proxy,), source.probe, source.home, source.workers, source.watch)
    scores = Scores(proxy, Known.of(scoring, architectures))
    if calibrate is None:
        return scores
    return Calibrated(Remembered.of(scores, architectures), calibrate, source.space, judged.level)


def _fits(watch: Watch, total: int) -> Callable[[], None]:
    tell, done = counting(watch, "fitting", "fits"), 0

    def one_more() -> None:
        nonlocal done
        done += 1
        tell(done, total)

    return one_more
