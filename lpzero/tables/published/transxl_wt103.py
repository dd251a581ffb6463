"""Transformer-XL decoders on WikiText-103: 200 of them, a table of LiteTransformerSearch (:mod:`.lts`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lpzero.tables.published import lts
from lpzero.tables.table import Record

FOLDER = "lts/random_TransXL_wt103"


class _Config(lts.Config):
    n_token: Literal[267736]
    # Distances are not clamped, and every token sees all those before it.
    clamp_len: Literal[-1]
    same_length: Literal[False]


SOURCE = lts.UpstreamTable(folder=FOLDER, space="transfo-xl", config=_Config, cutoffs=(19997, 39997, 199997, 267736))


def read(data: Path) -> tuple[Record, ...]:
    """Read the records from the data folder, which holds ``lts/random_TransXL_wt103``.

    Their quality and the errors are those of :func:`lpzero.tables.published.lts.read`.
    """
    return lts.read(data, SOURCE)
