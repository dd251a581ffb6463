"""``lpzero principles mine``: what the top of a table has in common."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_grid, print_result, say_report
from lpzero.cli.principles.shown import HEADER, cells, left
from lpzero.cli.progress import progress_display


@click.command("mine")
@click.option(
    "--table", shell_complete=completion.tables, required=True, help="Table of measured qualities: a name or a folder."
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@click.option("--top", default="10%", show_default=True, help="The top: a share such as 10%, or a number of records.")
@click.option(
    "--at-size",
    type=float,
    help="Compare records with those of their size alone: parameters outside the embeddings up to this factor apart, "
    "such as 1.25.",
)
@options.with_default("--keep", 0.95, "Share of the top that stays, at least.")
@options.with_default("--max-shrink", 0.9, "Share of the space that rules may drop, at most.")
@options.with_default("--floor", 0.0, "Share of the space that stays, at least.")
@options.with_default("--most", 8, "Rules, at most.")
@options.with_default(
    "--price", 4.0, "What losing the top by a factor costs in factors of shrinking; 1: the lift alone."
)
@click.option("--output", required=True, type=click.Path(), help="The file to write, .json.")
@options.seed
@as_json
def mine_table(table: str, output: str, as_json: bool, **given: Any) -> None:
    """Mine the rules that the top of a table keeps and much of the rest does not.

    Hard rules filter; those that fewer than 80 % of resamples choose again are soft, and weigh.
    """
    import lpzero
    from lpzero.principles import Principles

    with progress_display() as display:
        result = lpzero.mine_principles(table, output, watch=display, **given)
    if as_json:
        print_result(result)
        say_report(result.path)
        return
    document = Principles.model_validate(result.document)
    print_grid(HEADER, [cells(one) for one in document.principles])
    source = result.source
    click.echo(f"\n{left(result.remaining)}")
    click.echo(
        f"of {source.n} records of {source.table} {source.kept:.1%} stay, of the top {source.top} {source.top_kept:.1%}"
    )
    click.echo(f"seed {result.seed}; kept in {result.path}")
    say_report(result.path)
