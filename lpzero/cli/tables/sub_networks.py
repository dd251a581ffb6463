"""``lpzero tables build --sub-networks``: a table of how well sub-networks of a checkpoint recover."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.options import Count
from lpzero.cli.output import as_json, ends, print_grid, print_result, say, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options

if TYPE_CHECKING:
    from lpzero.engines import Workers


@click.command("build")
@click.option(
    "--sub-networks",
    "checkpoint",
    required=True,
    type=click.Path(path_type=Path),
    help="The checkpoint: a folder of transformers.",
)
@click.option("--max-params", type=Count(), required=True, help="Most parameters of a sub-network, such as 106M.")
@click.option("-n", "number", type=int, default=64, show_default=True, help="Sub-networks; a table may grow later.")
@click.option(
    "--repeat",
    type=int,
    help="How many of them, the first ones drawn, recover twice, which measures the noise.  "
    "[default: 8, or all if fewer]",
)
@click.option("--recover", "steps", type=int, default=30, show_default=True, help="Steps of each recovery.")
@click.option(
    "--calibration", type=click.Path(path_type=Path), required=True, help="A file of text to choose by and learn from."
)
@click.option(
    "--check", type=click.Path(path_type=Path), required=True, help="Another file of text to measure losses on."
)
@click.option(
    "--measure",
    type=click.Path(path_type=Path),
    help="Measure single replacements as well, and keep what was measured in this file.  [default: estimates alone]",
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
@click.option("--note", "notes", multiple=True, help="What to know about the table, on its card.")
@options.with_default("--tolerance", 0.01, "By which share of the limit a sub-network may stay below it.")
@options.with_default("--widths", 16, "Widths of a feed-forward to draw among.")
@options.with_default("--context", 256, "Tokens of a window of text.")
@options.with_default("--windows", 16, "Windows of --check that losses are measured on.")
@options.with_default("--looking", 16, "Windows of the calibration text that units are put in order by.")
@click.option("--mixed", is_flag=True, help="Learn with products in bfloat16; weights stay in float32.")
@options.seed
@worker_options
@as_json
def build_sub_networks_table(
    checkpoint: Path,
    number: int,
    repeat: int | None,
    calibration: Path,
    check: Path,
    measure: Path | None,
    output: Path,
    name: str | None,
    notes: tuple[str, ...],
    workers: Workers,
    as_json: bool,
    **given: Any,
) -> None:
    """Let sub-networks of a checkpoint, all of nearly equal size, recover alike, and keep their losses as a table.

    Whole layers are dropped, widths and key-value groups cut, by one number for all layers or by several, at random. Of
    each the loss on --check is measured, then it learns from the full checkpoint for some steps, and its loss is
    measured again: that is the quality. What is known before a recovery stands beside it as columns, with how well each
    ranks the table. Each recovery is kept when it ends: a build that was stopped goes on by the same command.
    """
    from lpzero.compression.sub_networks.build import RECIPE, Source, build_sub_networks
    from lpzero.compression.sub_networks.card import card_of, records_of
    from lpzero.compression.sub_networks.settings import REPEATED, SubNetworkSettings
    from lpzero.tables.folder import write_folder
    from lpzero.tables.naming import check_names, check_texts

    named = output.resolve().name if name is None else name
    check_names(named, output)
    check_texts([("notes", note) for note in notes])
    settings = SubNetworkSettings(**given)
    repeated = min(REPEATED, number) if repeat is None else repeat
    try:
        with (
            workers.open("cpu") as engine,
            progress_display() as display,
            build_sub_networks(
                Source(checkpoint, calibration, check, measure),
                output,
                settings,
                number=number,
                repeated=repeated,
                engine=engine,
                watch=display,
            ) as built,
        ):
            display.close()
            card = card_of(built, named, notes)
            write_folder(output, card, records_of(built))
    except (KeyboardInterrupt, SystemExit):
        if (output / RECIPE).exists():
            say(f"{output} is kept with every recovery that ended: give the same command again to go on")
        raise
    _print(card, output, as_json)
    say_report(output)


def _print(card: dict[str, Any], output: Path, as_json: bool) -> None:
    found = card["recovery"]
    if as_json:
        from lpzero.cli.printed import SubNetworksBuilt

        print_result(
            SubNetworksBuilt.model_validate(
                {"out": str(output), "name": card["name"], "quality": card["quality"], "recovery": found}
            )
        )
        return
    rows = [
        [name, one["tau_a"], "" if one["interval"] is None else ends(one["interval"], signed=True)]
        for name, one in found["controls"].items()
    ]
    print_grid(["control", "tau-a", "95 %"], rows)
    noise = found["noise"]
    said = "" if noise is None else f"; sd between seeds {noise['sd']:.3g}, ceiling of tau-a {noise['ceiling']:.3f}"
    low, high = found["after"]
    click.echo(
        f"\n{output}: loss after recovery from {low:.3f} to {high:.3f}, full {found['checkpoint_loss']:.3f}{said}"
    )
    click.echo(f"use it with lpzero evolve --table {output}")
