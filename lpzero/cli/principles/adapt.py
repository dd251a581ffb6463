"""``lpzero principles adapt``: principles after new results."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_grid, print_json
from lpzero.cli.principles.shown import HEADER, cells


@click.command("adapt")
@click.argument("file", type=click.Path())
@click.option("--results", required=True, help="What this run trained: the folder of a table.")
@click.option("--output", required=True, type=click.Path(), help="The file to write, .json; FILE stays as it is.")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="A space.toml or a checkpoint that the rules are about.  [default: the file's]",
)
@click.option("--top", default="10%", show_default=True, help="The top of the results: a share, or a number.")
@click.option("--stalled", is_flag=True, help="The search finds nothing better: relax the least stable hard rule.")
@options.seed
@as_json
def adapt_file(file: str, results: str, output: str, as_json: bool, **given: Any) -> None:
    """Measure the principles of FILE on new results, and relax those that no longer hold.

    Labels of the target may be used only where this run paid for them: a known table is refused.
    """
    import lpzero

    adapted = lpzero.adapt_principles(file, results, output, **given)
    if as_json:
        print_json(adapted.model_dump(mode="json", by_alias=True, exclude_none=True))
        return
    print_grid(HEADER, [cells(one) for one in adapted.principles])
    click.echo()
    for one in adapted.principles:
        if one.history and one.history[-1].version == adapted.version:
            click.echo(f"{one.id}: {one.history[-1].reason}")
    click.echo(f"version {adapted.version}; kept in {output}")
