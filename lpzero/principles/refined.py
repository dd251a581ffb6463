"""A space within principles: hard rules filter, soft ones weigh, and some draws ask the hard ones alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lpzero.errors import NoResultError
from lpzero.principles.check import hard_rules, refuse_unusable
from lpzero.principles.document import Principles
from lpzero.principles.file import read_principles
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import hold_all, holds
from lpzero.principles.remaining import is_valid
from lpzero.principles.slots import Slots, slots_of
from lpzero.settings import check_settings
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

    def inside(self, architectures: Sequence[Architecture], of: str) -> list[int]:
        """The places of the architectures that the hard rules hold of.

        Args:
            architectures: They have to be in the space.
            of: The table that they are of, for the message.

        Raises:
            NoResultError: The rules hold of none.
        """
        kept = hold_all(hard_rules(self.principles), Columns(self.space, architectures))
        if not kept.any():
            raise NoResultError(f"no architecture of {of} keeps the `principles`: relax one")
        return [int(place) for place in np.flatnonzero(kept)]

    @property
    def document(self) -> dict[str, Any]:
        """What the file says, as plain JSON types."""
        return self.principles.model_dump(mode="json", by_alias=True, exclude_none=True)

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


def refined_by_file(space: SearchSpace, path: str | Path) -> Refined:
    """A space within a file of principles; raises as :func:`refined` and :func:`.file.read_principles` do."""
    return refined(space, read_principles(Path(path)), path)


def refined_by_settings(space: SearchSpace, document: dict[str, Any] | None) -> Refined | None:
    """A space within what the settings of a run keep of a file; None where they keep nothing; raises alike."""
    if document is None:
        return None
    return refined(space, check_settings(Principles, document, source="`principles`"), "`principles`")


def architectures_inside(within: Refined | None, listed: Sequence[Architecture], of: str) -> tuple[Architecture, ...]:
    """The architectures of a table that keep the hard rules, all without any; raises as :meth:`Refined.inside`."""
    return tuple(listed) if within is None else tuple(listed[place] for place in within.inside(listed, of))
