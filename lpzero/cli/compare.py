"""``lpzero compare``: which of several proxies ranks a table better, and how surely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli import completion, control_options, options
from lpzero.cli.output import as_json, difference, figure, print_grid, print_result
from lpzero.cli.plot_option import plot_option, write_picture
from lpzero.cli.progress import progress_display
from lpzero.cli.rank import print_rows, said_parts
from lpzero.cli.worker_options import worker_options

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.fitness.figures import DifferenceFigures
    from lpzero.proxy.comparison import CompareResult, PairRow


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
@click.option(
    "--initialisations", type=int, default=1, show_default=True, help="Draws of weights and tokens to compare over."
)
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@options.deterministic
@plot_option
@as_json
def compare(
    proxies: tuple[str, ...],
    more: tuple[str, ...],
    table: str,
    protocol: str | None,
    include_seen: bool,
    labels: int | None,
    matched: float,
    initialisations: int,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Compare two or more proxies on a table, pair by pair: over all its architectures and at matched size.

    A PROXY is a formula, the name of a shipped proxy or coded metric, a proxy file, or the folder of a finished run.
    What one of them was chosen on is left out for all. Each difference has its interval, its p-value after Holm's
    correction for all pairs, and the smallest true difference that these architectures show with a probability of .8.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.compare(
            table,
            [*proxies, *more],
            protocol=protocol,
            include_seen=include_seen,
            labels=labels,
            matched=matched,
            initialisations=initialisations,
            seed=seed,
            batch=batch,
            tokens=tokens,
            device=device,
            deterministic=deterministic,
            workers=workers,
            watch=display,
        )
    if as_json:
        print_result(result)
    else:
        _print(result)
    write_picture(plot, result)


def _print(result: CompareResult) -> None:
    print_rows(result)
    for title, found in (("all pairs", _overall), (f"matched size, {result.matched_pairs:,} pairs", _matched)):
        click.echo()
        print_grid(
            [title, "less", "difference", "95 %", "p (Holm)", "p (swap)", "found with .8 from"],
            [[pair.first, pair.second, *_cells(found(pair))] for pair in result.pairs],
        )
    if result.initialisations > 1:
        click.echo()
        print_grid(
            ["over draws", "less", "mean difference", "deviation"],
            [
                [pair.first, pair.second, figure(pair.drawn.mean), figure(pair.drawn.deviation)]
                for pair in result.pairs
                if pair.drawn is not None
            ],
        )
        click.echo()
        print_grid(
            ["", "share of the draw", "agreement of two draws"],
            [
                [row.proxy, figure(row.spread.share), figure(row.spread.agreement)]
                for row in result.scores
                if row.spread is not None
            ],
        )
    click.echo(f"\n{said_parts(result)}, seed {result.seed}, {result.initialisations} draw(s) of weights and tokens")


def _overall(pair: PairRow) -> DifferenceFigures:
    return pair.overall


def _matched(pair: PairRow) -> DifferenceFigures:
    return pair.matched_size


def _cells(found: DifferenceFigures) -> list[str | None]:
    return [*difference(found), figure(found.p_swap), figure(found.detectable)]
