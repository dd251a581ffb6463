"""``lpzero principles show``: a file of principles as a table, for a terminal or for a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli.output import as_json, print_grid, print_json
from lpzero.cli.principles.shown import HEADER, cells

if TYPE_CHECKING:
    from lpzero.principles import Principles


@click.command("show")
@click.argument("file", type=click.Path())
@click.option("--markdown", is_flag=True, help="Write a Markdown table.")
@as_json
def show_file(file: str, markdown: bool, as_json: bool) -> None:
    """Show the principles of FILE with the evidence that it states; nothing is measured again."""
    from lpzero.principles import read_principles

    found = read_principles(Path(file))
    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
        return
    rows = [cells(one) for one in found.principles]
    if markdown:
        click.echo(f"# Principles of {found.space.name}\n\n{_from(found)}\n")
        lines: list[list[str | None]] = [[*HEADER], ["---"] * len(HEADER), *rows]
        for row in lines:
            click.echo(f"| {' | '.join('-' if cell is None else _escaped(cell) for cell in row)} |")
        click.echo("".join(f"\n- {one.id}: {_escaped(one.statement)}" for one in found.principles))
        return
    click.echo(f"{_from(found)}\n")
    print_grid(HEADER, rows)
    for one in found.principles:
        for change in one.history:
            click.echo(f"{one.id}, version {change.version}: {change.reason}")


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\|<>*_`[]" else letter for letter in text)


def _from(found: Principles) -> str:
    source = found.source
    protocol = "" if found.space.protocol is None else f", protocol {found.space.protocol}"
    by = {"miner": "mined", "model": f"proposed by {source.model or 'a model'}", "person": "written by a person"}
    told = f"version {found.version}, space {found.space.name}{protocol}, {by[source.by]}"
    if source.table is not None:
        told += f" from the top {source.top} of {source.n} records of {source.table}"
    return told + ("" if source.at_size is None else f", at equal size (within {source.at_size:g})")
