"""Evaluate formulas on many models, a shard of them at a time: memory does not grow with the number of models.

All formulas are evaluated on a shard before the next one begins, so that what they share is computed once. Values of
layers stay remembered for when more formulas come, those of tensors only while their shard is in turn. Scores are those
of one evaluation of all models at once, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lpzero.engines.fault import lacks_memory
from lpzero.formula.evaluate import MEMORY_LIMIT, Evaluator
from lpzero.formula.formula import Formula
from lpzero.formula.memory import SMALL_SHARE, Memory
from lpzero.formula.values import SketchSource
from lpzero.operands.packed import Packed

SHARD = 256
"""Models of a shard: enough that calls of torch cost little beside their work."""

REMEMBERED = 64
"""Shards whose values stay remembered: of more, each would remember too little to be worth the memory."""


@dataclass(frozen=True)
class Scores:
    """What some formulas give some models.

    Attributes:
        values: (formulas, models) float64, not finite where a formula overflows, NaN where memory ran out.
        exhausted: (formulas,) bool, whether memory ran out.
    """

    values: Tensor
    exhausted: np.ndarray


class ScoresMany(Protocol):
    """Evaluates many formulas on the same models, or replacements."""

    def score_all(self, formulas: Sequence[Formula]) -> Scores:
        """The scores of formulas."""
        ...

    def scores(self, formula: Formula) -> np.ndarray:
        """The scores of one, float64."""
        ...


class ShardedEvaluator:
    """Evaluates formulas on packed sketches.

    Args:
        packed: The sketches; they are never written to.
        device: Where formulas are evaluated; elsewhere than on a CPU a shard is copied there while it is in turn.
        shard: Models of a shard, at least 1; no score depends on it.
        memory_limit: Bytes of remembered parts, of all shards together, at least 0.
    """

    def __init__(
        self, packed: Packed, device: str = "cpu", *, shard: int = SHARD, memory_limit: int = MEMORY_LIMIT
    ) -> None:
        self._packed, self._device = packed, device
        self._parts = [range(first, min(first + shard, packed.models)) for first in range(0, packed.models, shard)]
        # small values of a shard stay while others are in turn: together they take what those of one would
        self._kept = min(len(self._parts), REMEMBERED)
        self._small = int(SMALL_SHARE * memory_limit) // self._kept
        self._limit = memory_limit - (self._kept - 1) * self._small
        self._memories: dict[int, Memory] = {}
        self._turn: tuple[int, Evaluator] | None = None

    @property
    def models(self) -> int:
        """Number of models."""
        return self._packed.models

    def scores(self, formula: Formula) -> np.ndarray:
        """As of :class:`.Evaluator`: (models,) float64; raises alike."""
        found: np.ndarray = self.score_tensor(formula).cpu().numpy()
        return found

    def score_tensor(self, formula: Formula) -> Tensor:
        """The same as a tensor on the device."""
        return torch.cat([self._evaluator(index).score_tensor(formula) for index in range(len(self._parts))])

    def score_all(self, formulas: Sequence[Formula]) -> Scores:
        """The scores of formulas for all models.

        Raises:
            InputError: A formula is no scalar, or needs a tensor's axes.
        """
        values = torch.full((len(formulas), self.models), torch.nan, dtype=torch.float64, device=self._device)
        exhausted = np.zeros(len(formulas), bool)
        for index, part in enumerate(self._parts):
            evaluator = self._evaluator(index)
            for i, formula in enumerate(formulas):
                found = None if exhausted[i] else _scored(evaluator, formula)
                exhausted[i] = found is None
                if found is not None:
                    values[i, part.start : part.stop] = found
        values[torch.from_numpy(exhausted).to(self._device)] = torch.nan
        return Scores(values, exhausted)

    def _evaluator(self, index: int) -> Evaluator:
        """That of one shard, whose turn it is now: nothing of another one but its small values stays in memory."""
        if self._turn is None or self._turn[0] != index:
            if self._turn is not None and self._turn[0] in self._memories:
                self._memories[self._turn[0]].forget_tensors()
            memory = self._memories.get(index, Memory(self._limit, self._small))
            if index < self._kept:
                self._memories[index] = memory
            source = SketchSource(self._packed, self._device, self._parts[index])
            self._turn = index, Evaluator(source, memory=memory)
        return self._turn[1]


def _scored(evaluator: Evaluator, formula: Formula) -> Tensor | None:
    """The scores of one formula; None where memory ran out."""
    try:
        return evaluator.score_tensor(formula)
    except (RuntimeError, MemoryError) as err:
        if not lacks_memory(err):
            raise
        return None
