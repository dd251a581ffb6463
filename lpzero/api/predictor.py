"""Fit predictors to a few trainings, ask them about other architectures, and say how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from lpzero.predictors.baselines import BASELINES, Remembered, baselines
from lpzero.predictors.calibrated import MAPS, Calibrated, Scores
from lpzero.predictors.conformal import check_level
from lpzero.predictors.description import GROUPS, Known, Source
from lpzero.predictors.evaluation import Split, Trained, draw_splits, evaluated
from lpzero.predictors.labels import table_noise
from lpzero.predictors.prediction import LEVEL, Predictor
from lpzero.predictors.prompted import LLM, Asker, Asking, Prompted, Task
from lpzero.predictors.regression import MODELS, RIDGE, Regression
from lpzero.predictors.result import CurveResult, EvalResult
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import Proxy, load_proxy
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_trained

LABELS, NUMBERS, SPLITS = 32, (8, 16, 32, 64), 20
DEMONSTRATIONS = 10
"""Labels of a language model where nobody says: as many as the paper shows one."""


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
    splits: int = SPLITS,
    asked: int | None = None,
    features: str | Sequence[str] = GROUPS,
    calibrate: str | None = None,
    asking: Asking | None = None,
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
        predictor: ``"ridge"``, ``"gp"``, ``"llm"``, or a proxy as of :func:`lpzero.rank`.
        labels: Labelled models of each draw, at least 2; None for 32, and for the 10 that a language model is shown.
        splits: Draws of labels, at least 1.
        asked: Architectures that are asked about in each draw, at least 4; None for all without a label.
        features: What a regression is told: some of ``"spec"``, ``"shape"`` and ``"operands"``, and proxies.
        calibrate: How the score of a proxy becomes a quality: ``"offset"``, ``"line"`` or ``"isotonic"``; None for its
            ranking alone.
        asking: How a language model is asked; needed for ``"llm"``, and nothing else.
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
        MissingError: The table or the device is not here, or the language model cannot be asked.

    >>> result = evaluate_predictor("gpt2-own", labels=16, splits=2, features=["spec", "shape"])
    >>> [row.predictor for row in result.rows]
    ['ridge', 'mean', 'params', 'flops', 'spec_ridge']
    """
    judged = _prepared(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    number = labels if labels is not None else DEMONSTRATIONS if predictor == LLM else LABELS
    splits_of = draw_splits(judged.trained.groups, number, splits, seed, asked)
    with _opened(predictor, asking, watch) as asker:
        chosen = _chosen(judged, predictor, source, calibrate, asker)
        told = _fits(watch, (1 + len(BASELINES)) * splits)
        rows = [evaluated(chosen, judged.trained, number, splits_of, told)]
        header = judged.header(source, splits, asker)
    # what costs nothing comes last: nobody waits for it where a language model cannot be asked
    trivial = baselines(source, judged.drawn(splits_of), level)
    rows += [evaluated(one, judged.trained, number, splits_of, told) for one in trivial]
    return EvalResult(schema_=1, **header, labels=number, rows=rows)


def predictor_curve(
    table: str | Path | Table,
    predictor: str | Path = RIDGE,
    *,
    labels: Sequence[int] = NUMBERS,
    splits: int = SPLITS,
    asked: int | None = None,
    features: str | Sequence[str] = GROUPS,
    calibrate: str | None = None,
    asking: Asking | None = None,
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
        splits: Draws of labels, at least 1; those of fewer labels are among those of more.
        asked: Architectures that are asked about in each draw.
        features: What a regression is told.
        calibrate: How the score of a proxy becomes a quality.
        asking: How a language model is asked.
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
    judged = _prepared(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    splits_of = {number: draw_splits(judged.trained.groups, number, splits, seed, asked) for number in numbers}
    with _opened(predictor, asking, watch) as asker:
        chosen = _chosen(judged, predictor, source, calibrate, asker)
        told = _fits(watch, (1 + len(BASELINES)) * splits * len(numbers))
        rows = [evaluated(chosen, judged.trained, number, splits_of[number], told) for number in numbers]
        header = judged.header(source, splits, asker)
    trivial = baselines(source, judged.drawn([split for some in splits_of.values() for split in some]), level)
    rows += [evaluated(one, judged.trained, number, splits_of[number], told) for one in trivial for number in numbers]
    return CurveResult(schema_=1, **header, labels=numbers, rows=rows)


@dataclass(frozen=True)
class _Prepared:
    """A table to judge predictors by."""

    table: Table
    space: SearchSpace
    trained: Trained
    level: float
    seed: int

    def drawn(self, splits: Sequence[Split]) -> list[Architecture]:
        """The architectures that have a part in any draw."""
        indices = sorted({int(i) for split in splits for i in (*split.labelled, *split.asked)})
        return [self.trained.architectures[i] for i in indices]

    def header(self, source: Source, splits: int, asker: Asker | None) -> dict[str, Any]:
        """What both results begin with, by the names of their fields."""
        asked = {} if asker is None else {"asked": asker.figures()}
        return {
            **asked,
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


@contextmanager
def _opened(predictor: str | Path, asking: Asking | None, watch: Watch) -> Iterator[Asker | None]:
    """The language model, where one is the predictor; None where none is."""
    if predictor != LLM:
        if asking is not None:
            raise InputError(f"`endpoint`: {str(predictor)!r} asks no language model: give {LLM} as the `predictor`")
        yield None
        return
    if asking is None:
        raise InputError("`endpoint` and `model` are missing: expected the address of a server and a model there")
    with asking.open(watch) as asker:
        yield asker


def _chosen(
    judged: _Prepared, predictor: str | Path, source: Source, calibrate: str | None, asker: Asker | None
) -> Predictor:
    """The predictor that was asked for; what it is told of the architectures is computed once."""
    architectures = judged.trained.architectures
    if asker is not None:
        if calibrate is not None:
            raise InputError(f"`calibrate`: {LLM} is told the labels: give a proxy as the `predictor`")
        return Prompted(source.space, Task.of(judged.table), asker)
    if predictor in MODELS:
        if calibrate is not None:
            raise InputError(f"`calibrate`: {predictor} is fitted to the labels: give a proxy as the `predictor`")
        return Regression(str(predictor), Known.of(source, architectures), judged.level)
    if calibrate is not None and calibrate not in MAPS:
        raise InputError(f"`calibrate`: expected one of {', '.join(MAPS)}, found {calibrate!r}")
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
