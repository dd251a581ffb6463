"""A performance table: architectures with the quality that each one reached when it was trained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.registry import get_space
from lpzero.tables.measured import Beside

if TYPE_CHECKING:
    from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Record:
    """One trained architecture.

    Attributes:
        id: The name that the upstream table gives it; unique in its table.
        architecture: What was trained, as listed.
        quality: What was measured, a finite number in the table's unit and direction.
    """

    id: str
    architecture: Architecture
    quality: float


@dataclass(frozen=True)
class Table:
    """Trained architectures of one space, in the order of the upstream table.

    Attributes:
        name: The name on the command line, such as ``"flexibert-glue"``.
        space: Name of the space of every architecture.
        protocols: The protocols of the space that the architectures may stand for, the default first.
        quality: What was measured, such as ``"GLUE"``.
        unit: Unit of the quality, such as ``"points of 100"``.
        higher_is_better: The direction of the quality; :attr:`oriented` is the one place that applies it.
        records: The trained architectures.
        source: The paper and the address that the table comes from.
        licence: Licence of the upstream table.
        notes: Known facts and faults, one sentence or two each.
        reference: What finds the space, where that is not its name: the path of the file that the table keeps of it.
        beside: What was published beside the qualities.
    """

    name: str
    space: str
    protocols: tuple[str, ...]
    quality: str
    unit: str
    higher_is_better: bool
    records: tuple[Record, ...]
    source: str
    licence: str
    notes: tuple[str, ...]
    reference: str = ""
    beside: Beside = field(default_factory=Beside)

    @property
    def n(self) -> int:
        """The number of records."""
        return len(self.records)

    def protocol(self, asked: str | None) -> str:
        """The protocol that was asked for, or the table's default.

        Raises:
            InputError: The architectures of the table do not stand for it: their qualities are those of other models.
        """
        if asked is None:
            return self.protocols[0]
        if asked not in self.protocols:
            expected = ", ".join(self.protocols)
            raise InputError(f"table {self.name} was measured on other models than {asked!r}: expected {expected}")
        return asked

    def search_space(self, asked: str | None = None) -> SearchSpace:
        """The space whose models the architectures stand for, under the protocol that was asked for or the default.

        Raises:
            InputError: As :meth:`protocol` does, or the space is not found.
        """
        return get_space(self.reference or self.space, self.protocol(asked))

    @property
    def qualities(self) -> npt.NDArray[np.float64]:
        """The measured qualities in the table's own unit and direction, a fresh array ``(n,)``."""
        return np.array([record.quality for record in self.records], dtype=np.float64)

    @property
    def oriented(self) -> npt.NDArray[np.float64]:
        """The qualities turned so that higher is better, a fresh array ``(n,)``."""
        return self.qualities if self.higher_is_better else -self.qualities

    def duplicates(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the records that list exactly the same architecture: each group has two or more.

        The qualities inside a group differ by the noise of training alone.
        """
        members: dict[Architecture, list[int]] = {}
        for index, record in enumerate(self.records):
            members.setdefault(record.architecture, []).append(index)
        return tuple(tuple(group) for group in members.values() if len(group) > 1)

    def groups(self, space: SearchSpace) -> npt.NDArray[np.int64]:
        """Label the records by the model that the space's protocol builds: the same model, the same label.

        Records that list different architectures share a label where the protocol builds one model from them.
        A split that keeps labels together has no model on both sides.

        Args:
            space: The space of the table, under the protocol in question.

        Returns:
            Labels ``(n,)``, counted from 0 in the order of first appearance.
        """
        labels: dict[str, int] = {}
        keys = (space.model_key(record.architecture) for record in self.records)
        return np.array([labels.setdefault(key, len(labels)) for key in keys], dtype=np.int64)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON text of the records, 64 hexadecimal digits."""
        document = [[record.id, record.architecture.to_json(), record.quality] for record in self.records]
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
