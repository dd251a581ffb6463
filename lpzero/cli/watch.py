"""``lpzero watch``: follow a run from another terminal, or another machine that sees its folder."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli import options
from lpzero.cli.output import say, say_report
from lpzero.cli.progress import best_table
from lpzero.errors import InputError, LpzeroError

if TYPE_CHECKING:
    from lpzero.reporting.watching import Seen

SHORTEST = 0.1


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--every", type=options.Duration(), default="2s", show_default=True, help="How often to look.")
@click.option("--once", is_flag=True, help="Say how far it is, and do not wait for more.")
@click.option(
    "--wait",
    is_flag=True,
    help="Wait for more though nobody works on it, as far as this machine sees: somebody will, or does on another one "
    "whose locks do not reach here.",
)
def watch(run: Path, every: float, once: bool, wait: bool) -> None:
    """Follow RUN, the folder of evolve, enumerate or search, until it is finished: its events, and the best so far.

    It only looks: whoever works there is not disturbed, and may be on another machine. Where nobody works on it, it
    ends with exit code 1 and the command that goes on. On a terminal the best so far is a table that is drawn anew,
    elsewhere each event is a line.
    """
    from lpzero.reporting.watching import seen

    if every < SHORTEST:
        raise InputError(f"--every: expected at least {SHORTEST:g} s, found {every:g}")
    if once and wait:
        raise InputError("--wait has no effect beside --once: expected one of them")
    found = seen(run)
    looks: Iterable[Seen] = [next(found)] if once else _looks(found, run, every, alone=wait)
    last = (_drawn if sys.stdout.isatty() else _said)(looks)
    if last.state == "finished":
        say_report(run)
    elif last.go_on:
        say(f"nobody works on it: {last.go_on}")


def _looks(found: Iterable[Seen], run: Path, every: float, *, alone: bool) -> Iterator[Seen]:
    """Look again and again; raises LpzeroError where nobody works on it in two looks, unless that is allowed."""
    before = ""
    for one in found:
        yield one
        if one.state == "finished":
            return
        # one process may have ended, and another not yet begun, in a single look
        if one.go_on and before and not alone:
            raise LpzeroError(
                f"{run}: expected a process that works on it, found none, and no result: {one.go_on} goes on, --wait "
                "waits for somebody who does"
            )
        before = one.go_on
        time.sleep(every)


def _said(found: Iterable[Seen]) -> Seen:
    """Say each event in a line, and how far it is where that has changed; what was seen last."""
    facts = ""
    for one in found:
        for line in one.said:
            click.echo(line)
        if one.facts and one.facts != facts:
            facts = one.facts
            click.echo(f"{one.state}: {facts}")
    return one


def _drawn(found: Iterable[Seen]) -> Seen:
    """Draw the best so far anew each time; what was seen last."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    last = ""
    with Live(console=Console(), auto_refresh=False) as live:
        for one in found:
            last = one.said[-1] if one.said else last
            lines = [Text(last), Text(f"{one.state}: {one.facts}")]
            live.update(Group(*([best_table(one.best)] if one.best else []), *lines), refresh=True)
    return one
