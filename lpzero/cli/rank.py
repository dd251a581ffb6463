"""``lpzero rank``: how well proxies rank a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lpzero.cli import options
from lpzero.cli.output import SHARES, as_json, figures, print_grid, print_result, say, shares
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.proxy.rank import RankResult


@click.command()
@click.argument("proxies", nargs=-1, metavar="[PROXY]...")
@click.option("--proxy", "more", multiple=True, help="A proxy; the same as an argument.")
@click.option("--table", required=True, help="Table of measured qualities: a name or a folder.")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@options.deterministic
@as_json
def rank(
    proxies: tuple[str, ...],
    more: tuple[str, ...],
    table: str,
    protocol: str | None,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    as_json: bool,
) -> None:
    """Rank a whole table with proxies and print their rank correlations.

    A PROXY is a formula, the name of a shipped proxy or coded metric, a proxy file, or the folder of a finished run.
    Without any, every metric of the shape and every shipped formula is ranked. Scores are exact.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.rank(
            table,
            [*proxies, *more],
            protocol=protocol,
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
    if not any(row.status == "ok" for row in result.scores):
        raise NoResultError(f"no proxy ranks {result.table}")


def _print(result: RankResult) -> None:
    header = ["proxy", "better", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    print_grid(header, [[row.proxy, row.direction, row.status, *figures(row)] for row in result.scores])
    ranked = [row for row in result.scores if row.status == "ok"]
    if ranked:
        click.echo()
        print_grid(["tau-a", *SHARES], [[row.proxy, *shares(row)] for row in ranked])
    where = f"{result.table}, protocol {result.protocol}"
    click.echo(f"\n{where}: all {result.n} architectures, seed {result.seed}")
