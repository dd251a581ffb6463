"""Progress of long commands on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from tqdm import tqdm

from lpzero.cli.output import say
from lpzero.evolution.evolution import Progress, State

LINE_EVERY = 5.0
BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left{postfix}"


class ProgressDisplay:
    """Shows one step after another.

    Args:
        terminal: Whether stderr is a terminal; None to ask it.
    """

    def __init__(self, terminal: bool | None = None) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._step = ""
        self._bar: Any = None
        self._begun = self._said = self._first = self._last = 0.0

    def architectures(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` architectures went through a step."""
        self._show(step, done / max(1, total), f"{done}/{total} architectures")

    def note(self, line: str) -> None:
        """A line between the steps."""
        self.close()
        say(line)

    def trainings(self, done: int, total: int) -> None:
        """``done`` of ``total`` trainings are there."""
        self._show("training", done / max(1, total), f"{done}/{total} trainings")

    def counted(self, step: str, done: int, total: int, noun: str) -> None:
        """``done`` of ``total`` other things, such as branches, went through a step."""
        self._show(step, done / max(1, total), f"{done:,}/{total:,} {noun}")

    def formulas(self, progress: Progress) -> None:
        """An island's epoch is complete."""
        best = "none yet" if progress.best is None else f"{progress.best:.3f}"
        facts = f"generation {progress.generation}, {progress.evaluated} formulas, best tau-a {best}"
        self._show("evolving", progress.done, facts)

    def generation(self, state: State, progress: Progress) -> None:  # noqa: ARG002  (an Observer's)
        """An epoch of all islands is complete and saved."""
        self.formulas(progress)

    def close(self) -> None:
        """End the last step."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self, step: str, share: float, facts: str) -> None:
        now = time.monotonic()
        if step != self._step:
            self.close()
            self._step, self._begun, self._said, self._first, self._last = step, now, 0.0, share, 0.0
        if self._terminal:
            if self._bar is None:
                first = round(1000 * share)
                self._bar = tqdm(total=1000, initial=first, desc=step, bar_format=BAR, leave=True, file=sys.stderr)
            self._bar.set_postfix_str(facts, refresh=False)
            self._bar.update(round(1000 * share) - self._bar.n)
        elif now - self._said >= LINE_EVERY or share >= 1.0 > self._last:
            self._said = now
            say(f"{step}: {100 * share:3.0f} %, {facts}{self._left(now, share)}")
        self._last = share

    def _left(self, now: float, share: float) -> str:
        # what a run that goes on found there took none of its time
        if share <= self._first:
            return "" if share < 1 else ", 0 s left"
        return f", {(now - self._begun) * (1 - share) / (share - self._first):.0f} s left"
