"""``lpzero transfer``: the same proxies on several tables, as one matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lpzero.cli import completion, options
from lpzero.cli.output import MATCHED, as_json, figures, matched, print_grid, print_result, say
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.proxy.transfer import TransferCell, TransferResult


@click.command()
@click.argument("proxies", shell_complete=completion.proxies, nargs=-1, metavar="[PROXY]...")
@click.option(
    "--tables",
    shell_complete=completion.tables,
    multiple=True,
    metavar="TABLE[:PROTOCOL]",
    help="A table, by name or folder; may be repeated.  [default: every known one, in its default protocol]",
)
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@options.deterministic
@as_json
def transfer(
    proxies: tuple[str, ...],
    tables: tuple[str, ...],
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    as_json: bool,
) -> None:
    """Rank several tables with the same proxies and print one matrix.

    A PROXY is a formula, a name, a proxy file, or the folder of a finished run; its direction is the same on every
    table. Without any, every shipped formula that was found on a table is ranked, and the strongest plain counts.
    Scores are exact. A table that is not here is left out, and said on stderr.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.transfer(
            proxies,
            tables,
            seed=seed,
            batch=batch,
            tokens=tokens,
            device=device,
            deterministic=deterministic,
            workers=workers,
            watch=display,
        )
    for row in result.proxies:
        for cell in row.cells:
            if cell.reason and cell.status != "missing":
                say(f"{row.proxy} on {cell.table}: {cell.status}: {cell.reason}")
    if as_json:
        print_result(result)
    else:
        _print(result)
    if not any(cell.status == "ok" for row in result.proxies for cell in row.cells):
        raise NoResultError("no proxy ranks any of the tables")


def _print(result: TransferResult) -> None:
    rows = result.proxies
    titles = [_title(cell) for cell in rows[0].cells]
    click.echo("tau-a, with its 95 % interval")
    print_grid(["proxy", *titles], [[row.proxy, *map(_brief, row.cells)] for row in rows])
    click.echo()
    header = ["proxy", "better", "table", "n", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    header += MATCHED
    lines = [
        [row.proxy, row.direction, _title(cell), cell.n, cell.status, *figures(cell), *matched(cell)]
        for row in rows
        for cell in row.cells
    ]
    print_grid(header, lines)
    click.echo(f"\nseed {result.seed}; * marks the table that a proxy was found on: no test of it")


def _title(cell: TransferCell) -> str:
    return cell.table if cell.protocol is None else f"{cell.table}:{cell.protocol}"


def _brief(cell: TransferCell) -> str:
    if cell.status != "ok" or cell.interval is None:
        return cell.status
    low, high = cell.interval
    return f"{cell.tau_a:.3f} ({low:.3f} to {high:.3f}){'*' if cell.found_here else ''}"
