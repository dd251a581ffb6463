"""The known tables: one row each, from which everything else about them is derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lpzero.errors import unknown_name
from lpzero.tables import flexibert_glue, gpt2_wt103
from lpzero.tables.registry import registered
from lpzero.tables.table import Record


@dataclass(frozen=True)
class TableEntry:
    """What is known about a published table before it is read.

    Attributes:
        name: The name on the command line.
        space: Name of the space of its architectures.
        n: The number of records.
        quality: What was measured.
        unit: Unit of the quality.
        higher_is_better: The direction of the quality.
        description: One line for the list of tables.
        pattern: Matches the paths of its files in a data folder.
        base: Address of the pinned upstream folder, with a slash at the end; it stands where the first
            folder of a path in the data folder does.
        reader: Reads the records from a data folder.
        source: The paper, and the address of the repository.
        licence: Licence of the upstream table.
        notes: Known facts and faults.
    """

    name: str
    space: str
    n: int
    quality: str
    unit: str
    higher_is_better: bool
    description: str
    pattern: str
    base: str
    reader: Callable[[Path], tuple[Record, ...]]
    source: str
    licence: str
    notes: tuple[str, ...]

    @property
    def direction(self) -> str:
        """The direction in words: ``"higher is better"`` or ``"lower is better"``."""
        return "higher is better" if self.higher_is_better else "lower is better"

    @property
    def files(self) -> dict[str, str]:
        """Its files, as path in the data folder -> SHA-256."""
        return registered(self.pattern)

    def address(self, file: str, base: str | None = None) -> str:
        """The address of one file, given by its path in the data folder, upstream or below another base."""
        return (base or self.base) + file.partition("/")[2]


_FLEXIBERT_GLUE = TableEntry(
    name="flexibert-glue",
    space="flexibert",
    n=500,
    quality="GLUE",
    unit="points of 100",
    higher_is_better=True,
    description="BERT-like encoders, mean score over 8 GLUE tasks",
    pattern=flexibert_glue.FILE,
    base="https://raw.githubusercontent.com/aaronserianni/training-free-nas/2d76e01b9586cad7340e8268dadba3056efd070b/data/",
    reader=flexibert_glue.read,
    source="Serianni & Kalita 2023, https://github.com/aaronserianni/training-free-nas",
    licence="CC-BY-4.0",
    notes=(
        "The listed operation types were never trained: the training code compared them by identity, so that "
        "every layer was scaled-dot-product attention with the listed number of heads.",
        "The proxy scores published with the table were computed on models with hidden size 256 and "
        "feed-forward width 1024 for all; 251 of the 500 architectures were trained with hidden size 128.",
        "Nine architectures are listed twice: the standard deviation from run to run is 0.60, against 3.83 "
        "over all, which puts the ceiling of any proxy at a Kendall tau of about .89.",
    ),
)

_GPT2_WT103 = TableEntry(
    name="gpt2-wt103",
    space="gpt2",
    n=200,
    quality="validation perplexity",
    unit="perplexity",
    higher_is_better=False,
    description="GPT-2-like decoders with adaptive embeddings, WikiText-103",
    pattern=f"{gpt2_wt103.FOLDER}/*",
    base="https://raw.githubusercontent.com/microsoft/archai/47770415327900684ed95c0bc9bf7cd0d0047fad/archai/nlp/nas/saved_logs/",
    reader=gpt2_wt103.read,
    source="Javaheripi et al. 2022, https://github.com/microsoft/archai (branch neurips-lts)",
    licence="MIT",
    notes=(
        "The quality is valid_ppl of ppl_summary.yaml, a perplexity per token: lower is better.",
        "The sizes of the adaptive embedding (d_embed, div_val) differ between the architectures and matter.",
        "No architecture is listed twice, so that the noise of training cannot be measured here.",
    ),
)

TABLES: Mapping[str, TableEntry] = MappingProxyType({entry.name: entry for entry in (_FLEXIBERT_GLUE, _GPT2_WT103)})


def get_entry(name: str) -> TableEntry:
    """Look a table up; raises InputError with the known names where there is none of that name."""
    if name not in TABLES:
        raise unknown_name("table", name, TABLES)
    return TABLES[name]
