"""Callbacks: who wants to hear of a run from inside, and may end it.

They watch: nothing of what a run finds depends on them, but for where it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lpzero.result import Result

STOPPED = "callback"
"""What an evolution says that stopped it, where a callback did."""


@dataclass(frozen=True)
class Generation:
    """A generation of an evolution that has ended.

    Attributes:
        number: Which one, 0 for the first populations.
        evaluated: Formulas evaluated in full so far.
        best: Best tau-a on the search split so far; None before there is one.
        share: Share of the work that is done, in [0, 1].
    """

    number: int
    evaluated: int
    best: float | None
    share: float

    @property
    def figures(self) -> dict[str, float]:
        """Its numbers by name, without those that there are not."""
        numbers = {"evaluated": float(self.evaluated), "best_tau_a": self.best, "share": self.share}
        return {name: value for name, value in numbers.items() if value is not None}


class Callback:
    """Told of an evolution; every method may be left as it is.

    What one raises ends the run, which is kept and goes on with ``resume``. A run that goes on is told of as if it
    began, and of the generations that follow what was kept.

    >>> class Enough(Callback):
    ...     def on_generation_end(self, generation):
    ...         return generation.evaluated > 1000
    >>> bool(Enough().on_generation_end(Generation(3, 1001, 0.7, 0.5)))
    True
    """

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """A run begins, or goes on.

        Args:
            run: Its folder.
            settings: Its settings, as its ``config.json`` has them.
        """

    def on_generation_end(self, generation: Generation) -> bool | None:  # noqa: ARG002  (what others look at)
        """A generation has ended; islands evolve apart, so that those of an epoch are told one behind the other.

        Returns:
            True to end the evolution when its epoch ends; what it has found by then is chosen from and tested.
        """
        return False

    def on_run_stop(self) -> None:
        """The run ends without a result: it failed, or was stopped."""

    def on_run_end(self, result: Result) -> None:
        """The run has its result.

        Args:
            result: As the command prints it.
        """


@dataclass(frozen=True)
class Callbacks:
    """Several as one: each is told everything, in order.

    Attributes:
        each: The callbacks.
    """

    each: Sequence[Callback] = field(default_factory=tuple)

    def begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        """Tell that a run begins."""
        for one in self.each:
            one.on_run_begin(run, settings)

    def generation(self, generation: Generation) -> bool:
        """Tell of a generation; whether anybody wants to stop."""
        # every one is told, whoever wants to stop before it
        wishes = [one.on_generation_end(generation) for one in self.each]
        return any(wishes)

    def stop(self) -> None:
        """Tell that the run ends without a result."""
        for one in self.each:
            one.on_run_stop()

    def end(self, result: Result) -> None:
        """Tell of the result."""
        for one in self.each:
            one.on_run_end(result)
