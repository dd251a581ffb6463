"""``lpzero principles diff``: what two files of principles say differently."""

from __future__ import annotations

from pathlib import Path

import click

from lpzero.cli.output import as_json, print_grid, print_result


@click.command("diff")
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@as_json
def diff_files(old: str, new: str, as_json: bool) -> None:
    """Say which principles OLD and NEW have differently, by their ids."""
    from lpzero.principles import read_principles
    from lpzero.principles.difference import differences
    from lpzero.principles.result import DiffResult

    changes = differences(read_principles(Path(old)), read_principles(Path(new)))
    result = DiffResult(schema_=1, old=old, new=new, changes=changes)
    if as_json:
        print_result(result)
    elif not changes:
        click.echo("no principle differs")
    else:
        rows = [[one.id, one.change, one.old, one.new, ", ".join(one.changed) or None] for one in changes]
        print_grid(["principle", "change", "old", "new", "what"], rows)
