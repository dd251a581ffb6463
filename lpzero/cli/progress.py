"""Progress of long commands on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.output import say

if TYPE_CHECKING:
    from rich.table import Table

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
        self._live: Any = None
        self._best: tuple[tuple[str, ...], ...] = ()
        self._begun = self._said = self._first = self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show how far a step is."""
        now, step, share = time.monotonic(), progress.step, progress.share
        if step != self._step:
            self.close()
            self._step, self._begun, self._said, self._first, self._last = step, now, 0.0, share, 0.0
        if self._terminal and (progress.best or self._live is not None):
            self._show(progress)
        elif self._terminal:
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
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, step: str, share: float, facts: str) -> None:
        from tqdm import tqdm

        if self._bar is None:
            first = round(1000 * share)
            self._bar = tqdm(total=1000, initial=first, desc=step, bar_format=BAR, leave=True, file=sys.stderr)
        self._bar.set_postfix_str(facts, refresh=False)
        self._bar.update(round(1000 * share) - self._bar.n)

    def _show(self, progress: Progress) -> None:
        """Draw the best so far above the bar."""
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        if self._live is None:
            self.close()
            console = Console(file=sys.stderr, force_terminal=True)
            self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        self._best = progress.best or self._best
        now = time.monotonic()
        said = f"{progress.step} {100 * progress.share:3.0f} %, {progress.facts}{self._left(now, progress.share)}"
        bar = ProgressBar(total=1.0, completed=progress.share)
        self._live.update(Group(best_table(self._best), Text(said), bar), refresh=True)

    def _left(self, now: float, share: float) -> str:
        # what a run that goes on found there took none of its time
        if share <= self._first:
            return "" if share < 1 else ", 0 s left"
        return f", {(now - self._begun) * (1 - share) / (share - self._first):.0f} s left"


def best_table(rows: Sequence[Sequence[str]], most: int = 12) -> Table:
    """A table of the best so far, for a terminal; of many rows the last ones.

    Args:
        rows: Its cells, the header first.
        most: Rows that are shown at most.
    """
    from rich.table import Table
    from rich.text import Text

    header, *others = (rows[0], *rows[1:][-most:])
    table = Table(*header, box=None, pad_edge=False)
    for place, column in enumerate(table.columns):
        column.overflow, column.no_wrap = "ellipsis", True
        # the last one, such as a formula, takes what the others leave
        if place < len(header) - 1:
            column.min_width = max(len(row[place]) for row in (header, *others))
    for row in others:
        # Text, since a formula may hold brackets, which rich would read as markup
        table.add_row(*map(Text, row))
    return table


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
