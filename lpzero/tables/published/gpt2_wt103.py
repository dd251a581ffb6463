"""GPT-2-like decoders on WikiText-103: 200 of them, a table of LiteTransformerSearch (:mod:`.lts`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lpzero.tables.published import lts
from lpzero.tables.table import Record

FOLDER = "lts/random_GPT2_wt103"


class _Config(lts.Config):
    n_token: Literal[50264]


SOURCE = lts.UpstreamTable(folder=FOLDER, space="gpt2", config=_Config, cutoffs=(19997, 39997, 199997, 50264))


def read(data: Path) -> tuple[Record, ...]:
    """Read the records from the data folder, which holds ``lts/random_GPT2_wt103``.

    Their quality and the errors are those of :func:`lpzero.tables.published.lts.read`.
    """
    return lts.read(data, SOURCE)
