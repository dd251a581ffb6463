"""What an evolution is set, whatever it evolves on: the settings that islands and their migrations read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Breeding(Protocol):
    """The settings; :class:`lpzero.evolution.config.EvolveConfig` says what each means."""

    @property
    def seed(self) -> int:
        """Of every random choice."""
        ...

    @property
    def grammar(self) -> str:
        """Which formulas are bred."""
        ...

    @property
    def spaces(self) -> Sequence[str]:
        """The spaces of the tables; none where the formulas are not about architectures."""
        ...

    @property
    def operands(self) -> Sequence[str]:
        """Operands of other packages that are drawn."""
        ...

    @property
    def primitives(self) -> Sequence[str]:
        """Primitives of other packages that are drawn."""
        ...

    @property
    def terms(self) -> int:
        """Terms of a weighted sum."""
        ...

    @property
    def max_depth(self) -> int:
        """Deepest formula."""
        ...

    @property
    def max_size(self) -> int:
        """Largest formula, in nodes."""
        ...

    @property
    def islands(self) -> int:
        """Populations that evolve apart."""
        ...

    @property
    def population(self) -> int:
        """Individuals of a generation of one island."""
        ...

    @property
    def generations(self) -> int:
        """Generations behind the first."""
        ...

    @property
    def epoch(self) -> int:
        """Generations between two migrations."""
        ...

    @property
    def migrants(self) -> int:
        """Individuals that migrate."""
        ...

    @property
    def restart_after(self) -> int:
        """Stale generations after which an island is drawn anew; 0 for never."""
        ...

    @property
    def max_evals(self) -> int | None:
        """Most formulas that are evaluated."""
        ...

    @property
    def budget(self) -> float | None:
        """Seconds of evolution."""
        ...

    @property
    def patience(self) -> int | None:
        """Most generations without a better best."""
        ...

    @property
    def select(self) -> str:
        """How parents and survivors are chosen."""
        ...

    @property
    def tournament(self) -> int:
        """Individuals that compete to be a parent."""
        ...

    @property
    def elite(self) -> int:
        """Individuals that survive unchanged."""
        ...

    @property
    def crossover_rate(self) -> float:
        """Probability that a child has two parents."""
        ...

    @property
    def mutation_rate(self) -> float:
        """Probability that a child is mutated."""
        ...

    @property
    def parsimony(self) -> float:
        """Rank correlation that one node more must earn."""
        ...
