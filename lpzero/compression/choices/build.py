"""Make a table of choices of a checkpoint: measure single replacements, and keep what its units do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

import torch
from torch import nn

from lpzero.compression.calibration import read_texts
from lpzero.compression.choices.listing import Part, parts_of
from lpzero.compression.choices.measuring import job_of, measure, measure_missing
from lpzero.compression.choices.table import (
    CARD,
    KIND,
    RECORDS,
    SCHEMA,
    UNITS,
    Card,
    ChoicesTable,
    Record,
    read_choices,
    record_lines,
    stream_file,
    units_file,
)
from lpzero.compression.choices.units import INPUTS, OUTPUTS, look
from lpzero.compression.choosing.importance import get_importance, scores_of
from lpzero.compression.choosing.measured import Kept, Measuring, Replacement, digest_of, origin_of
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.compression.texts import (
    Tokens,
    Windows,
    check_context,
    check_ids,
    read_tokenizer,
    to_predict,
    tokenised,
    windows,
)
from lpzero.engines import Engine, Serial, single_threaded
from lpzero.errors import InputError, LpzeroError
from lpzero.files import held, write_bytes, write_json, write_text
from lpzero.operands.units import UNIT_OPERANDS
from lpzero.progress import Progress, Watch, counting, unwatched
from lpzero.settings import read_document

MEASURED, ORIGIN = "measured.jsonl", "origin.json"
ORDER = "wanda"
FORMAT = torch.bfloat16
"""Products of 8 bits differ by no more than noise between windows, and take half the room."""


@dataclass(frozen=True)
class ChoicesSettings:
    """How a table of choices is made.

    Attributes:
        windows: Windows of the text, the first ones, at least 2.
        context: Tokens of each, at least 2.
        widths: Widths of a feed-forward to measure, none among them, at least 1.
        layers: Which layers are cut; none for all of them.
        device: Where the model runs.
        seed: Of labels that are drawn, at least 0.

    Raises:
        InputError: A number is out of its range.
    """

    windows: int = 4
    context: int = 256
    widths: int = 8
    layers: tuple[int, ...] = ()
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("windows", 2), ("context", 2), ("widths", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise InputError(f"`{name}`: expected at least {least}, found {getattr(self, name)}")


@dataclass(frozen=True)
class _Asked:
    """A checkpoint and the windows that it is asked."""

    checkpoint: Path
    device: str
    model: nn.Module
    layout: Layout
    windows: Windows
    tokens: Tokens
    digest: str


def build_choices(
    checkpoint: Path,
    calibration: Path,
    output: Path,
    settings: ChoicesSettings = ChoicesSettings(),
    *,
    name: str | None = None,
    engine: Engine | None = None,
    watch: Watch = unwatched,
) -> ChoicesTable:
    """Measure what single replacements cost a checkpoint, beside what its units do.

    Each part of each layer is cut by nested sets of units: a feed-forward to some widths, attention to any number of
    groups below all. Only layers from the cut one on run again. Each divergence is kept the moment that it is known:
    the same call goes on where one was stopped.

    Args:
        checkpoint: A folder as transformers saves a language model, with safetensors and tokenizer.
        calibration: A file of UTF-8 text, of which the first windows are looked at, and never the last tenth.
        output: The folder of the table: a new one, or one that this began.
        settings: How.
        name: Its name; None for that of the folder.
        engine: Where replacements are measured; None for this process. No record depends on it.
        watch: Told how it goes.

    Raises:
        InputError: The checkpoint cannot be cut, the text is not usable, or the folder is of another table.
        LpzeroError: A replacement could not be measured, or the folder cannot be written.
    """
    _check_folder(output)
    with held(output):
        shown = _asked(checkpoint, calibration, settings)
        origin = origin_of(shown.digest, shown.tokens.sha256, shown.windows)
        kept = Kept(output / MEASURED, origin)
        parts = _parts(shown, settings)
        with _writing(output):
            _keep_origin(output / UNITS / ORIGIN, {**origin, "seed": settings.seed, "format": str(FORMAT)})
            _write_units(shown, parts, output, settings, watch)
        records = _measured(shown, parts, kept, engine or Serial(), watch)
        with _writing(output):
            lines = record_lines(records)
            write_text(output / RECORDS, lines)
            card = _card(shown, settings, name or output.resolve().name, len(records), lines)
            write_json(output / CARD, card.model_dump(mode="json", by_alias=True))
    return read_choices(output)


def _check_folder(folder: Path) -> None:
    """Raise InputError where a folder is neither new nor one that this command began."""
    if (folder / MEASURED).is_file() or not folder.exists():
        return
    if not folder.is_dir() or any(not one.name.startswith(".") for one in folder.iterdir()):
        raise InputError(f"{folder}: expected a new folder or one that this command began, found neither")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one line that a folder cannot be written, where that is so."""
    try:
        yield
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err


