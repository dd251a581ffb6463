"""HAT on machine translation: the BLEU of 30 encoder-decoders on each of three tasks, published with LLM-PP.

The tables are files of https://github.com/UBC-NLP/llmas, which belong to Jawahar et al. 2024, "LLM Performance
Predictors are good initializers for architecture search". Each architecture was trained from scratch, and four
supernets were asked for it. The files hold it three times, in three splits of 10 labelled and 20 asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.hat_mt.plan import ENCODER_LAYERS
from lpzero.spaces.space import SearchSpace
from lpzero.tables.document import Document, check, parse_json, shorten
from lpzero.tables.measured import Beside, Column, TableSplit
from lpzero.tables.published.packed_lines import text_lines
from lpzero.tables.table import Record

SPACE = "hat-mt"
SPLITS = ("123", "456", "789")
LABELLED, ASKED = 10, 20
"""Architectures of each split."""
BLEU = "BLEU"
_PARTS = {"train": LABELLED, "test": ASKED}
_FOLDER = "llmpp/train-test_seedarchs"
_LIST = re.compile(r"\[(-?[0-9]{1,6}(?:, -?[0-9]{1,6}){0,5})\]")
_NUMBER = re.compile(r"[0-9]{1,6}")

_ENCODER, _DECODER = "encoder-layer-num", "decoder-layer-num"
_WIDTHS = ("encoder-embed-dim", "decoder-embed-dim")
_OF_ENCODER = ("encoder-ffn-embed-dim", "encoder-self-attention-heads")
_OF_DECODER = (
    "decoder-ffn-embed-dim",
    "decoder-self-attention-heads",
    "decoder-ende-attention-heads",
    "decoder-arbitrary-ende-attn",
)

Count = Annotated[int, Field(gt=0)]


class _Strict(Document):
    model_config = ConfigDict(extra="forbid")


class _Bleu(_Strict):
    test: Annotated[float, Field(ge=0, le=100, alias="test_BLEU")]
    validation: Annotated[float, Field(ge=0, le=100, alias="valid_BLEU")]


class _Scratch(_Bleu):
    arch_info: list[str]
    num_parameters_without_embedding_weights: Count
    num_embedding_parameters: Count
    overall_latency: Annotated[float, Field(gt=0)]
    total_flops: Count
    last_layer_flops: Count
    total_flops_without_last_layer: Count

    @property
    def gflops(self) -> float:
        """Operations in units of 10^9."""
        return self.total_flops / 1e9


class _Row(_Strict):
    scratch: _Scratch
    hat: Annotated[_Bleu, Field(alias="HAT")]
    sandwich: Annotated[_Bleu, Field(alias="Supernet (Sandwich)")]
    layer_wise: Annotated[_Bleu, Field(alias="Layer-wise MoS")]
    neuron_wise: Annotated[_Bleu, Field(alias="Neuron-wise MoS")]


class _Unlabelled(_Strict):
    arch_info: list[str]
    total_flops: Annotated[float, Field(gt=0)]


class _UnlabelledRow(_Strict):
    scratch: _Unlabelled


_SUPERNETS = {
    "hat": ("hat", "the supernet of HAT"),
    "sandwich": ("sandwich", "a supernet trained by the sandwich rule"),
    "layer-wise-mos": ("layer_wise", "the layer-wise mixture of supernets"),
    "neuron-wise-mos": ("neuron_wise", "the neuron-wise mixture of supernets"),
}
"""Name of a column to the key of the row, and what was asked."""


def pattern(task: str) -> str:
    """The pattern of the files of a task in the data folder."""
    return f"{_FOLDER}/*/{task}/*"


def read(data: Path, task: str) -> tuple[Record, ...]:
    """Read the records of a task, with the BLEU on its validation part (higher is better) as their quality.

    They stand in the order of the architectures' digests and are named ``"hat-01"`` to ``"hat-30"``, in every task
    alike: upstream has no names, and another order in each file.

    Args:
        data: The data folder, which holds ``llmpp/train-test_seedarchs/``.
        task: A protocol of the space, such as ``"wmt14ende"``.

    Raises:
        MissingError: A file is not there.
        InputError: A file is damaged; a record is: a key missing, unknown or of another type, a BLEU that is not from 0
            to 100, an architecture outside the space, or counts that are not those of its model; an architecture is
            twice in a split, not in all of them, or there with other numbers; a split has not 10 and 20.
    """
    return tuple(
        Record(f"hat-{number:02d}", architecture, row.scratch.validation)
        for number, (architecture, row) in enumerate(_whole(data, task)[0].items(), start=1)
    )


def read_beside(data: Path, task: str) -> Beside:
    """Read what else was published of the records of :func:`read`, and the splits; it takes and raises the same."""
    rows, splits = _whole(data, task)
    index = {architecture: i for i, architecture in enumerate(rows)}
    return Beside(
        columns=tuple(_columns(list(rows.values()))),
        splits=tuple(
            TableSplit(name, *(tuple(index[one] for one in parts[part]) for part in _PARTS))
            for name, parts in splits.items()
        ),
    )


def _columns(rows: list[_Row]) -> Iterator[Column]:
    def column(name: str, meaning: str, unit: str, values: Iterable[float]) -> Column:
        supernet = name in _SUPERNETS
        costs: Literal["cheap", "expensive"] = "cheap" if unit != BLEU else "expensive"
        return Column(name, meaning, unit, True, costs, supernet, tuple(map(float, values)))

    for name, (key, whose) in _SUPERNETS.items():
        found = [getattr(row, key) for row in rows]
        yield column(name, f"validation BLEU by {whose}", BLEU, (one.validation for one in found))
        yield column(f"{name}-test", f"test BLEU by {whose}", BLEU, (one.test for one in found))
    trained = [row.scratch for row in rows]
    parameters = [one.num_parameters_without_embedding_weights for one in trained]
    yield column("test", "test BLEU", BLEU, (one.test for one in trained))
    yield column("params", "parameters outside the embeddings", "parameters", parameters)
    yield column("gflops", "operations of a pass over 30 tokens", "10^9 operations", (one.gflops for one in trained))
    yield column("latency", "latency, of what machine is not said", "ms", (one.overall_latency for one in trained))


def read_unlabelled(path: Path) -> tuple[Architecture, ...]:
    """Read architectures without measurements: the distillation set of LLM-PP, 500 a file.

    Args:
        path: JSON lines in the upstream form, gzipped where the suffix is ``.gz``.

    Raises:
        MissingError: The file is not there.
        InputError: It is damaged, or an architecture is outside the space.
    """
    space = get_space(SPACE)
    return tuple(
        _architecture(check(_UnlabelledRow, document, place).scratch.arch_info, space, place)
        for place, document in _documents(path)
    )


def _whole(data: Path, task: str) -> tuple[dict[Architecture, _Row], dict[str, dict[str, list[Architecture]]]]:
    """Every architecture once, in the order of the digests; and of each split the architectures of its parts."""
    space = get_space(SPACE, task)
    rows: dict[Architecture, _Row] = {}
    splits: dict[str, dict[str, list[Architecture]]] = {}
    for split in SPLITS:
        splits[split] = {}
        seen: set[Architecture] = set()
        for part, number in _PARTS.items():
            path = data / _FOLDER / split / task / f"{part}.jsonl"
            found = list(_measured(path, space))
            if len(found) != number:
                raise InputError(f"{path}: expected {number} architectures, found {len(found)}")
            for place, architecture, row in found:
                if architecture in seen:
                    raise InputError(f"{place}: expected an architecture once in a split, found it again")
                seen.add(architecture)
                if rows.setdefault(architecture, row) != row:
                    raise InputError(
                        f"{place}: expected what another split says of the architecture, found other numbers"
                    )
            splits[split][part] = [architecture for _, architecture, _ in found]
        if seen != rows.keys():
            folder = data / _FOLDER / split / task
            raise InputError(f"{folder}: expected the architectures of the split {SPLITS[0]}, found another one")
    return dict(sorted(rows.items(), key=lambda pair: pair[0].digest)), splits


def _measured(path: Path, space: SearchSpace) -> Iterator[tuple[str, Architecture, _Row]]:
    """Where each record is, its architecture, and the record."""
    for place, document in _documents(path):
        if isinstance(document, dict) and isinstance(document.get("scratch"), dict):
            # a folder on somebody's machine: it is looked at nowhere
            document["scratch"].pop("sockeye_dir", None)
        row = check(_Row, document, place)
        architecture = _architecture(row.scratch.arch_info, space, place)
        _check_counts(row.scratch, architecture, space, place)
        yield place, architecture, row


def _check_counts(scratch: _Scratch, architecture: Architecture, space: SearchSpace, place: str) -> None:
    """Raise InputError where the published counts are not those of the model that an architecture stands for."""
    table = space.vocabulary * int(architecture["decoder_embed_dim"])
    expected = {
        "num_parameters_without_embedding_weights": space.parameter_counts(architecture)["nonembedding"],
        "num_embedding_parameters": table,
        "total_flops": scratch.last_layer_flops + scratch.total_flops_without_last_layer,
    }
    for name, number in expected.items():
        if getattr(scratch, name) != number:
            raise InputError(
                f"{place}: {name}: expected {number}, as the rest of it says, found {getattr(scratch, name)}"
            )


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in text_lines(path):
        place = f"{path}: line {number}"
        yield place, parse_json(line, place)


def _architecture(lines: list[str], space: SearchSpace, place: str) -> Architecture:
    """The architecture that the ten lines ``name-subtransformer: value`` say."""
    expected = (*_WIDTHS, _ENCODER, _DECODER, *_OF_ENCODER, *_OF_DECODER)
    given: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        known = next((one for one in expected if name in (f"{one}-subtransformer", f"{one}-all-subtransformer")), None)
        if known is None or known in given:
            raise InputError(
                f"{place}: arch_info: expected the 10 hyperparameters of HAT, each once, found {shorten(line)}"
            )
        given[known] = value
    missing = [one for one in expected if one not in given]
    if missing:
        raise InputError(f"{place}: arch_info: expected {missing[0]}, found none")
    single = {name: _single(given[name], f"{place}: {name}") for name in (*_WIDTHS, _ENCODER, _DECODER)}
    if single[_ENCODER] != ENCODER_LAYERS:
        raise InputError(f"{place}: {_ENCODER}: expected {ENCODER_LAYERS}, found {single[_ENCODER]}")
    layers = [
        *_layers(_OF_ENCODER, given, ENCODER_LAYERS, place),
        *_layers(_OF_DECODER, given, single[_DECODER], place),
    ]
    whole = {name.replace("-", "_"): single[name] for name in _WIDTHS}
    architecture = Architecture.of(SPACE, whole, layers)
    try:
        space.validate(architecture)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    return architecture


def _single(text: str, place: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{place}: expected a whole number, found {shorten(text)}")
    return int(text)


def _layers(names: tuple[str, ...], given: dict[str, str], number: int, place: str) -> list[dict[str, int]]:
    """Layers, each with a value of every name."""
    lists = []
    for name in names:
        match = _LIST.fullmatch(given[name])
        values = [int(part) for part in match[1].split(", ")] if match else []
        if len(values) != number:
            raise InputError(
                f"{place}: {name}: expected a list of {number} whole numbers, found {shorten(given[name])}"
            )
        lists.append(values)
    own = [name.replace("-", "_") for name in names]
    return [dict(zip(own, values, strict=True)) for values in zip(*lists, strict=True)]
