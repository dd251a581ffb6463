"""Ask what to train next, tell what came of it: nothing that was tried, failed or is pending is suggested again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.belief import believed_quality
from lpzero.acquisition.candidates import candidates
from lpzero.acquisition.choice import Choice, Picked
from lpzero.acquisition.improvement import ACQUISITIONS, VALUE
from lpzero.acquisition.start import shortlist, start_order
from lpzero.acquisition.suggestion import LABELS, START, Batch, Suggestion
from lpzero.errors import InputError, unknown_name
from lpzero.nas.pool import Pool
from lpzero.predictors.conformal import check_level
from lpzero.predictors.description import Describes, Description, Known
from lpzero.predictors.prediction import LEVEL
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture

FIRST = 4
"""Labels before which nothing is made of them: what is suggested follows from counts alone."""
BEST = 4
"""How many of the best labelled architectures are looked near."""


@dataclass(frozen=True)
class _Candidates:
    """Candidates that can be described, and how many were drawn."""

    architectures: Sequence[Architecture]
    described: Sequence[Description]
    drawn: int


class Suggester:
    """Says which architectures to train next, from what came of those that were.

    What it suggests follows from its arguments and from what it was told, in whatever order.

    Args:
        pool: Where architectures come from, within limits.
        source: What describes architectures; ``shape`` has to be among its groups.
        scoring: What scores the first ones, as of :func:`lpzero.acquisition.start.proxy_source`; None for counts alone.
        higher_is_better: The direction of the quality.
        acquisition: What orders candidates: ``"value"``, what is expected of them, or ``"improvement"``, the expected
            improvement, which also tries what little is known of.
        level: Confidence level of the intervals.
        seed: Seed of every random choice, at least 0.

    Attributes:
        tried: All that was asked for or told.
    """

    def __init__(
        self,
        pool: Pool,
        source: Describes,
        scoring: Describes | None = None,
        *,
        higher_is_better: bool,
        acquisition: str = VALUE,
        level: float = LEVEL,
        seed: int = 0,
    ) -> None:
        check_level(level)
        if acquisition not in ACQUISITIONS:
            raise unknown_name("acquisition", acquisition, ACQUISITIONS)
        self._acquisition = acquisition
        self._pool, self._source, self._scoring = pool, source, scoring
        self._higher, self._level, self._seed = higher_is_better, level, seed
        self._descriptions: dict[str, Description] = {}
        self.tried = Tried(pool.space)

    def tell(
        self, architecture: Architecture, quality: float | None = None, status: AttemptStatus | str | None = None
    ) -> None:
        """Say what came of training an architecture, whether it was suggested or not.

        Args:
            architecture: The architecture.
            quality: What was measured; None where the training failed.
            status: Of a training that failed: ``"failed"``, ``"diverged"``, ``"out_of_memory"``, ``"timeout"`` or
                ``"killed"``; ``"pending"`` for one that goes on.

        Raises:
            InputError: The architecture is outside the space, the quality is not finite, neither quality nor status is
                given, or something else was told before.
        """
        if quality is None and status is None:
            raise InputError("expected a quality, or the status of a training that failed, found neither")
        try:
            found = AttemptStatus(status) if status is not None else AttemptStatus.OK
        except ValueError:
            known = ", ".join(one.value for one in AttemptStatus)
            raise InputError(f"`status`: expected one of {known}, found {status!r}") from None
        self.tell_all([Attempt(architecture, found, quality)])

    def tell_all(self, attempts: Iterable[Attempt]) -> None:
        """The same of several; where one is refused nothing is told."""
        self.tried = self.tried.told(attempts)

    def ask(self, number: int = 1) -> Batch:
        """Suggest architectures to train; from now on they are pending.

        Args:
            number: How many, at least 1.

        Raises:
            InputError: The number is below 1.
            NoResultError: Nothing fits the limits.
        """
        if number < 1:
            raise InputError(f"`number`: expected at least 1, found {number}")
        batch = self._batch(number)
        self.tell_all(Attempt(one.architecture, AttemptStatus.PENDING) for one in batch.suggestions)
        return batch

    def _batch(self, number: int) -> Batch:
        rng = np.random.default_rng(derived_seed(self._seed, "suggest", str(len(self.tried.attempts))))
        labelled, pending = self._ordered(self.tried.labelled), self._ordered(self.tried.pending)
        best = sorted(labelled, key=self.worth, reverse=True)[:BEST]
        drawn = candidates(self._pool, self.tried.models, [one.architecture for one in best], rng)
        known = [one.architecture for one in (*labelled, *pending)]
        described = self._described([*known, *drawn])
        told, waiting = described[: len(labelled)], described[len(labelled) : len(known)]
        asked = described[len(known) :]
        rows = [i for i, one in enumerate(told) if not one.reason]
        kept = [i for i, one in enumerate(asked) if not one.reason]
        some = _Candidates([drawn[i] for i in kept], [asked[i] for i in kept], len(drawn))
        if len(rows) < FIRST:
            return self._started(some, number, rng)
        worth = np.array([self.worth(labelled[i]) for i in rows])
        going = [one for one in waiting if not one.reason]
        choice = Choice.of([told[i] for i in rows], worth, going, some.described)
        picks, highest = choice.picks(number, self._acquisition)
        made = tuple(self._suggestion(some.architectures[one.index], choice, one) for one in picks)
        return Batch(made, highest, some.drawn, some.drawn - len(kept))

    def _started(self, some: _Candidates, number: int, rng: np.random.Generator) -> Batch:
        """A batch that follows from counts and the proxy."""
        order = shortlist(some.described, number, rng)
        counted = [some.described[i] for i in order]
        scoring = None if self._scoring is None else self._scoring.describe([some.architectures[i] for i in order])
        first = [order[i] for i in start_order(counted, scoring, rng)[:number]]
        made = tuple(Suggestion(some.architectures[i], None, None, None, None, START) for i in first)
        return Batch(made, None, some.drawn, some.drawn - len(some.described))

    def _described(self, architectures: Sequence[Architecture]) -> list[Description]:
        """What architectures are; what was asked before is not computed again."""
        found = Known(self._source, self._descriptions).describe(architectures)
        self._descriptions |= {one.digest: what for one, what in zip(architectures, found, strict=True)}
        return found

    def _ordered(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """In an order that does not depend on the one in which they were told."""
        return sorted(attempts, key=lambda one: one.architecture.digest)

    def worth(self, attempt: Attempt) -> float:
        """The quality of a labelled attempt, turned so that higher is better."""
        assert attempt.quality is not None
        return attempt.quality if self._higher else -attempt.quality

    def _suggestion(self, architecture: Architecture, choice: Choice, picked: Picked) -> Suggestion:
        """A pick in the unit and direction of the labels."""
        reach = float(stats.norm.ppf((1 + self._level) / 2)) * picked.deviation
        value, *ends = (
            believed_quality(choice.scale, one, higher_is_better=self._higher)
            for one in (picked.mean, picked.mean - reach, picked.mean + reach)
        )
        return Suggestion(architecture, value, min(ends), max(ends), picked.chance, LABELS)
