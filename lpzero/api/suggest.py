"""Say which architectures to train next, from what came of those that were trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.attempts_file import Line, read_attempts, suggested
from lpzero.acquisition.folder import SuggestionFolder
from lpzero.acquisition.improvement import VALUE
from lpzero.acquisition.result import BestSoFar, SuggestionRow, SuggestResult
from lpzero.acquisition.start import proxy_source
from lpzero.acquisition.suggester import Suggester
from lpzero.acquisition.suggestion import Suggestion
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of, several, table_space
from lpzero.costs.cost import Measurement
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.engines import Workers
from lpzero.errors import InputError, NoResultError
from lpzero.files import held
from lpzero.nas.pool import ClosedPool, OpenPool, Pool
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.predictors.description import SHAPE, SPEC
from lpzero.predictors.prediction import LEVEL
from lpzero.principles.refined import architectures_inside, refined_by_file
from lpzero.progress import Watch, unwatched
from lpzero.result import Direction
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table

NUMBER, STOP = 8, 0.05
FEATURES = (SPEC, SHAPE)
"""What the regression is told: of hundreds of candidates nothing that a model has to be built for."""


def suggester(
    space: str | Path | None = None,
    *,
    protocol: str | None = None,
    table: str | Path | Table | None = None,
    direction: Direction | None = None,
    limits: Mapping[str, float] | None = None,
    principles: str | Path | None = None,
    acquisition: str = VALUE,
    features: str | Sequence[str] = FEATURES,
    level: float = LEVEL,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> Suggester:
    """Ask what to train next, and tell what came of it.

    Args:
        space: Name of the search space, or the path of a ``space.toml``; None for the table's.
        protocol: Which model an architecture stands for; None for the space's first, or the table's.
        table: Suggest architectures of this table alone, as a replay does; its qualities are not looked at.
        direction: ``"higher"`` or ``"lower"``: which qualities are better; None for the table's.
        limits: The highest costs, by name, as of :func:`lpzero.search`.
        principles: A file of principles: what is suggested keeps its hard rules, and soft ones weigh in what is drawn
            as a candidate; labels of others are learnt from all the same.
        acquisition: What orders candidates: ``"value"``, what is expected of them, or ``"improvement"``, the expected
            improvement, which also tries what little is known of.
        features: What the regression is told, ``"spec"`` and ``"shape"`` where nobody says; with ``"operands"``, or
            proxies, a model of every candidate is built.
        level: Confidence level of the intervals.
        seed: Seed of every random choice, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: A name is unknown, a value out of its range, or the file of principles unusable in the space.
        MissingError: The table or the device is not here.
        NoResultError: No architecture of the table keeps the principles.

    >>> found = suggester("gpt2", protocol="own", direction="lower", limits={"params": 400_000})
    >>> asked = found.ask(4).suggestions
    >>> for number, one in enumerate(asked):
    ...     found.tell(one.architecture, 2.5 - 0.1 * number)
    >>> found.tried.failed, found.ask(1).suggestions[0].by
    (0, 'labels')
    """
    loaded = None if table is None else table if isinstance(table, Table) else load_table(str(table))
    place = _space(space, protocol, loaded)
    if direction not in ("higher", "lower", None):
        raise InputError(f"`direction`: expected higher or lower, found {direction!r}")
    if loaded is not None:
        if direction is not None:
            raise InputError("a `table` says its direction: expected none beside it")
        higher = loaded.higher_is_better
    elif direction is None:
        raise InputError("`direction` is missing: expected higher or lower, which qualities are better")
    else:
        higher = direction == "higher"
    probe = probe_of(seed, batch, tokens, device)
    costs = Costs(place, Measurement(tokens, probe.device))
    most = CostLimits({name: float(limit) for name, limit in (limits or {}).items()})
    within = None if principles is None else refined_by_file(place, principles)
    pool: Pool = OpenPool(costs, most, within)
    if loaded is not None:
        listed = [one.architecture for one in loaded.records]
        pool = ClosedPool(costs, architectures_inside(within, listed, loaded.name), most)
    source = described_by(place, list(dict.fromkeys((*several(features), SHAPE))), probe, workers, watch)
    return Suggester(
        pool, source, proxy_source(source), higher_is_better=higher, acquisition=acquisition, level=level, seed=seed
    )


def suggest(
    labels: str | Path | Sequence[str | Path] = (),
    *,
    output: str | Path,
    space: str | Path | None = None,
    protocol: str | None = None,
    table: str | Path | Table | None = None,
    direction: Direction | None = None,
    limits: Mapping[str, float] | None = None,
    principles: str | Path | None = None,
    number: int = NUMBER,
    stop: float = STOP,
    acquisition: str = VALUE,
    features: str | Sequence[str] = FEATURES,
    quality: str = "quality",
    level: float = LEVEL,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> SuggestResult:
    """Say what to train next, and write it down: ``lpzero suggest``.

    A folder that is there is gone on with: ``next.csv`` keeps its lines, with what was filled in, and gets new ones.

    Args:
        labels: Files with an architecture and its quality a line, CSV or JSON lines; a line without a quality is
            pending, unless its column ``status`` says how the training failed.
        output: The folder for ``next.csv`` and for ``architectures/KEY/``.
        space: As of :func:`lpzero.suggester`, and so are all that are not named here.
        protocol: Which model an architecture stands for.
        table: A table to replay: what is suggested is labelled by it at once.
        direction: Which qualities are better; without any label, and with a table, nobody has to say.
        limits: The highest costs.
        principles: A file of principles that what is suggested keeps.
        number: Architectures to suggest, at least 1.
        stop: The chance of improvement, from 0 to 1, below which more training is not worth it.
        acquisition: What orders candidates.
        features: What the regression is told.
        quality: The column with the quality.
        level: Confidence level of the intervals.
        seed: Seed of every random choice.
        batch: Sequences of the token batch.
        tokens: Tokens of each sequence.
        device: Where models run.
        workers: Where models are built.
        watch: Told how it goes.

    Raises:
        InputError: A label is not as expected, which names its line; a name is unknown or a value out of its range.
        MissingError: The table or the device is not here.
        NoResultError: Nothing fits the limits, or all that does was tried.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     once = suggest(table="llama-own", number=4, output=home, seed=1)
    ...     again = suggest(table="llama-own", number=4, output=home, seed=1)
    >>> again.labels, again.best.quality <= min(row.quality for row in once.rows)
    (4, True)
    """
    if not 0 <= stop <= 1:
        raise InputError(f"`stop`: expected a probability from 0 to 1, found {stop}")
    if table is not None and labels:
        raise InputError("a `table` says its qualities: expected no `labels` beside it")
    loaded = None if table is None else table if isinstance(table, Table) else load_table(str(table))
    named = several(features)
    asks = suggester(
        space,
        protocol=protocol,
        table=loaded,
        # without labels it does not matter which; with some, what nobody said is asked for below
        direction=direction if direction is not None or loaded is not None else "higher",
        limits=limits,
        principles=principles,
        acquisition=acquisition,
        features=named,
        level=level,
        seed=seed,
        batch=batch,
        tokens=tokens,
        device=device,
        workers=workers,
        watch=watch,
    )
    place, folder = asks.tried.space, SuggestionFolder(Path(output), quality)
    with held(folder.path):
        lines = _told(asks, folder, [Path(one) for one in several(labels)])
        if asks.tried.labelled and direction is None and loaded is None:
            raise InputError("`direction` is missing: a file of `labels` does not say which qualities are better")
        before = asks.tried
        asked = asks.ask(number)
        if not asked.suggestions:
            raise NoResultError(f"all that fits was tried: {len(before.attempts)} architectures: widen the limits")
        known = {} if loaded is None else _qualities(loaded, place)
        new = [_line(one, folder, place, known) for one in asked.suggestions]
        folder.write(place, asked.suggestions, [*lines, *new])
        result = SuggestResult(
            schema_=1,
            space=place.name,
            protocol=place.protocol,
            table=None if loaded is None else loaded.name,
            direction=direction if loaded is None else ("higher" if loaded.higher_is_better else "lower"),
            seed=seed,
            acquisition=acquisition,
            features=list(dict.fromkeys((*named, SHAPE))),
            limits=dict(limits or {}),
            principles=None if principles is None else str(principles),
            labels=len(before.labelled),
            failed=before.failed,
            pending=len(before.pending),
            candidates=asked.candidates,
            left_out=asked.left_out,
            level=level,
            best=_best(asks, before),
            chance=None if asked.chance is None else round(asked.chance, 9),
            threshold=stop,
            worthwhile=None if asked.chance is None else asked.chance >= stop,
            file=str(folder.file),
            rows=[_row(one, line, folder, place) for one, line in zip(asked.suggestions, new, strict=True)],
        )
        folder.keep(result)
    return result


def _space(name: str | Path | None, protocol: str | None, table: Table | None) -> SearchSpace:
    if table is not None:
        return table_space(table, None if name is None else str(name), protocol)
    if name is None:
        raise InputError("`space` is missing: expected the name of a space, a space.toml file, or a `table`")
    return get_space(str(name), protocol)


def _told(asks: Suggester, folder: SuggestionFolder, files: Sequence[Path]) -> list[Line]:
    """Tell what the files say, that of the folder last; the lines of the latter."""
    place = asks.tried.space
    for path in files:
        # the folder's own is read below, whoever names it
        if path.resolve() != folder.file.resolve():
            asks.tell_all(one.attempt for one in read_attempts(path, place, asks.tried, quality=folder.quality))
    lines = folder.lines(place, asks.tried)
    asks.tell_all(one.attempt for one in lines)
    return lines


def _best(asks: Suggester, tried: Tried) -> BestSoFar | None:
    best = max(tried.labelled, key=asks.worth, default=None)
    if best is None or best.quality is None:
        return None
    return BestSoFar(architecture=best.architecture.to_json(), quality=best.quality)


def _qualities(table: Table, space: SearchSpace) -> dict[str, float]:
    """By key of the model: the mean quality of its records."""
    found: dict[str, list[float]] = {}
    for record in table.records:
        found.setdefault(space.model_key(record.architecture), []).append(record.quality)
    return {key: float(np.mean(values)) for key, values in found.items()}


def _line(one: Suggestion, folder: SuggestionFolder, space: SearchSpace, known: Mapping[str, float]) -> Line:
    """The line of a suggestion, with what a replayed table says of it."""
    quality = known.get(space.model_key(one.architecture))
    status = AttemptStatus.PENDING if quality is None else AttemptStatus.OK
    return suggested(one, folder.name(space, one.architecture), Attempt(one.architecture, status, quality))


def _row(one: Suggestion, line: Line, folder: SuggestionFolder, space: SearchSpace) -> SuggestionRow:
    value, low, high, chance = (
        None if number is None else round(number, 9) for number in (one.value, one.low, one.high, one.chance)
    )
    return SuggestionRow(
        id=line.id,
        value=value,
        low=low,
        high=high,
        chance=chance,
        by=one.by,
        quality=line.attempt.quality,
        params=space.parameter_counts(one.architecture)["total"],
        config=folder.configuration(line.id),
    )
