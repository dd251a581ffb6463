"""``lpzero predict``: what a fitted predictor says of architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.asking_options import asking_options, print_asked
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers


@click.command()
@click.argument("predictor", type=click.Path())
@click.argument("architectures", required=False, type=click.Path())
@click.option(
    "--table", shell_complete=completion.tables, help="A table whose architectures are asked about, instead of a file."
)
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Path of the space.toml that the predictor was fitted on, where it is one.",
)
@click.option("--quality", default="quality", show_default=True, help="The column of the file that is not looked at.")
@options.device
@asking_options
@worker_options
@as_json
def predict(
    predictor: str,
    architectures: str | None,
    table: str | None,
    space: str | None,
    quality: str,
    device: str,
    asking: Any,
    workers: Workers,
    as_json: bool,
) -> None:
    """Say what a fitted predictor expects of architectures.

    PREDICTOR is the file that lpzero predictor fit or distill wrote, ARCHITECTURES a CSV file or JSON lines. What was
    labelled has the measured quality; what is unlike all labels is marked as extrapolated, and what cannot be told as
    failed. A kept prompt needs --endpoint and --model.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.predict(
            predictor,
            architectures or (),
            table=table,
            space=space,
            quality=quality,
            asking=asking,
            device=device,
            workers=workers,
            watch=display,
        )
    if as_json:
        print_result(result)
    else:
        several = any(row.sd is not None for row in result.rows)
        print_grid(
            ["", "value", f"from ({result.level:g})", "to", *(["sd"] if several else []), "status", "source", ""],
            [
                [
                    row.id,
                    *(_shown(one) for one in (row.value, row.low, row.high, *([row.sd] if several else []))),
                    row.status,
                    row.source,
                    row.reason,
                ]
                for row in result.rows
            ],
        )
        click.echo(
            f"\n{result.predictor}, fitted to {result.labels} labels of {result.space}, protocol {result.protocol}; "
            f"{result.direction} is better"
        )
        print_asked(result.asked)
    if result.rows and all(row.value is None for row in result.rows):
        raise NoResultError(f"{predictor} has a value of no architecture")


def _shown(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"