def _asked(checkpoint: Path, calibration: Path, settings: ChoicesSettings) -> _Asked:
    name, text = read_texts(calibration, ()).calibration
    model = load_checkpoint(checkpoint, settings.device)
    layout = read_layout(model)
    check_context(settings.context, model.config)
    tokenizer = read_tokenizer(checkpoint)
    tokens = check_ids(tokenised(tokenizer, text, name), model.config)
    ids = windows(tokens, settings.windows, settings.context)
    mask = getattr(tokenizer, "mask_token_id", None)
    asked = to_predict(name, ids, layout.objective, mask, settings.seed)
    return _Asked(checkpoint, settings.device, model, layout, asked, tokens, digest_of(checkpoint))


def _parts(shown: _Asked, settings: ChoicesSettings) -> tuple[Part, ...]:
    products = unit_products(shown.model, shown.layout, shown.windows, seed=settings.seed)
    scores = scores_of(get_importance(ORDER), shown.model, shown.layout, products)
    beyond = [layer for layer in settings.layers if not 0 <= layer < shown.layout.depth]
    if beyond:
        raise InputError(f"`layers`: expected layers from 0 to {shown.layout.depth - 1}, found {beyond[0]}")
    every = parts_of(shown.layout, scores, settings.widths)
    return tuple(part for part in every if not settings.layers or part.layer in settings.layers)


def _measured(shown: _Asked, parts: Sequence[Part], kept: Kept, engine: Engine, watch: Watch) -> list[Record]:
    every = [one for part in parts for one in part.replacements]
    # parts are in the order of layers, and the first layers take longest: no worker begins with one in the end
    missing = [one for one in every if kept.get(one) is None]
    present = len(every) - len(missing)
    tell = counting(watch, "measuring", "replacements")
    tell(present, len(every))
    if missing:
        measured = _divergence(shown, engine)
        measure_missing(missing, measured, engine, kept, lambda done: tell(present + done, len(every)))
    return [
        Record(layer=part.layer, part=part.kind, removed=part.order[:number], divergence=_known(kept, one))
        for part in parts
        for number, one in zip(part.removed, part.replacements, strict=True)
    ]


def _divergence(shown: _Asked, engine: Engine) -> Callable[[Replacement], float]:
    """What measures a replacement: with the model that is here, unless there are workers, who read it themselves."""
    if engine.name == "serial":
        with single_threaded():
            return Measuring(shown.model, shown.layout, shown.windows).divergence
    return partial(measure, job_of(shown.checkpoint, shown.digest, shown.device, shown.windows))


def _known(kept: Kept, one: Replacement) -> float:
    divergence = kept.get(one)
    assert divergence is not None
    return divergence


def _keep_origin(path: Path, origin: dict[str, object]) -> None:
    """Keep what arrays follow from; raises InputError where those that are there follow from something else."""
    if path.is_file() and read_document(path) != origin:
        raise InputError(f"{path}: expected units of this checkpoint, text and seed, found others: name a new folder")
    write_json(path, origin)


def _write_units(shown: _Asked, parts: Sequence[Part], output: Path, settings: ChoicesSettings, watch: Watch) -> None:
    """Write what the units do, unless that is there: each file is whole or not there."""
    from safetensors.torch import save

    paths = [output / UNITS / units_file(part.layer, part.kind) for part in parts]
    if all(path.is_file() for path in paths):
        return
    watch(Progress("looking at units", 0.0, f"{len(shown.windows.inputs)} windows"))
    arrays = frozenset(name for name, row in UNIT_OPERANDS.items() if row.axes)
    every = look(shown.model, shown.layout, shown.windows, arrays=arrays, dtype=FORMAT, seed=settings.seed)
    for one in every:
        if one.layer not in {part.layer for part in parts}:
            continue
        stream = {name: array.contiguous() for name, array in one.arrays.items() if name in (INPUTS, OUTPUTS)}
        own = {name: array.contiguous() for name, array in one.arrays.items() if name not in stream}
        write_bytes(output / UNITS / stream_file(one.layer), save(stream))
        write_bytes(output / UNITS / units_file(one.layer, one.kind), save(own))


def _card(shown: _Asked, settings: ChoicesSettings, name: str, number: int, lines: str) -> Card:
    layout = shown.layout
    return Card(
        kind=KIND,
        schema=SCHEMA,
        name=name,
        checkpoint=shown.checkpoint.resolve().name,
        checkpoint_sha256=shown.digest,
        family=layout.family,
        depth=layout.depth,
        width=layout.width,
        groups=layout.groups,
        neurons=layout.neurons,
        text=shown.tokens.name,
        text_sha256=shown.tokens.sha256,
        windows=(shown.windows.inputs.shape[0], shown.windows.inputs.shape[1]),
        predicted=shown.windows.predicted,
        seed=settings.seed,
        order=ORDER,
        quality="KL of the cut model's predictions from the full one's",
        unit="nats a token",
        number_format=str(FORMAT).removeprefix("torch."),
        versions={library: metadata.version(library) for library in ("lpzero", "torch", "transformers")},
        records=number,
        records_sha256=hashlib.sha256(lines.encode()).hexdigest(),
    )
