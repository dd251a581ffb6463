"""``lpzero rank``: how well proxies rank a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli import completion, control_options, options
from lpzero.cli.output import (
    AGAINST,
    MATCHED,
    SHARES,
    against,
    as_json,
    figures,
    print_grid,
    print_result,
    say,
    shares,
)
from lpzero.cli.output import matched as matched_size
from lpzero.cli.plot_option import plot_option, write_picture
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.proxy.comparison import CompareResult
    from lpzero.proxy.rank import ControlRow, RankResult


@click.command()
@click.argument("proxies", shell_complete=completion.proxies, nargs=-1, metavar="[PROXY]...")
@click.option(
    "--proxy", "more", shell_complete=completion.proxies, multiple=True, help="A proxy; the same as an argument."
)
@click.option(
    "--table", shell_complete=completion.tables, required=True, help="Table of measured qualities: a name or a folder."
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@control_options.include_seen
@control_options.labels
@control_options.matched
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@options.deterministic
@plot_option
@as_json
def rank(
    proxies: tuple[str, ...],
    more: tuple[str, ...],
    table: str,
    protocol: str | None,
    include_seen: bool,
    labels: int | None,
    matched: float,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Rank a table with proxies and print their rank correlations beside those of controls.

    A PROXY is a formula, the name of a shipped proxy or coded metric, a proxy file, or the folder of a finished run.
    Without any, every metric of the shape and every shipped formula is ranked. Scores are exact. What a proxy was
    chosen on is left out for all; regressions on the specification get the same labels, or --labels many.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.rank(
            table,
            [*proxies, *more],
            protocol=protocol,
            include_seen=include_seen,
            labels=labels,
            matched=matched,
            seed=seed,
            batch=batch,
            tokens=tokens,
            device=device,
            deterministic=deterministic,
            workers=workers,
            watch=display,
        )
    for row in result.scores:
        if row.reason:
            say(f"{row.proxy}: {row.status}: {row.reason}")
    if as_json:
        print_result(result)
    else:
        _print(result)
    write_picture(plot, result)
    if not any(row.status == "ok" for row in result.scores):
        raise NoResultError(f"no proxy ranks {result.table}")


def _print(result: RankResult) -> None:
    print_rows(result)
    click.echo(f"\n{said_parts(result)}, seed {result.seed}")
    for row in result.scores:
        spread = row.spread
        if spread is not None and spread.share is not None:
            click.echo(
                f"{row.proxy}: of the variance of its ranks {100 * spread.share:.1f} % is the draw of weights and "
                f"tokens ({spread.initialisations} draws, {spread.n} architectures); two draws agree by tau-a "
                f"{spread.agreement:.3f}"
            )


def print_rows(result: RankResult | CompareResult) -> None:
    """Print how proxies rank, beside controls, and the proxies less each control."""
    header = ["", "better", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a", *MATCHED]
    rows = [
        [f"{row.proxy}{' *' if row.in_sample else ''}", row.direction, row.status, *figures(row), *matched_size(row)]
        for row in result.scores
    ]
    named = {row.control: _named(row) for row in result.controls}
    rows += [[named[row.control], "-", "-", *figures(row), *matched_size(row)] for row in result.controls]
    print_grid(header, rows)
    ranked = [(row.proxy, row) for row in result.scores if row.status == "ok"]
    if not ranked:
        return
    click.echo()
    shown = [*ranked, *((row.control, row) for row in result.controls)]
    print_grid(["tau-a", *SHARES], [[name, *shares(row)] for name, row in shown])
    click.echo()
    print_grid(
        ["", "less", *AGAINST],
        [[name, one.control, *against(one.versus)] for name, row in ranked for one in row.against],
    )


def said_parts(result: RankResult | CompareResult) -> str:
    """Which architectures were ranked, and which were not."""
    said = f"{result.table}, protocol {result.protocol}: {result.n} of {result.total} architectures"
    if result.left_out:
        said += f", {result.left_out} left out (a proxy was chosen on them, or they lend labels)"
    if any(row.in_sample for row in result.scores):
        said += "; * in-sample: it was chosen on some of these"
    if not result.labels:
        said += "; no labels for regressions: give --labels"
    return said


def _named(row: ControlRow) -> str:
    chosen = f": {row.what}" if row.what else ""
    return f"control {row.control}{chosen}" + (f" ({row.labels} labels)" if row.labels else "")
