"""What a language model is asked to estimate, as a value: the quality, its unit, its direction."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

_KINDS = {
    "masked": "masked language model",
    "causal": "causal language model",
    "seq2seq": "translation model of an encoder and a decoder",
}


@dataclass(frozen=True)
class Task:
    """What is estimated.

    Attributes:
        quality: What was measured, such as ``"validation loss"``.
        unit: Its unit; empty where nobody says.
        higher_is_better: Its direction.
    """

    quality: str
    unit: str
    higher_is_better: bool

    @classmethod
    def of(cls, table: Table) -> Task:
        """That of a table. Its name is not told: what a model has read of a published table shall not help it."""
        return cls(table.quality, table.unit, table.higher_is_better)


def kind_of(space: SearchSpace) -> str:
    """What a model of a space is, in words."""
    return _KINDS[space.objective]
