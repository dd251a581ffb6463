"""``lpzero plugins``: what installed packages bring."""

from __future__ import annotations

import click

from lpzero.cli.output import as_json, print_grid, print_result


@click.command()
@as_json
def plugins(as_json: bool) -> None:
    """List what installed packages bring: spaces, operands, primitives, metrics, engines, predictors, trackers.

    Each is loaded. What cannot be used is listed with the reason, and nothing else is the worse for it.
    """
    import lpzero

    result = lpzero.list_plugins()
    if as_json:
        print_result(result)
        return
    print_grid(
        ["group", "name", "package", "version", "state"],
        [[one.group, one.name, one.package, one.version, one.error or one.state] for one in result.plugins],
    )
    if not result.plugins:
        click.echo("no installed package brings anything: docs/plugins.md says how one does")
