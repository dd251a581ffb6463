"""``lpzero suggest``: which architectures to train next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.limit_options import limited, limits_of
from lpzero.cli.output import as_json, print_grid, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options

if TYPE_CHECKING:
    from lpzero.acquisition.result import SuggestResult
    from lpzero.engines import Workers


@click.command()
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space: a name of lpzero spaces list, or a space.toml file.",
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's, or the table's]")
@click.option(
    "--labels",
    multiple=True,
    type=click.Path(path_type=Path),
    help="What was trained: CSV or JSON lines with an architecture and its quality a line. May be given several times.",
)
@click.option("--direction", type=click.Choice(["higher", "lower"]), help="Which qualities are better.")
@click.option(
    "--table", shell_complete=completion.tables, help="Replay this table: what is suggested is labelled by it at once."
)
@limited
@click.option(
    "--principles",
    type=options.PrinciplesFile(),
    help="Suggest what keeps the principles of this file: hard rules filter, soft ones weigh.",
)
@click.option("--number", "-n", type=int, default=8, show_default=True, help="Architectures to suggest.")
@click.option(
    "--output",
    "--out",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for next.csv and the architectures; one that is there is gone on with.",
)
@click.option(
    "--stop",
    type=float,
    default=0.05,
    show_default=True,
    help="The chance of improvement below which more training is not worth it.",
)
@click.option(
    "--acquisition",
    type=click.Choice(["value", "improvement"]),
    default="value",
    show_default=True,
    help="What orders candidates: what is expected of them, or the expected improvement, which explores.",
)
@click.option(
    "--features",
    default="spec,shape",
    show_default=True,
    help="What the regression is told, with commas between: spec, shape, operands, and proxies. For the last two a "
    "model of every candidate is built.",
)
@click.option("--quality", default="quality", show_default=True, help="The column of the files with the quality.")
@click.option("--level", type=float, default=0.9, show_default=True, help="Confidence level of the intervals.")
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@as_json
def suggest(labels: tuple[Path, ...], features: str, workers: Workers, as_json: bool, **settings: Any) -> None:
    """Say which architectures to train next, from what came of those that were trained.

    Train what is written below the folder, fill in the column quality of its next.csv, or status where a training
    failed, and give the same command again. What was tried, failed or is still pending is never suggested again.
    """
    import lpzero

    limits = limits_of(settings)
    named = [name.strip() for name in features.split(",") if name.strip()]
    with progress_display() as display:
        result = lpzero.suggest(labels, limits=limits, features=named, workers=workers, watch=display, **settings)
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(Path(result.file).parent)


def _print(result: SuggestResult) -> None:
    header = ["train", "params", "expected", f"from ({result.level:g})", "to", "chance of the best", "by"]
    shown = [*header, "quality"] if result.table else header
    rows = []
    for row in result.rows:
        chance = None if row.chance is None else f"{row.chance:.3f}"
        numbers = (_number(one) for one in (row.value, row.low, row.high))
        cells = [row.id, f"{row.params:,}", *numbers, chance, row.by]
        rows.append([*cells, _number(row.quality)] if result.table else cells)
    print_grid(shown, rows)
    best = "" if result.best is None else f", the best {result.best.quality:.6g} ({result.direction} is better)"
    click.echo(
        f"\n{result.labels} labelled{best}, {result.failed} failed, {result.pending} pending; {result.candidates} "
        f"candidates looked at; seed {result.seed}; fill in {result.file}"
    )
    if result.worthwhile is False:
        click.echo(
            f"More training is not worth it: no candidate beats the best with a chance of {result.threshold:g} or "
            f"more, the likeliest with {result.chance:.3f}."
        )


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"
