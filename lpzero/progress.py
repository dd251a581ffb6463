"""How far a job is: what it tells whoever asked for it, and what nobody has to listen to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far one step of a job is.

    Attributes:
        step: The name of the step.
        share: How much of it is done, in [0, 1].
        facts: What is done, for people.
        best: The best so far as a table, its header first; empty where a step has none, or nothing new.
    """

    step: str
    share: float
    facts: str
    best: tuple[tuple[str, ...], ...] = field(default=(), repr=False)


Watch = Callable[[Progress], None]
"""Told of every progress; it may raise, which ends the job."""


def unwatched(progress: Progress) -> None:
    """Tell nobody."""
    del progress


def counting(watch: Watch, step: str, noun: str = "architectures") -> Callable[[int, int], None]:
    """What a step calls with (things done, things to do).

    Args:
        watch: Told of it.
        step: The name of the step.
        noun: What the things are.

    >>> counting(print, "scoring")(1, 4)
    Progress(step='scoring', share=0.25, facts='1/4 architectures')
    """

    def tell(done: int, total: int) -> None:
        watch(Progress(step, done / max(1, total), f"{done:,}/{total:,} {noun}"))

    return tell
