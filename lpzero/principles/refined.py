"""A space within principles: hard rules filter, soft ones weigh, and some draws ask the hard ones alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lpzero.principles.check import hard_rules, refuse_unusable
from lpzero.principles.document import Principles
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import hold_all, holds
from lpzero.principles.remaining import is_valid
from lpzero.principles.slots import Slots, slots_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.space import SearchSpace

DRAWS = 1000
"""Draws after which nothing that keeps the hard rules is taken to be left."""


@dataclass(frozen=True)
class Refined:
    """A space within principles that are usable there (:func:`refined`).

    Attributes:
        space: The space.
        principles: The principles.
    """

    space: SearchSpace
    principles: Principles = field(repr=False)

    @cached_property
    def _slots(self) -> Slots:
        return slots_of(self.space.choices, declared(self.space), hard_rules(self.principles))

    @cached_property
    def _heaviest(self) -> float:
        return float(np.prod([max(1.0, one.weight or 1.0) for one in self.principles.soft]))

    def holds(self, architecture: Architecture) -> bool:
        """Whether every hard rule holds of an architecture of the space."""
        return bool(hold_all(hard_rules(self.principles), Columns(self.space, [architecture]))[0])

    def weight(self, architecture: Architecture) -> float:
        """How many times as often an architecture is drawn as one that keeps no soft rule."""
        columns = Columns(self.space, [architecture])
        kept = [
            one.weight or 1.0 for one in self.principles.soft if one.rule is not None and holds(one.rule, columns)[0]
        ]
        return float(np.prod(kept))

    def draw(self, rng: np.random.Generator) -> Architecture | None:
        """Draw an architecture that keeps the hard rules, more often one that keeps soft ones; None after 1,000 tries.

        A share of draws, ``explore`` of the file, does not ask the soft rules.
        """
        if not any(self._slots.shares):
            return None
        exploring = not self.principles.soft or rng.random() < self.principles.explore
        free = isinstance(self.space, ChoiceSpace)
        for _ in range(DRAWS):
            found = self._slots.draw(rng)
            if not (free or is_valid(self.space, found)) or not self._keeps_rest(found):
                continue
            if exploring or rng.random() * self._heaviest < self.weight(found):
                return found
        return None

    def _keeps_rest(self, architecture: Architecture) -> bool:
        rest = list(self._slots.rest)
        return not rest or bool(hold_all(rest, Columns(self.space, [architecture]))[0])


def refined(space: SearchSpace, principles: Principles, place: object) -> Refined:
    """A space within principles.

    Args:
        space: The space.
        principles: What a file says.
        place: The file, for messages.

    Raises:
        InputError: The principles are about another space, a rule says nothing of it, or hard rules contradict each
            other.
    """
    refuse_unusable(principles, space, str(place))
    return Refined(space, principles)
