"""``lpzero tables build --choices``: what single replacements cost a checkpoint, beside what its units do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_result, say
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.compression.choices.table import ChoicesTable
    from lpzero.engines import Workers


@click.command("build")
@click.option(
    "--choices",
    "checkpoint",
    required=True,
    type=click.Path(path_type=Path),
    help="The checkpoint: a folder of transformers.",
)
@click.option(
    "--calibration", type=click.Path(path_type=Path), required=True, help="A file of text to look at it with."
)
@click.option(
    "--output",
    "--out",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the table: a new one, or one that this command began, which goes on.",
)
@click.option("--name", help="Name of the table.  [default: that of the folder]")
@options.with_default("--windows", 4, "Windows of the text, the first ones.")
@options.with_default("--context", 256, "Tokens of a window of text.")
@options.with_default("--widths", 8, "Widths of a feed-forward to measure, none among them.")
@click.option("--layers", help="Layers to cut, such as 0,7,14: a sample of a deep checkpoint.  [default: all]")
@options.seed
@options.device
@worker_options
@as_json
def build_choices_table(
    checkpoint: Path,
    calibration: Path,
    output: Path,
    name: str | None,
    layers: str | None,
    device: str,
    workers: Workers,
    as_json: bool,
    **given: Any,
) -> None:
    """Measure how far a checkpoint's predictions move where one part of one layer is cut, for every layer.

    A feed-forward is cut to some widths, attention to any number of groups below all; only layers from the cut one on
    run again. Replacements are measured in parallel, on a GPU one after the other unless --jobs or --address is given.
    Beside the divergences lie the arrays that formulas of units read. Each divergence is kept when it is known: a build
    that was stopped goes on by the same command.
    """
    from lpzero.api.setup import resolve_device
    from lpzero.compression.choices.build import MEASURED, ChoicesSettings, build_choices
    from lpzero.tables.naming import check_names

    check_names(output.resolve().name if name is None else name, output)
    settings = ChoicesSettings(**given, layers=_layers(layers), device=resolve_device(device))
    try:
        with _placed(workers, settings.device).open(settings.device) as engine, progress_display() as display:
            table = build_choices(checkpoint, calibration, output, settings, name=name, engine=engine, watch=display)
    except (KeyboardInterrupt, SystemExit):
        if (output / MEASURED).exists():
            say(f"{output} is kept with every divergence that was measured: give the same command again to go on")
        raise
    _print(table, as_json)


def _placed(workers: Workers, device: str) -> Workers:
    """The workers that are asked for; on a GPU, of which there may be one, cores do not say how many."""
    asked = workers.jobs is not None or workers.address is not None
    return workers if device == "cpu" or asked else replace(workers, jobs=1)


def _layers(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.isascii() for part in parts):
        from lpzero.settings import shorten

        raise InputError(f"`layers`: expected numbers of layers such as 0,7,14, found {shorten(text)}")
    return tuple(sorted({int(part) for part in parts}))


def _print(table: ChoicesTable, as_json: bool) -> None:
    card = table.card
    if as_json:
        from lpzero.cli.printed import ChoicesBuilt

        print_result(
            ChoicesBuilt(
                out=str(table.folder),
                name=card.name,
                checkpoint=card.checkpoint,
                records=card.records,
                quality=card.quality,
                unit=card.unit,
                windows=list(card.windows),
                least=float(table.divergences.min()),
                most=float(table.divergences.max()),
            )
        )
        return
    windows, tokens = card.windows
    click.echo(
        f"{table.folder}: {card.records} replacements of {card.checkpoint}, {table.divergences.min():.3g} to "
        f"{table.divergences.max():.3g} nats a token on {windows} windows of {tokens} tokens of {card.text}"
    )
    click.echo(f"evolve an importance on it with lpzero evolve --table {table.folder}")
