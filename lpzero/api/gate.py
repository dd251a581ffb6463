"""Decide between two architectures: which trains better, before they are trained and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lpzero.api.labelled import LabelSource, is_higher
from lpzero.api.predict import describing_by, space_of_kept
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of, resolve_device
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.predictors.conformal import check_level
from lpzero.predictors.description import TOLD, Known, Source
from lpzero.predictors.gate.judge import Contender, Ground, judge
from lpzero.predictors.gate.result import GateResult
from lpzero.predictors.gate.seed_noise import SeedNoise
from lpzero.predictors.kept.document import RegressionDocument
from lpzero.predictors.labels import training_noise
from lpzero.predictors.prediction import LEVEL
from lpzero.predictors.regression import MODELS, RIDGE, FittedRegression, Regression
from lpzero.predictors.store import read_predictor_document, restored
from lpzero.pretrained.architecture_file import GivenArchitecture, read_architecture, space_of
from lpzero.progress import Watch, unwatched
from lpzero.result import Direction
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_trained


def gate(
    base: str | Path | Architecture,
    candidate: str | Path | Architecture,
    *,
    table: str | Path | None = None,
    labels: str | Path | None = None,
    predictor: str | Path = RIDGE,
    base_quality: Sequence[float] = (),
    candidate_quality: Sequence[float] = (),
    space: str | Path | None = None,
    protocol: str | None = None,
    direction: Direction | None = None,
    number: int | None = None,
    features: str | Sequence[str] = TOLD,
    quality: str = "quality",
    noise: float | None = None,
    level: float = LEVEL,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> GateResult:
    """Say which of two architectures trains better, and how sure that is: ``lpzero gate``.

    Where both were trained, whether what was gained is more than trainings of one model differ by. Where not, the
    probability that one more training of the candidate is better than one more of the base, from what labels say.

    Args:
        base: What the candidate is compared with: an architecture, or a file or folder as :func:`lpzero.search` writes.
        candidate: The candidate, likewise.
        table: A table that lends its labels.
        labels: A file with labels, instead of a table.
        predictor: ``"ridge"`` or ``"gp"``, or the file of one that :func:`lpzero.fit_predictor` kept, with its labels.
        base_quality: What trainings of the base gave, one a seed; they stand for what the labels say of it.
        candidate_quality: What trainings of the candidate gave.
        space: The space of the labels; where nothing is predicted the one that the base names, by default.
        protocol: Which model an architecture stands for; None for the first of the space or the table.
        direction: ``"higher"`` or ``"lower"``: which qualities are better, where no table or kept predictor says it.
        number: How many records of the table, drawn by the seed, at least 2; None for all.
        features: What a regression is told.
        quality: The column of the file with the quality.
        noise: Standard deviation between trainings of one model; None for the table's, or what the trainings tell.
        level: Confidence level of the intervals of the two.
        seed: Seed of the draw and of untrained models, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        With a status: nothing can be said of an architecture that is unlike all labels, from labels of fewer than 10
        models, or of trainings whose noise nobody knows.

    Raises:
        InputError: An architecture, a label or a quality is not as expected, or a value is out of its range.
        MissingError: The table or the device is not here.

    >>> from lpzero import load_table
    >>> some = [record.architecture for record in load_table("gpt2-own").records]
    >>> seeds = {"base_quality": [1.91, 1.92], "candidate_quality": [1.90, 1.88]}
    >>> trained = gate(some[0], some[1], space="gpt2", protocol="own", direction="lower", **seeds)
    >>> trained.gain.verdict, trained.gain.more_seeds
    ('undecided', 3)
    """
    check_level(level)
    source = LabelSource(labels, space, protocol, direction, table, number, quality, noise, seed)
    one, other = (_given(architecture) for architecture in (base, candidate))
    if str(predictor) not in MODELS:
        ground = _of_kept(Path(predictor), source, level, device, workers, watch)
    elif table is None and labels is None:
        ground = _of_nothing(source, one, level)
    else:

        def described(place: SearchSpace) -> Source:
            return described_by(place, features, probe_of(seed, batch, tokens, device), workers, watch)

        ground = _of_labels(source, str(predictor), level, described)
    for architecture in (one, other):
        _check(architecture, ground.space)
    return judge(
        ground,
        Contender(one.architecture, tuple(base_quality)),
        Contender(other.architecture, tuple(candidate_quality)),
    )


def _given(architecture: str | Path | Architecture) -> GivenArchitecture:
    if isinstance(architecture, Architecture):
        return GivenArchitecture("the architecture", architecture, None)
    return read_architecture(str(architecture))


def _check(given: GivenArchitecture, space: SearchSpace) -> None:
    """Raise InputError where an architecture is outside the space, or says another protocol."""
    if given.protocol not in (None, space.protocol):
        raise InputError(f"{given.source}: expected the protocol {space.protocol}, found {given.protocol}")
    try:
        space.validate(given.architecture)
    except InputError as err:
        raise InputError(f"{given.source}: {err}") from None


def _exactly(noise: float | None) -> SeedNoise | None:
    return None if noise is None else SeedNoise(noise)


def _of_labels(source: LabelSource, kind: str, level: float, described: Callable[[SearchSpace], Source]) -> Ground:
    """What labels of a file or a table say."""

    def fit() -> FittedRegression:
        place, labelled, _ = source.read()
        return Regression(kind, Known.of(described(place), labelled.architectures), level).fit(labelled)

    source.check()
    if source.table is None:
        better = is_higher(str(source.direction))
        return Ground(get_space(str(source.space), source.protocol), better, _exactly(source.noise), fit, level)
    table, trainings, _ = load_trained(str(source.table))
    space = get_space(table.space, table.protocol(source.protocol))
    found = training_noise(table, trainings, space)
    noise = _exactly(source.noise)
    if noise is None and found is not None:
        noise = SeedNoise(found.deviation, found.freedom)
    return Ground(space, table.higher_is_better, noise, fit, level)


def _of_kept(path: Path, source: LabelSource, level: float, device: str, workers: Workers, watch: Watch) -> Ground:
    """What the labels of a kept predictor say."""
    if source.table is not None or source.labels is not None or source.direction is not None:
        raise InputError(
            f"{path}: a kept predictor has its labels: expected no `table`, `labels` or `direction` beside it"
        )
    document = read_predictor_document(path)
    if not isinstance(document, RegressionDocument):
        kinds = " or ".join(MODELS)
        raise InputError(
            f"{path}: expected a kept {kinds}, whose misses tell how sure it is, found {document.predictor}"
        )
    space = space_of_kept(document, source.space)
    describing = describing_by(space, resolve_device(device), workers, watch)

    def fit() -> FittedRegression:
        fitted = restored(path, document, space, describing)
        assert isinstance(fitted, FittedRegression)
        return fitted

    noise = document.noise if source.noise is None else source.noise
    return Ground(
        space,
        document.higher_is_better,
        _exactly(noise),
        fit,
        document.level or level,
    )


def _of_nothing(source: LabelSource, base: GivenArchitecture, level: float) -> Ground:
    """No labels: what was trained alone is judged."""
    if source.direction is None:
        raise InputError("expected a `table`, `labels` or a kept `predictor`; or `direction` and what both trained to")

    def fit() -> FittedRegression:
        raise InputError("expected a `table`, `labels` or a kept `predictor`, or what both architectures trained to")

    space = space_of(base, None if source.space is None else str(source.space), source.protocol)
    return Ground(space, is_higher(source.direction), _exactly(source.noise), fit, level)
