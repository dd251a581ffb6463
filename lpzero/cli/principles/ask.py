"""``lpzero principles ask``: principles that a language model proposes and a table decides on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.llm_options import access_options
from lpzero.cli.output import as_json, print_grid, print_result, say_report
from lpzero.cli.principles.shown import HEADER, cells, left
from lpzero.cli.progress import progress_display
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.llm import Access


@click.command("ask")
@click.option(
    "--table", shell_complete=completion.tables, required=True, help="Table of measured qualities: a name or a folder."
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@click.option("--top", default="10%", show_default=True, help="The top: a share such as 10%, or a number of records.")
@click.option("--at-size", type=float, help="Compare records with those of their size alone: a factor such as 1.25.")
@options.with_default("--keep", 0.95, "Share of the top that stays, at least.")
@options.with_default("--max-shrink", 0.9, "Share of the space that rules may drop, at most.")
@options.with_default("--floor", 0.0, "Share of the space that stays, at least.")
@options.with_default("--most", 8, "Rules, at most.")
@options.with_default("--shown", 12, "Architectures of the top, and of the rest, that the model is shown at most.")
@click.option("--or-mine", is_flag=True, help="Mine the table where nothing that the model says survives.")
@click.option("--output", required=True, type=click.Path(), help="The file to write, .json.")
@options.seed
@access_options
@as_json
def ask_model(table: str, output: str, access: Access | None, as_json: bool, **given: Any) -> None:
    """Ask a language model what the top of a table has in common; the table decides what is kept of it.

    A reply takes more than the usual tokens: give --max-tokens 2000.
    """
    import lpzero
    from lpzero.principles import Principles

    if access is None:
        raise InputError("`endpoint` and `model` are missing: expected the address of a server and a model there")
    with progress_display() as display:
        result = lpzero.ask_principles(table, output, access, watch=display, **given)
    if as_json:
        print_result(result)
        say_report(result.path)
        return
    document = Principles.model_validate(result.document)
    print_grid(HEADER, [cells(one) for one in document.principles])
    click.echo()
    for one in document.principles:
        for change in one.history:
            click.echo(f"{one.id} was dropped: {change.reason}")
    told = f": its reply is {result.status}: {result.reason}" if result.reason else ""
    click.echo(f"{result.survived} of {result.proposed} rules of {result.model} survive{told}")
    click.echo(left(result.remaining))
    of = result.source
    click.echo(f"of {of.n} records of {of.table} {of.kept:.1%} stay, of the top {of.top} {of.top_kept:.1%}")
    click.echo(f"seed {result.seed}; kept in {result.path}")
    say_report(result.path)
