"""Fit predictors to a few trainings, ask them about other architectures, and say how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lpzero.api.chosen import Wanted, choose, fitted_to, opened
from lpzero.api.judged import SPLITS, Judged
from lpzero.api.setup import probe_of, several
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.fitness.strata import RATIO
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.baselines import BASELINES, baselines
from lpzero.predictors.description import GROUPS, TOLD, Source
from lpzero.predictors.evaluation import draw_splits, evaluated
from lpzero.predictors.prediction import LEVEL
from lpzero.predictors.prompted import Asking
from lpzero.predictors.regression import RIDGE
from lpzero.predictors.result import CurveResult, EvalResult
from lpzero.progress import Watch, counting, unwatched
from lpzero.proxy import load_proxy
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

NUMBERS = (8, 16, 32, 64)
DEMONSTRATIONS = 10
"""Labels of a language model where nobody says: as many as the paper shows one."""


def described_by(
    space: SearchSpace, features: str | Sequence[str], probe: Probe, workers: Workers, watch: Watch
) -> Source:
    """What describes architectures of a space.

    Args:
        space: The space.
        features: Some of ``spec``, ``sums``, ``shape`` and ``operands``, and proxies: names, files, runs or formulas.
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
    asked: int | None = None,
    features: str | Sequence[str] = TOLD,
    calibrate: str | None = None,
    asking: Asking | None = None,
    teacher: str | Path | None = None,
    student: str | None = None,
    number: int | None = None,
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
        predictor: ``"ridge"``, ``"gp"``, ``"llm"``, ``"distilled"``, a proxy as of :func:`lpzero.rank`,
            ``"lookup:NAME"``, a column that the table was published with, or the file of a kept predictor: one that was
            fitted to some of the table is asked about the rest.
        labels: Labelled models of each draw, at least 2; None for 32, and for the 10 that a language model is shown.
        splits: Draws of labels, at least 1; None for 20.
        split: ``"published"`` for the splits that the table was published with, instead of draws; None for draws.
        asked: Architectures that are asked about in each draw, at least 4; None for all without a label.
        features: What a regression is told: some of ``"spec"``, ``"shape"`` and ``"operands"``, and proxies.
        calibrate: How the score of a proxy becomes a quality: ``"offset"``, ``"line"``, ``"linear"`` or
            ``"isotonic"``; None for its ranking alone.
        asking: How a language model is asked; needed for ``"llm"``, and nothing else.
        teacher: Who teaches ``"distilled"``: any other predictor; None for a ridge. The student is told the
            specification alone.
        student: ``"mlp"``, which None stands for, or ``"boosting"``.
        number: Architectures that it is taught by, drawn from the space; None for 3,000.
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
    judged = Judged.of(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    wanted = Wanted(predictor, calibrate, teacher, student, number)
    shown = DEMONSTRATIONS if wanted.asks and labels is None and split is None and wanted.document is None else labels
    splits_of, names = judged.splits(shown, splits, split, asked, fitted_to(wanted.document, judged))
    told_of = len(splits_of[0].labelled)
    with opened(wanted, asking, watch) as asker:
        chosen = choose(judged, wanted, source, asker)
        told = _fits(watch, (1 + len(BASELINES)) * len(splits_of))
        rows = [evaluated(chosen, judged.trained, told_of, splits_of, told)]
        header = judged.header(source, len(splits_of), asker)
    # what costs nothing comes last: nobody waits for it where a language model cannot be asked
    trivial = baselines(source, judged.drawn(splits_of), level)
    rows += [evaluated(one, judged.trained, told_of, splits_of, told) for one in trivial]
    return EvalResult(schema_=1, **header, labels=told_of, split_names=names, rows=rows)


def predictor_curve(
    table: str | Path | Table,
    predictor: str | Path = RIDGE,
    *,
    labels: Sequence[int] = NUMBERS,
    splits: int | None = None,
    asked: int | None = None,
    features: str | Sequence[str] = TOLD,
    calibrate: str | None = None,
    asking: Asking | None = None,
    teacher: str | Path | None = None,
    student: str | None = None,
    number: int | None = None,
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
        asked: Architectures that are asked about in each draw.
        features: What a regression is told.
        calibrate: How the score of a proxy becomes a quality.
        asking: How a language model is asked.
        teacher: Who teaches ``"distilled"``.
        student: Who learns.
        number: Architectures that it is taught by.
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
    judged = Judged.of(table, protocol, level, matched, seed)
    source = described_by(judged.space, features, probe_of(seed, batch, tokens, device), workers, watch)
    wanted = Wanted(predictor, calibrate, teacher, student, number)
    if wanted.document is not None:
        raise InputError(f"`predictor`: {predictor} is fitted already: expected one that labels are drawn for")
    splits_of = {one: draw_splits(judged.trained.groups, one, draws, seed, asked) for one in numbers}
    with opened(wanted, asking, watch) as asker:
        chosen = choose(judged, wanted, source, asker)
        told = _fits(watch, (1 + len(BASELINES)) * draws * len(numbers))
        rows = [evaluated(chosen, judged.trained, one, splits_of[one], told) for one in numbers]
        header = judged.header(source, draws, asker)
    trivial = baselines(source, judged.drawn([split for some in splits_of.values() for split in some]), level)
    rows += [evaluated(other, judged.trained, one, splits_of[one], told) for other in trivial for one in numbers]
    return CurveResult(schema_=1, **header, labels=numbers, rows=rows)


def _fits(watch: Watch, total: int) -> Callable[[], None]:
    tell, done = counting(watch, "fitting", "fits"), 0

    def one_more() -> None:
        nonlocal done
        done += 1
        tell(done, total)

    return one_more
