"""``lpzero runs``: the runs below a folder, with state and best."""

from __future__ import annotations

import click

from lpzero.cli.output import as_json, print_grid, print_result


@click.command()
@click.argument("folder", default="runs", type=click.Path())
@as_json
def runs(folder: str, as_json: bool) -> None:
    """List the runs below FOLDER (runs where nobody says) with their state and best, the latest at the end.

    A run that is not finished is at work or was stopped: when anything in its folder changed last tells which.
    """
    import lpzero

    result = lpzero.list_runs(folder)
    if as_json:
        print_result(result)
        return
    rows = [[row.run, row.kind, row.state, row.reason or row.best, row.began, row.last] for row in result.runs]
    print_grid(["run", "command", "state", "best", "began", "last change"], rows)
    if not rows:
        click.echo(f"no runs below {folder}")
