"""Trials: architectures that were tried, or are about to be, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


class TrialStatus(str, Enum):
    """What came of training an architecture: ``ok`` has a quality, ``pending`` is not known yet, all else failed."""

    OK = "ok"
    PENDING = "pending"
    FAILED = "failed"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class Trial:
    """One architecture that was tried, or is about to be.

    Attributes:
        architecture: The architecture.
        status: What came of it.
        quality: What was measured, finite; None unless the status is ``ok``.
    """

    architecture: Architecture
    status: TrialStatus
    quality: float | None = None

    def __post_init__(self) -> None:
        """Check that there is a quality where the status says so, and nowhere else, or raise InputError."""
        if self.quality is not None and not math.isfinite(self.quality):
            raise InputError(
                f"expected a finite quality, found {self.quality}: leave it out and say a status such as diverged"
            )
        if (self.quality is not None) != (self.status is TrialStatus.OK):
            found = "none" if self.quality is None else f"{self.quality:g}"
            wanted = "a quality" if self.status is TrialStatus.OK else "no quality"
            raise InputError(f"expected {wanted} with the status {self.status.value}, found {found}")

    @property
    def pending(self) -> bool:
        """Whether nothing came of it so far."""
        return self.status is TrialStatus.PENDING


@dataclass(frozen=True)
class Tried:
    """All trials of a space.

    Attributes:
        space: What says which architectures are one model.
        trials: By digest of the architecture, in the order in which they were first told.
    """

    space: SearchSpace
    trials: Mapping[str, Trial] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def models(self) -> frozenset[str]:
        """Keys of the models that are labelled, failed or pending."""
        return frozenset(self.space.model_key(one.architecture) for one in self.trials.values())

    @property
    def labelled(self) -> tuple[Trial, ...]:
        """The trials that have a quality."""
        return tuple(one for one in self.trials.values() if one.status is TrialStatus.OK)

    @property
    def pending(self) -> tuple[Trial, ...]:
        """The trials of which nothing is known so far."""
        return tuple(one for one in self.trials.values() if one.pending)

    @property
    def failed(self) -> int:
        """How many trainings failed."""
        return len(self.trials) - len(self.labelled) - len(self.pending)

    def told(self, trials: Iterable[Trial]) -> Tried:
        """The same with further trials; what was pending is replaced by what came of it, and never the other way.

        Raises:
            InputError: An architecture is outside the space, or something else came of it before.
        """
        known = dict(self.trials)
        for trial in trials:
            digest = trial.architecture.digest
            before = known.get(digest)
            if before is None:
                self.space.validate(trial.architecture)
            elif trial.pending or before == trial:
                continue
            elif not before.pending:
                raise InputError(
                    f"expected {_said(before)}, which was told of the same architecture before, found {_said(trial)}: "
                    "keep one of the two, or their mean"
                )
            known[digest] = trial
        return replace(self, trials=MappingProxyType(known))


def _said(trial: Trial) -> str:
    return f"the status {trial.status.value}" if trial.quality is None else f"the quality {trial.quality:g}"
