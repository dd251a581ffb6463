"""A cost: one number of one architecture, what it counts, and how it is measured where a pass is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lpzero.operands.defaults import TOKENS
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

CostName = Literal["params", "nonembedding", "bytes", "flops", "memory", "latency"]


@dataclass(frozen=True)
class Measurement:
    """How costs are measured that need a pass: one sequence at a time, on one thread of a CPU or on a CUDA device.

    Attributes:
        tokens: Tokens of the sequence, at least 2; operations a token are counted at this length as well.
        device: ``"cpu"`` or ``"cuda"``.
    """

    tokens: int = TOKENS
    device: str = "cpu"


@dataclass(frozen=True)
class CostValue:
    """One cost of one architecture.

    Attributes:
        value: The cost.
        interval: Where it was measured more than once, the ends of its confidence interval of 95 %.
    """

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Cost:
    """One row of the table of costs.

    Attributes:
        name: The word in options and documents.
        unit: What it counts.
        meaning: One line for people.
        of: The cost of an architecture.
        measured: Whether a model is built and run for it.
    """

    name: CostName
    unit: str
    meaning: str
    of: Callable[[SearchSpace, Architecture, Measurement], CostValue]
    measured: bool = False
