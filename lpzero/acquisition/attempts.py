"""Attempts: architectures that were tried, or are about to be, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables.imports.outcomes import AttemptStatus

__all__ = ["Attempt", "AttemptStatus", "Tried"]


@dataclass(frozen=True)
class Attempt:
    """One architecture that was tried, or is about to be.

    Attributes:
        architecture: The architecture.
        status: What came of it.
        quality: What was measured, finite; None unless the status is ``ok``.
    """

    architecture: Architecture
    status: AttemptStatus
    quality: float | None = None

    def __post_init__(self) -> None:
        """Check that there is a quality where the status says so, and nowhere else, or raise InputError."""
        if self.quality is not None and not math.isfinite(self.quality):
            raise InputError(
                f"expected a finite quality, found {self.quality}: leave it out and say a status such as diverged"
            )
        if (self.quality is not None) != (self.status is AttemptStatus.OK):
            found = "none" if self.quality is None else f"{self.quality:g}"
            wanted = "a quality" if self.status is AttemptStatus.OK else "no quality"
            raise InputError(f"expected {wanted} with the status {self.status.value}, found {found}")

    @property
    def pending(self) -> bool:
        """Whether nothing came of it so far."""
        return self.status is AttemptStatus.PENDING


@dataclass(frozen=True)
class Tried:
    """All attempts of a space.

    Attributes:
        space: What says which architectures are one model.
        attempts: By digest of the architecture, in the order in which they were first told.
    """

    space: SearchSpace
    attempts: Mapping[str, Attempt] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def models(self) -> frozenset[str]:
        """Keys of the models that are labelled, failed or pending."""
        return frozenset(self.space.model_key(one.architecture) for one in self.attempts.values())

    @property
    def labelled(self) -> tuple[Attempt, ...]:
        """The attempts that have a quality."""
        return tuple(one for one in self.attempts.values() if one.status is AttemptStatus.OK)

    @property
    def pending(self) -> tuple[Attempt, ...]:
        """The attempts of which nothing is known so far."""
        return tuple(one for one in self.attempts.values() if one.pending)

    @property
    def failed(self) -> int:
        """How many trainings failed."""
        return len(self.attempts) - len(self.labelled) - len(self.pending)

    def told(self, attempts: Iterable[Attempt]) -> Tried:
        """The same with further attempts; what was pending is replaced by what came of it, and never the other way.

        Raises:
            InputError: An architecture is outside the space, or something else came of it before.
        """
        known = dict(self.attempts)
        for attempt in attempts:
            digest = attempt.architecture.digest
            before = known.get(digest)
            if before is None:
                self.space.validate(attempt.architecture)
            elif attempt.pending or before == attempt:
                continue
            elif not before.pending:
                raise InputError(
                    f"expected {_said(before)}, which was told of the same architecture before, "
                    f"found {_said(attempt)}: keep one of the two, or their mean"
                )
            known[digest] = attempt
        return replace(self, attempts=MappingProxyType(known))


def _said(attempt: Attempt) -> str:
    return f"the status {attempt.status.value}" if attempt.quality is None else f"the quality {attempt.quality:g}"
