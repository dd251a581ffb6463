"""From the text of a phase to what scores: found once, kept in the settings of the run, and found again from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.metrics import is_metric
from lpzero.nas.proof import bundled_recipe
from lpzero.nas.schedule.config import PredictorConfig
from lpzero.nas.schedule.document import TRAINING, PhaseDocument
from lpzero.nas.schedule.predictor import ByFitted, ByProxy, ByTraining, PhasePredictor, shortened
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors import Fitted, LookUp, Source
from lpzero.predictors.labels import labels_of, table_noise
from lpzero.predictors.measured import PREFIX as LOOKUP
from lpzero.predictors.measured import Measured
from lpzero.predictors.store import Document, read_predictor_document, restored
from lpzero.progress import Watch
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.exclusion import chosen_on
from lpzero.proxy.proxy import proxy_names
from lpzero.settings import LARGEST_FILE, read_bounded, read_document, shorten
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES, Table, load_table
from lpzero.tables.load import load_trained


@dataclass(frozen=True)
class Surroundings:
    """What predictors are found and asked in.

    Attributes:
        space: The space of the search.
        probe: What proxies show models.
        corpus: Path of the text to train on; empty where there is none.
        validation: Path of the text to validate on; likewise.
        workers: Where a kept predictor builds models.
        watch: Told how it goes.
    """

    space: SearchSpace
    probe: Probe
    corpus: str
    validation: str
    workers: Workers
    watch: Watch


@dataclass(frozen=True)
class Named:
    """What a phase names.

    Attributes:
        config: What it is, as a run keeps it.
        proxy: The proxy that it is, with where it was found; None for another predictor.
        labels: What a kept predictor was fitted to; empty for another.
    """

    config: PredictorConfig
    proxy: Proxy | None = None
    labels: tuple[Architecture, ...] = ()

    def chosen_on(self, table: Table, space: SearchSpace) -> set[str]:
        """Ids of the records of a table that it was chosen on or fitted to.

        Raises:
            InputError: It was found on this table, and nothing says on which part of it.
        """
        keys = {space.model_key(one) for one in self.labels}
        left_out = {record.id for record in table.records if keys and space.model_key(record.architecture) in keys}
        return left_out if self.proxy is None else left_out | chosen_on(self.proxy, table)


def named(phase: PhaseDocument, folder: Path) -> Named:
    """What a phase of a ``schedule.toml`` names.

    Args:
        phase: The phase.
        folder: That of the file: paths in it begin there.

    Raises:
        InputError: There is no such predictor, table or file, or its direction is given where it has one.
    """
    text = phase.predictor
    if text == TRAINING:
        name = TRAINING if phase.steps is None else f"{TRAINING} ({phase.steps} steps)"
        found = Named(PredictorConfig(kind="training", name=name, text="", higher_is_better=False, steps=phase.steps))
    elif text.startswith(LOOKUP):
        found = Named(_named_lookup(text, folder))
    else:
        place = text if is_metric(text) or text in proxy_names() else _place(text, folder)
        kept = _kept(place)
        found = _named_proxy(load_proxy(place), phase) if kept is None else _named_kept(Path(place), text, kept)
    if phase.direction is not None and found.config.kind != "proxy":
        raise InputError(f"direction: {shorten(text, 60)} has one of its own: expected none beside it")
    return found


def _named_lookup(text: str, folder: Path) -> PredictorConfig:
    """The qualities of a table, or a column that it was published with, named behind a colon."""
    given = text.removeprefix(LOOKUP)
    if not given:
        raise InputError(f"{LOOKUP} expected a table behind the colon, found none")
    name, column = given if given in TABLES else _place(given, folder), ""
    if name == given not in TABLES and ":" in given:
        given, _, column = given.rpartition(":")
        name = given if given in TABLES else _place(given, folder)
    table = load_table(name)
    better = table.beside.column(column).higher_is_better if column else table.higher_is_better
    return PredictorConfig(kind="lookup", name=text, text=name, column=column, higher_is_better=better)


def _named_proxy(proxy: Proxy, phase: PhaseDocument) -> Named:
    """A proxy, under the direction that the phase gives a formula."""
    as_text = proxy.formula is not None and str(proxy.formula) == proxy.name
    if phase.direction is not None and not as_text:
        raise InputError(f"direction: the proxy {proxy.name} has one of its own: expected none beside it")
    higher = proxy.higher_is_better if phase.direction is None else phase.direction == "higher"
    written = proxy.metric or str(proxy.formula)
    return Named(PredictorConfig(kind="proxy", name=proxy.name, text=written, higher_is_better=higher), proxy)


def _named_kept(path: Path, text: str, document: Document) -> Named:
    config = PredictorConfig(
        kind="kept",
        name=f"{document.predictor} of {text}",
        text=str(path),
        higher_is_better=document.higher_is_better,
        sha256=_sha256(path),
    )
    return Named(config, labels=tuple(Architecture.from_json(label) for label in document.labels))


def _place(text: str, folder: Path) -> str:
    """A text, or the whole path where it is one that exists, seen from the folder of the file that it stands in."""
    try:
        path = (folder / text).resolve()
        there = path.exists()
    except (OSError, ValueError, RuntimeError):
        return text
    return str(path) if there else text


def _kept(place: str) -> Document | None:
    """The document of a kept predictor; None where the text is no such file."""
    path = Path(place)
    if not path.is_absolute() or path.suffix != ".json" or not path.is_file():
        return None
    return read_predictor_document(path) if "predictor" in read_document(path) else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(read_bounded(path, LARGEST_FILE).encode()).hexdigest()


def found_again(config: PredictorConfig, around: Surroundings) -> PhasePredictor:
    """What scores, as the settings of a run name it.

    Raises:
        InputError: A kept predictor is damaged, of another space, or another one than when the search began; a table is
            of another space; or nothing is trained in this space.
        MissingError: A table, or the text to train on, is not here.
    """
    if config.kind == "training":
        return _training(config, around)
    if config.kind == "lookup":
        return ByFitted(config, _looked_up(config, around.space))
    if config.kind == "kept":
        return ByFitted(config, _restored(config, around))
    loaded = load_proxy(config.text)
    proxy = Proxy(config.name, loaded.formula, loaded.metric, config.higher_is_better)
    return ByProxy(config, around.space, proxy, around.probe)


def _training(config: PredictorConfig, around: Surroundings) -> ByTraining:
    name, recipe, source = bundled_recipe(around.space, around.corpus, around.validation, f"the predictor {TRAINING}")
    if config.steps is not None and config.steps > recipe.steps:
        raise InputError(
            f"the predictor {TRAINING}: expected at most the {recipe.steps} steps of {name}, found {config.steps}"
        )
    return ByTraining(config, around.space, shortened(recipe, config.steps), source)


def _looked_up(config: PredictorConfig, space: SearchSpace) -> Fitted:
    table, trainings, _ = load_trained(config.text)
    if table.space != space.name:
        raise InputError(f"{config.name}: expected a table of the space {space.name}, found one of {table.space}")
    table.protocol(space.protocol)
    if config.column:
        return Measured.of(table, config.column)
    noise = table_noise(table, trainings, space)
    return LookUp(space).fit(labels_of(table, range(table.n), noise))


def _restored(config: PredictorConfig, around: Surroundings) -> Fitted:
    path = Path(config.text)
    document = read_predictor_document(path)
    if _sha256(path) != config.sha256:
        raise InputError(f"{path}: expected the predictor that the search began with, found another: restore it")
    space = around.space
    if (document.space, document.protocol) != (space.name, space.protocol):
        raise InputError(
            f"{path}: expected a predictor of {space.name}, protocol {space.protocol}, found one of {document.space}, "
            f"protocol {document.protocol}"
        )

    def describing(kept: Document, proxies: tuple[Proxy, ...]) -> Source:
        probe = replace(around.probe, **kept.probe.model_dump())
        return Source(space, tuple(kept.features), proxies, probe, cache_home(), around.workers, around.watch)

    return restored(path, document, space, describing)
