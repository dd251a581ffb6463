"""Fit a predictor and keep it, and ask a kept one about architectures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lpzero import plugins
from lpzero.api.chosen import Wanted, opened
from lpzero.api.labelled import LabelSource, direction_of
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of, resolve_device
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.brought import BROUGHT, Make, brought
from lpzero.predictors.description import SPEC, TOLD, Known, Source
from lpzero.predictors.kept.brought import KeptBrought, check_keepable
from lpzero.predictors.labels import Named, read_architectures
from lpzero.predictors.prediction import LEVEL, Labelled, Prediction
from lpzero.predictors.prompted import LLM, Asking, Prompt, Task
from lpzero.predictors.regression import MODELS, RIDGE, Regression
from lpzero.predictors.result import FitResult, PredictionRow, PredictResult
from lpzero.predictors.store import Describing, Document, KeptPrompt, read_predictor_document, restored, save
from lpzero.progress import Watch, unwatched
from lpzero.proxy import Proxy
from lpzero.result import Direction
from lpzero.spaces import get_space, space_names
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_trained


def fit_predictor(
    labels: str | Path | None = None,
    *,
    output: str | Path,
    space: str | Path | None = None,
    protocol: str | None = None,
    direction: Direction | None = None,
    table: str | Path | None = None,
    number: int | None = None,
    predictor: str = RIDGE,
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
) -> FitResult:
    """Fit a predictor to a few trainings and keep it: ``lpzero predictor fit``.

    Args:
        labels: A CSV file or JSON lines with an architecture and its quality a line; None for those of a table.
        output: The file to write, ``.json``; its numbers lie beside it as ``.npz``.
        space: The space of the labels, its name or its ``space.toml``.
        protocol: Which model an architecture stands for; None for the first of the space or the table.
        direction: ``"higher"`` or ``"lower"``: which qualities of the file are better.
        table: A table that lends its labels, instead of a file.
        number: How many records of it, drawn by the seed, at least 2; None for all.
        predictor: ``"ridge"``, ``"gp"``, or the name of one that a package brings and a file can keep; or ``"llm"``:
            what a language model is shown is kept, and nobody is asked.
        features: What it is told: some of ``"spec"``, ``"shape"`` and ``"operands"``, and proxies.
        quality: The column of the file with the quality.
        noise: Standard deviation between trainings of one model; None for the table's, or where it is not known.
        level: Confidence level of the intervals.
        seed: Seed of the draw and of untrained models, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: A label is not as expected, which names its line; there are fewer than two; a name is unknown or a
            value out of its range.
        MissingError: The table or the device is not here.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     fitted = fit_predictor(table="gpt2-own", number=12, features="spec", output=f"{home}/ridge.json")
    ...     said = predict(fitted.path, table="gpt2-own")
    >>> fitted.labels, {row.source: row.status for row in said.rows[:3]}
    (12, {'ridge': 'ok'})
    """
    made = None if predictor in (*MODELS, LLM) else brought(predictor)
    if predictor not in (*MODELS, LLM) and made is None:
        kinds = ", ".join((*MODELS, *plugins.names(BROUGHT)))
        raise InputError(f"`predictor`: expected {kinds} or {LLM}, found {predictor!r}: a proxy is a feature")
    place, labelled, task = LabelSource(labels, space, protocol, direction, table, number, quality, noise, seed).read()
    source = described_by(place, features, probe_of(seed, batch, tokens, device), workers, watch)
    if predictor == LLM:
        return _keep_prompt(Path(output), place, labelled, task, replace(source, groups=(SPEC,), proxies=()))
    if made is not None:
        return _keep_brought(Path(output), predictor, made, level, labelled, source)
    # what is kept is what was fitted to: no model is built for it again
    fitted = Regression(predictor, Known.of(source, labelled.architectures), level).fit(labelled)
    save(Path(output), fitted, source)
    return FitResult(
        schema_=1,
        predictor=predictor,
        space=place.name,
        protocol=place.protocol,
        direction=direction_of(higher_is_better=labelled.higher_is_better),
        features=[*source.groups, *(proxy.name for proxy in source.proxies)],
        columns=len(fitted.design.names),
        labels=len(labelled.architectures),
        left_out=len(labelled.architectures) - fitted.described,
        level=level,
        intervals=fitted.conformal.bounded,
        noise=None if labelled.noise is None else round(labelled.noise, 6),
        path=str(output),
    )


def _keep_prompt(path: Path, space: SearchSpace, labelled: Labelled, task: Task, source: Source) -> FitResult:
    """Keep what a language model is shown; nobody is asked."""
    save(path, KeptPrompt(Prompt(space, task, labelled)), source)
    return FitResult(
        schema_=1,
        predictor=LLM,
        space=space.name,
        protocol=space.protocol,
        direction=direction_of(higher_is_better=labelled.higher_is_better),
        features=[SPEC],
        columns=0,
        labels=len(labelled.architectures),
        left_out=0,
        level=LEVEL,
        intervals=False,
        noise=None if labelled.noise is None else round(labelled.noise, 6),
        path=str(path),
    )


def _keep_brought(path: Path, name: str, made: Make, level: float, labelled: Labelled, source: Source) -> FitResult:
    """Fit and keep a predictor that a package brings."""
    predictor = made(Known.of(source, labelled.architectures), level)
    check_keepable(name, predictor)
    save(path, KeptBrought(name, predictor.fit(labelled), labelled, level), source)
    return FitResult(
        schema_=1,
        predictor=name,
        space=source.space.name,
        protocol=source.space.protocol,
        direction=direction_of(higher_is_better=labelled.higher_is_better),
        features=[*source.groups, *(proxy.name for proxy in source.proxies)],
        columns=0,
        labels=len(labelled.architectures),
        left_out=0,
        level=level,
        intervals=None,
        noise=None if labelled.noise is None else round(labelled.noise, 6),
        path=str(path),
    )


def predict(
    predictor: str | Path,
    architectures: str | Path | Sequence[Architecture] = (),
    *,
    table: str | Path | None = None,
    space: str | Path | None = None,
    quality: str = "quality",
    asking: Asking | None = None,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> PredictResult:
    """Ask a kept predictor about architectures: ``lpzero predict``.

    Args:
        predictor: The file that :func:`lpzero.fit_predictor` or :func:`lpzero.distill_predictor` wrote.
        architectures: A CSV file or JSON lines with an architecture a line, or architectures.
        table: A table whose architectures are asked about, instead of these.
        space: Where the space is one of a ``space.toml`` or a checkpoint, its path: the predictor does not say it.
        quality: The column of the file that is not looked at.
        asking: How a language model is asked, where the predictor is one: its file does not say it.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        A row an architecture; what was labelled has the measured quality, what cannot be told a status and no value.

    Raises:
        InputError: The predictor is damaged or of another space, or an architecture is outside the space.
        MissingError: The table, the device or a package that the predictor depends on is not here, or the language
            model cannot be asked.
    """
    path = Path(predictor)
    document = read_predictor_document(path)
    place = space_of_kept(document, space)
    named = _named(architectures, table, place, quality)
    where = resolve_device(device)
    with opened(Wanted(path), asking, watch) as asker:
        fitted = restored(path, document, place, describing_by(place, where, workers, watch), asker)
        said = fitted.predict(named.architectures)
        asked = {} if asker is None else {"asked": asker.figures()}
    return PredictResult(
        **asked,
        schema_=1,
        predictor=fitted.name,
        space=place.name,
        protocol=place.protocol,
        direction=direction_of(higher_is_better=fitted.higher_is_better),
        labels=len(document.labels),
        level=document.level or LEVEL,
        rows=[_row(name, one) for name, one in zip(named.ids, said, strict=True)],
    )


def space_of_kept(document: Document, given: str | Path | None) -> SearchSpace:
    """The space of a kept predictor: a name that it says, or a path that the user does."""
    if given is None and document.space not in space_names():
        raise InputError(f"`space` is missing: expected the path of the space {document.space} that it was fitted on")
    return get_space(document.space if given is None else str(given), document.protocol)


def _named(
    architectures: str | Path | Sequence[Architecture], table: str | Path | None, space: SearchSpace, quality: str
) -> Named:
    if table is not None:
        if architectures:
            raise InputError("expected `architectures` or a `table`, found both")
        measured = load_trained(str(table))[0]
        if measured.space != space.name:
            raise InputError(f"table {measured.name}: expected one of the space {space.name}, found {measured.space}")
        return Named(tuple(r.id for r in measured.records), tuple(r.architecture for r in measured.records))
    if isinstance(architectures, (str, Path)):
        return read_architectures(Path(architectures), space, quality=quality)
    if not architectures:
        raise InputError("`architectures` is missing: expected a file, architectures or a `table`")
    for architecture in architectures:
        space.validate(architecture)
    return Named(tuple(f"architecture-{i + 1}" for i in range(len(architectures))), tuple(architectures))


def describing_by(space: SearchSpace, device: str, workers: Workers, watch: Watch) -> Describing:
    """What describes architectures of a space to a kept predictor."""

    def describing(kept: Document, proxies: tuple[Proxy, ...]) -> Source:
        probe = Probe(**kept.probe.model_dump(), device=device)
        return Source(space, tuple(kept.features), proxies, probe, cache_home(), workers, watch)

    return describing


def _row(name: str, said: Prediction) -> PredictionRow:
    value, low, high = (None if one is None else round(one, 9) for one in (said.value, said.low, said.high))
    several = {} if said.sd is None else {"sd": round(said.sd, 9)}
    return PredictionRow(
        **several,
        id=name,
        value=value,
        low=low,
        high=high,
        status=said.status.value,
        in_support=said.in_support,
        source=said.source,
        reason=said.reason or None,
    )
