"""``lpzero watch``: follow a run from another terminal, or another machine that sees its folder."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli import options
from lpzero.cli.output import say_report
from lpzero.cli.progress import best_table
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.reporting.watching import Seen

SHORTEST = 0.1


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--every", type=options.Duration(), default="2s", show_default=True, help="How often to look.")
@click.option("--once", is_flag=True, help="Say how far it is, and do not wait for more.")
def watch(run: Path, every: float, once: bool) -> None:
    """Follow RUN, the folder of evolve, enumerate or search, until it is finished: its events, and the best so far.

    It only reads: whoever works there is not disturbed, and may be on another machine. On a terminal the best so far is
    a table that is drawn anew, elsewhere each event is a line.
    """
    from lpzero.reporting.watching import seen

    if every < SHORTEST:
        raise InputError(f"--every: expected at least {SHORTEST:g} s, found {every:g}")
    found = seen(run)
    if once:
        found, every = iter([next(found)]), 0.0
    show = _drawn if sys.stdout.isatty() else _said
    if show(found, lambda: time.sleep(every)) == "finished":
        say_report(run)


def _said(found: Iterable[Seen], wait: Callable[[], None]) -> str:
    """Say each event in a line, and how far it is where that has changed; the last state."""
    facts, state = "", ""
    for one in found:
        state = one.state
        for line in one.said:
            click.echo(line)
        if one.facts and one.facts != facts:
            facts = one.facts
            click.echo(f"{one.state}: {facts}")
        if one.state != "finished":
            wait()
    return state


def _drawn(found: Iterable[Seen], wait: Callable[[], None]) -> str:
    """Draw the best so far anew each time; the last state."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    state, last = "", ""
    with Live(console=Console(), auto_refresh=False) as live:
        for one in found:
            state, last = one.state, one.said[-1] if one.said else last
            lines = [Text(last), Text(f"{one.state}: {one.facts}")]
            live.update(Group(*([best_table(one.best)] if one.best else []), *lines), refresh=True)
            if one.state != "finished":
                wait()
    return state
