"""What is known about a table before it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lpzero.tables.measured import Beside
from lpzero.tables.published.registry import registered
from lpzero.tables.table import Record


@dataclass(frozen=True)
class Published:
    """Where the files of a published table are.

    Attributes:
        pattern: Matches their paths in a data folder.
        base: Address of the pinned upstream folder, with a slash at the end; it stands where the first
            folder of a path in the data folder does.
        reader: Reads the records from a data folder.
        beside: Reads what else they were published with; None where it is nothing that is carried over.
    """

    pattern: str
    base: str
    reader: Callable[[Path], tuple[Record, ...]]
    beside: Callable[[Path], Beside] | None = None

    @property
    def files(self) -> dict[str, str]:
        """The files, as path in the data folder -> SHA-256."""
        return registered(self.pattern)

    def address(self, file: str, base: str | None = None) -> str:
        """The address of one file, given by its path in the data folder, upstream or below another base."""
        return (base or self.base) + file.partition("/")[2]


@dataclass(frozen=True)
class TableEntry:
    """What is known about a table before it is read.

    Attributes:
        name: The name on the command line.
        space: Name of the space of its architectures.
        protocols: The protocols of the space that its architectures may stand for, the default first.
        n: The number of records.
        quality: What was measured.
        unit: Unit of the quality.
        higher_is_better: The direction of the quality.
        description: One line for the list of tables.
        published: Where its files are; None for a table that comes with the package.
        source: The paper, and the address of the repository.
        licence: Licence of the table.
        notes: Known facts and faults.
        records_sha256: SHA-256 of the uncompressed records of a table that comes with the package, as its card has
            it; None for a published one, whose files are in the registry.
    """

    name: str
    space: str
    protocols: tuple[str, ...]
    n: int
    quality: str
    unit: str
    higher_is_better: bool
    description: str
    published: Published | None
    source: str
    licence: str
    notes: tuple[str, ...]
    records_sha256: str | None = None

    @property
    def direction(self) -> str:
        """The direction in words: ``"higher is better"`` or ``"lower is better"``."""
        return "higher is better" if self.higher_is_better else "lower is better"
