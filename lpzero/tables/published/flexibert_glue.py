"""FlexiBERT on GLUE: 500 encoders, trained and published by Serianni & Kalita 2023.

The table is ``BERT_benchmark.json`` of https://github.com/aaronserianni/training-free-nas, described in
"Training-free Neural Architecture Search for RNNs and Transformers", https://arxiv.org/abs/2306.00288.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables.document import Document, check, read_json, shorten
from lpzero.tables.table import Record

FILE = "flexibert/BERT_benchmark.json"


class _Layer(Document):
    # A key of a layer that we would not carry over would be a choice lost without a word.
    model_config = ConfigDict(extra="forbid")

    operation_type: str
    operation_parameter: str | int
    num_operation_heads: int
    feed_forward_dimension: int
    num_feed_forward: int


class _Layers(Document):
    encoder_layers: list[_Layer]


class _Overrides(Document):
    hidden_size: int
    nas_config: _Layers


class _Settings(Document):
    model_hparam_overrides: _Overrides


class _Scores(Document):
    glue: Annotated[float, Field(ge=0, le=100)]


class _Trained(Document):
    id: Annotated[int, Field(ge=0)]
    completed: Literal[True]
    is_running: Literal[False]
    scores: _Scores
    hparams: _Settings


def _architecture(trained: _Trained) -> Architecture:
    overrides = trained.hparams.model_hparam_overrides
    layers = [
        {
            "operation": layer.operation_type,
            "parameter": layer.operation_parameter,
            "heads": layer.num_operation_heads,
            "feed_forward": layer.feed_forward_dimension,
            "feed_forward_layers": layer.num_feed_forward,
        }
        for layer in overrides.nas_config.encoder_layers
    ]
    return Architecture.of("flexibert", {"hidden_size": overrides.hidden_size}, layers)


def _name(document: Any, position: int) -> str:
    identity = document.get("id") if isinstance(document, dict) else None
    return f"record {shorten(identity)}" if isinstance(identity, int) else f"record at position {position}"


def read(data: Path) -> tuple[Record, ...]:
    """Read the records, with the mean GLUE score (points of 100, higher is better) as their quality.

    Args:
        data: The data folder, which holds ``flexibert/BERT_benchmark.json``.

    Raises:
        MissingError: The file is not there.
        InputError: The file is damaged, or a record is: not completed, a key missing or of another type, a
            score that is no finite number between 0 and 100, an id for the second time, an architecture
            outside the space.
    """
    path = data / FILE
    documents = read_json(path)
    if not isinstance(documents, list):
        raise InputError(f"{path}: expected a list of records, found {type(documents).__name__}")
    space = get_space("flexibert")
    records: dict[str, Record] = {}
    for position, document in enumerate(documents):
        place = f"{path}: {_name(document, position)}"
        trained = check(_Trained, document, place)
        record = Record(str(trained.id), _architecture(trained), trained.scores.glue)
        if record.id in records:
            raise InputError(f"{place}: expected every id once, found {record.id} again at position {position}")
        try:
            space.validate(record.architecture)
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
        records[record.id] = record
    return tuple(records.values())
