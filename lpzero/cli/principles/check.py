"""``lpzero principles check``: do rules leave anything, how much, and does each of them do something?"""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.cli.principles.shown import left
from lpzero.errors import NoResultError


@click.command("check")
@click.argument("file", type=click.Path())
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="A space.toml or a checkpoint that the rules are about.  [default: the file's]",
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the file's]")
@click.option(
    "--table",
    shell_complete=completion.tables,
    help="See what is kept of this table.  [default: the source, where it is here]",
)
@options.seed
@as_json
def check_file(file: str, as_json: bool, **given: Any) -> None:
    """Check the principles of FILE: against the space, against each other, and on the table that they come from."""
    import lpzero

    result = lpzero.check_principles(file, **given)
    if as_json:
        print_result(result)
    else:
        rows = [
            [
                one.id,
                one.strength,
                one.rule or one.statement,
                None if one.keeps is None else f"{one.keeps:.1%}",
                one.finding,
            ]
            for one in result.principles
        ]
        print_grid(["principle", "strength", "rule", "of the space", "finding"], rows)
        click.echo(f"\n{left(result.remaining)}")
        if result.source is not None:
            of = result.source
            click.echo(f"of {of.n} records of {of.table} {of.kept:.1%} stay, of the top {of.top} {of.top_kept:.1%}")
        click.echo(f"seed {result.seed}")
    if result.status != "ok":
        raise NoResultError(f"{file}: no architecture was found that all hard rules hold of: relax one")
