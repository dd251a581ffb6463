"""Progress of long commands on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.output import say

if TYPE_CHECKING:
    from lpzero.progress import Progress

LINE_EVERY = 5.0
BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left{postfix}"
DISPLAY = "lpzero.display"


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

    def __call__(self, progress: Progress) -> None:
        """Show how far a step is."""
        now, step, share = time.monotonic(), progress.step, progress.share
        if step != self._step:
            self.close()
            self._step, self._begun, self._said, self._first, self._last = step, now, 0.0, share, 0.0
        if self._terminal:
            self._draw(step, share, progress.facts)
        elif now - self._said >= LINE_EVERY or share >= 1.0 > self._last:
            self._said = now
            say(f"{step}: {100 * share:3.0f} %, {progress.facts}{self._left(now, share)}")
        self._last = share

    def close(self) -> None:
        """End the last step."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _draw(self, step: str, share: float, facts: str) -> None:
        from tqdm import tqdm

        if self._bar is None:
            first = round(1000 * share)
            self._bar = tqdm(total=1000, initial=first, desc=step, bar_format=BAR, leave=True, file=sys.stderr)
        self._bar.set_postfix_str(facts, refresh=False)
        self._bar.update(round(1000 * share) - self._bar.n)

    def _left(self, now: float, share: float) -> str:
        # what a run that goes on found there took none of its time
        if share <= self._first:
            return "" if share < 1 else ", 0 s left"
        return f", {(now - self._begun) * (1 - share) / (share - self._first):.0f} s left"


@contextmanager
def progress_display() -> Iterator[ProgressDisplay]:
    """Show progress inside the block; what a job logs there ends the bar that it would cut through."""
    meta = click.get_current_context().meta
    display = meta[DISPLAY] = ProgressDisplay()
    try:
        yield display
    finally:
        display.close()
        del meta[DISPLAY]
