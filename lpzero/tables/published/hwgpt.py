"""HW-GPT-Bench: the perplexities of GPT decoders on OpenWebText, published by Sukthanker et al. 2024.

The tables are files of https://github.com/automl/HW-GPT-Bench, described in "HW-GPT-Bench: Hardware-Aware Architecture
Benchmark for Language Models", https://arxiv.org/abs/2405.10299. An architecture was measured as a sub-network of one
trained supernet a scale, with inherited weights, and not trained itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Choices
from lpzero.tables.document import Document, check, shorten
from lpzero.tables.published.plain_pickle import read_plain_pickle
from lpzero.tables.published.registry import registered
from lpzero.tables.table import Record

SPACE = "hwgpt"
_TRACKER = "ppl_observations_tracker_"


class _Strict(Document):
    # A key that we would not carry over would be a choice lost without a word.
    model_config = ConfigDict(extra="forbid")


class _Architecture(_Strict):
    sample_embed_dim: int
    sample_n_layer: int
    sample_layer_indices: list[int]
    # as long as the deepest architecture; what lies behind the depth is not used
    sample_n_head: list[int]
    sample_mlp_ratio: list[int]
    sample_bias: bool


class _Measured(_Strict):
    accuracy: Annotated[float, Field(ge=0, le=1)]
    perplexity: Annotated[float, Field(ge=1)]
    arch: _Architecture


def pattern(scale: str) -> str:
    """The pattern of the files of a scale, ``"s"`` or ``"m"``, in the data folder.

    >>> len(registered(pattern("m")))
    2
    """
    return f"hwgpt/arch_ppl_bench_{scale}/*"


def _architecture(listed: _Architecture, choices: Choices, place: str) -> Architecture:
    depth, deepest = listed.sample_n_layer, choices.depths[-1]
    if depth not in choices.depths:
        expected = ", ".join(map(str, choices.depths))
        raise InputError(f"{place}: sample_n_layer: expected one of {expected}, found {shorten(depth)}")
    if listed.sample_layer_indices != list(range(depth)):
        raise InputError(f"{place}: expected the first {depth} layers, found others in sample_layer_indices")
    lengths = len(listed.sample_n_head), len(listed.sample_mlp_ratio)
    if lengths != (deepest, deepest):
        found = " and ".join(map(str, lengths))
        raise InputError(f"{place}: expected {deepest} values of sample_n_head and sample_mlp_ratio, found {found}")
    whole = {"hidden_size": listed.sample_embed_dim, "bias": listed.sample_bias}
    pairs = zip(listed.sample_n_head[:depth], listed.sample_mlp_ratio[:depth], strict=True)
    return Architecture.of(SPACE, whole, [{"heads": heads, "mlp_ratio": ratio} for heads, ratio in pairs])


def read(data: Path, scale: str) -> tuple[Record, ...]:
    """Read the records of a scale, with the perplexity (lower is better) as their quality.

    A record is named after its file and its place there, ``"0_1000-17"``. An architecture that is there more than once
    is kept once: nothing is drawn between its measurements, so that they agree.

    Args:
        data: The data folder, which holds ``hwgpt/arch_ppl_bench_s/ppl.pkl`` and its like.
        scale: ``"s"`` or ``"m"``, a protocol of the space.

    Raises:
        MissingError: A file is not there.
        InputError: A file is damaged, or is no pickle of plain values; a record is damaged: a key missing, unknown or
            of another type, a perplexity that is no finite number of 1 or more, an architecture outside the space, or
            one that is there before with another perplexity.
    """
    space = get_space(SPACE, scale)
    records: dict[Architecture, Record] = {}
    for place, name, document in _documents(data, scale):
        measured = check(_Measured, document, place)
        architecture = _architecture(measured.arch, space.choices, place)
        try:
            space.validate(architecture)
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
        first = records.setdefault(architecture, Record(name, architecture, measured.perplexity))
        if first.quality != measured.perplexity:
            raise InputError(
                f"{place}: expected the perplexity {first.quality} that record {first.id} has with the same "
                f"architecture, found {measured.perplexity}"
            )
    return tuple(records.values())


def _documents(data: Path, scale: str) -> Iterator[tuple[str, str, Any]]:
    """Where each record is, its name, and what it is."""
    for file in registered(pattern(scale)):
        path = data / file
        documents = read_plain_pickle(path)
        if not isinstance(documents, list):
            raise InputError(f"{path}: expected a list of records, found {type(documents).__name__}")
        part = PurePosixPath(file).stem.removeprefix(_TRACKER)
        for position, document in enumerate(documents):
            yield f"{path}: record {position}", f"{part}-{position}", document
