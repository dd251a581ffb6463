"""The tables of LiteTransformerSearch, read alike: decoders trained and published by Javaheripi et al. 2022.

A table is a folder of https://github.com/microsoft/archai (branch neurips-lts), described in
"LiteTransformerSearch", https://arxiv.org/abs/2203.02094: a summary of the perplexities, and for each record the
configuration that it was trained with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables.document import Document, check, read_yaml, shorten
from lpzero.tables.table import Record


class _Summary(Document):
    valid_ppl: Annotated[float, Field(ge=1)]


class Config(Document):
    """The configuration of a record; a table adds what is its own, such as the vocabulary."""

    d_model: int
    d_embed: int
    div_val: int
    n_layer: int
    d_inner: list[int]
    n_head: list[int]
    # What every model of the tables has in common, and what the spaces therefore take for granted.
    adaptive: Literal[True]
    cutoffs: list[int]
    tie_weight: Literal[True]
    d_head: Literal[-1]
    attn_type: Literal[0]
    pre_lnorm: Literal[False]
    primer_conv: Literal[False]
    primer_square: Literal[False]


@dataclass(frozen=True)
class UpstreamTable:
    """What one of the tables is.

    Attributes:
        folder: Its folder in a data folder.
        space: Name of the space of its architectures.
        config: The configuration of each record.
        cutoffs: The cutoffs that every configuration gives.
    """

    folder: str
    space: str
    config: type[Config]
    cutoffs: tuple[int, ...]


def _architecture(config: Config, source: UpstreamTable, place: str) -> Architecture:
    if not len(config.d_inner) == len(config.n_head) == config.n_layer:
        found = f"{len(config.d_inner)} and {len(config.n_head)}"
        raise InputError(
            f"{place}: expected n_layer = {shorten(config.n_layer)} values of d_inner and n_head, found {found}"
        )
    if config.cutoffs != list(source.cutoffs):
        raise InputError(f"{place}: cutoffs: expected {list(source.cutoffs)}, found {shorten(config.cutoffs)}")
    whole = {"d_model": config.d_model, "d_embed": config.d_embed, "div_val": config.div_val}
    layers = [{"d_inner": inner, "heads": heads} for inner, heads in zip(config.d_inner, config.n_head, strict=True)]
    return Architecture.of(source.space, whole, layers)


def read(data: Path, source: UpstreamTable) -> tuple[Record, ...]:
    """Read the records, with the validation perplexity (lower is better) as their quality.

    Args:
        data: The data folder, which holds the table's own.
        source: The table.

    Raises:
        MissingError: The summary, or the configuration of a record in it, is not there.
        InputError: A file is damaged: not YAML, a key missing, twice or of another type, a perplexity that
            is no finite number of 1 or more, a model that is not of this table's kind, an architecture
            outside the space.
    """
    folder = data / source.folder
    path = folder / "ppl_summary.yaml"
    summaries = read_yaml(path)
    if not isinstance(summaries, dict):
        raise InputError(f"{path}: expected a mapping of records, found {type(summaries).__name__}")
    space = get_space(source.space)
    records = []
    for name, document in summaries.items():
        match = re.fullmatch(r"(config_[0-9]+)_(j[0-9]+)", str(name))
        if match is None:
            raise InputError(f"{path}: expected records with names such as config_0_j0, found {shorten(str(name))}")
        quality = check(_Summary, document, f"{path}: record {name}").valid_ppl
        file = folder / match[1] / match[2] / "model_config.yaml"
        place = f"{file}: record {name}"
        architecture = _architecture(check(source.config, read_yaml(file), place), source, place)
        try:
            space.validate(architecture)
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
        records.append(Record(match[0], architecture, quality))
    return tuple(records)
