"""``lpzero predictor``: what a few trainings say of other architectures, how well, and how many of them it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, control_options, options
from lpzero.cli.asking_options import asking_options, print_asked
from lpzero.cli.distill import distill
from lpzero.cli.features import features_of
from lpzero.cli.output import as_json, ends, print_grid, print_result, say_report
from lpzero.cli.plot_option import plot_option, write_picture
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.predictors.result import CurveResult, EvalResult, PredictorFigures, SpreadOver

Command = Callable[..., Any]


@click.group()
def predictor() -> None:
    """Predictors: fit one to a few trainings, and say how well it predicts others."""


predictor.add_command(distill)


def _told(command: Command) -> Command:
    """Add the options that say what a predictor is told of an architecture."""
    for option in (
        options.device,
        options.tokens,
        options.batch,
        options.seed,
        options.with_default("--level", 0.9, "Confidence level of the intervals."),
        click.option(
            "--features",
            default="spec,shape,operands",
            show_default=True,
            help="What a regression is told: spec or sums, shape, operands and proxies, with commas between them.",
        ),
    ):
        command = option(command)
    return command


def _judged(command: Command) -> Command:
    """Add the options of a judgement by draws of labels."""
    for option in (
        control_options.matched,
        click.option("--splits", type=int, help="Draws of labels.  [default: 20]"),
        click.option(
            "--calibrate",
            type=click.Choice(["offset", "line", "linear", "isotonic"]),
            help="How the score of a proxy becomes a quality.  [default: it ranks alone]",
        ),
        click.option("--asked", type=int, help="Architectures that are asked about in each draw.  [default: all]"),
        click.option(
            "--predictor",
            "chosen",
            default="ridge",
            show_default=True,
            help="ridge, gp, llm (a language model, which needs --endpoint and --model), distilled, a proxy as of "
            "lpzero rank, lookup:NAME, a column that the table was published with, or the file of a kept predictor.",
        ),
        click.option("--teacher", help="Who teaches distilled: any other predictor.  [default: ridge]"),
        click.option("--student", help="Who learns: mlp, the network of the paper, or boosting.  [default: mlp]"),
        click.option("--number", type=int, help="Architectures that distilled is taught by.  [default: 3000]"),
        click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]"),
        click.option(
            "--table",
            shell_complete=completion.tables,
            required=True,
            help="Table of measured qualities: a name or a folder.",
        ),
    ):
        command = option(command)
    return command


@predictor.command("fit")
@click.option("--labels", type=click.Path(), help="CSV or JSON lines with an architecture and its quality a line.")
@click.option("--quality", default="quality", show_default=True, help="The column with the quality.")
@click.option("--direction", type=click.Choice(["higher", "lower"]), help="Which qualities of the file are better.")
@click.option("--noise", type=float, help="Standard deviation between trainings of one model.  [default: the table's]")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space of the labels: a name of lpzero spaces list, or a space.toml.",
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's first]")
@click.option("--table", shell_complete=completion.tables, help="A table that lends its labels, instead of a file.")
@click.option("--number", type=int, help="Records of the table, drawn by the seed.  [default: all]")
@click.option(
    "--predictor",
    "chosen",
    default="ridge",
    show_default=True,
    help="ridge, gp, one of lpzero plugins, or llm: what it is shown.",
)
@click.option("--output", required=True, type=click.Path(), help="The file to write, .json; its numbers lie beside it.")
@_told
@worker_options
@as_json
def fit(
    features: str, chosen: str, workers: Workers, as_json: bool, output: str, labels: str | None, **given: Any
) -> None:
    """Fit a predictor to a few trainings and keep it as JSON, for lpzero predict."""
    import lpzero

    with progress_display() as display:
        result = lpzero.fit_predictor(
            labels,
            output=output,
            predictor=chosen,
            features=features_of(features),
            workers=workers,
            watch=display,
            **given,
        )
    if as_json:
        print_result(result)
        say_report(output)
        return
    columns = f"{result.columns} columns of " if result.columns else "told of "
    click.echo(
        f"{result.predictor}, fitted to {result.labels} labels of {result.space}, protocol {result.protocol}: "
        f"{columns}{', '.join(result.features)}"
    )
    if result.left_out:
        click.echo(f"{result.left_out} labelled architectures could not be described and are left out")
    if result.intervals is False:
        click.echo(f"too few labels for intervals at a level of {result.level:g}")
    click.echo(f"kept in {result.path}")
    say_report(output)


@predictor.command("eval")
@click.option("--labels", type=int, help="Labelled models of each draw.  [default: 32; of llm 10]")
@click.option("--split", help="published: the splits that the table was published with, instead of draws.")
@_judged
@_told
@asking_options
@worker_options
@plot_option
@as_json
def evaluate(
    features: str, chosen: str, workers: Workers, plot: Path | None, as_json: bool, table: str, **given: Any
) -> None:
    """Say how well a predictor predicts a table from a few of its labels, beside the trivial ones."""
    import lpzero

    with progress_display() as display:
        result = lpzero.evaluate_predictor(
            table, chosen, features=features_of(features), workers=workers, watch=display, **given
        )
    if as_json:
        print_result(result)
    else:
        print_grid(_HEADER, [_cells(row) for row in result.rows])
        own = f"the table's splits {', '.join(result.split_names)}; " if result.split_names else ""
        click.echo(f"\n{result.labels} labels, {own}{_said(result)}")
        print_asked(result.asked)
    write_picture(plot, result)


@predictor.command("curve")
@click.option("--labels", default="8,16,32,64", show_default=True, help="Numbers of labelled models.")
@_judged
@_told
@asking_options
@worker_options
@plot_option
@as_json
def curve(
    features: str,
    chosen: str,
    workers: Workers,
    plot: Path | None,
    as_json: bool,
    table: str,
    labels: str,
    **given: Any,
) -> None:
    """Say what each number of labels buys, so that one knows how many trainings to pay for."""
    import lpzero
    from lpzero.errors import InputError

    try:
        numbers = [int(part) for part in labels.split(",")]
    except ValueError:
        raise InputError(f"--labels: expected numbers with commas between them, found {labels[:60]!r}") from None
    with progress_display() as display:
        result = lpzero.predictor_curve(
            table, chosen, labels=numbers, features=features_of(features), workers=workers, watch=display, **given
        )
    if as_json:
        print_result(result)
    else:
        print_grid(["", "labels", *_HEADER[1:]], [[row.predictor, row.labels, *_cells(row)[1:]] for row in result.rows])
        click.echo(f"\n{_said(result)}")
        print_asked(result.asked)
    write_picture(plot, result)


_HEADER = (
    "",
    "mean error",
    "tau-a",
    "90 % of draws",
    "tau-b",
    "rho",
    "matched size",
    "90 % of draws",
    "coverage",
    "width",
    "in support",
    "failed",
)


def _cells(row: PredictorFigures) -> list[object]:
    return [
        row.predictor,
        _spread(row.mae, "{:.4g}"),
        _spread(row.tau_a),
        ends(row.tau_a.interval),
        _spread(row.tau_b),
        _spread(row.rho),
        _spread(row.matched),
        ends(row.matched.interval),
        _spread(row.coverage),
        _spread(row.width, "{:.4g}"),
        None if row.in_support.mean is None else f"{row.in_support.mean:.2f}",
        row.failed,
    ]


def _spread(found: SpreadOver, form: str = "{:.3f}") -> str | None:
    """Mean and standard deviation over the draws."""
    if found.mean is None:
        return None
    mean = form.format(found.mean)
    return mean if found.sd is None else f"{mean} ± {form.format(found.sd)}"


def _said(result: EvalResult | CurveResult) -> str:
    """What was judged, and how."""
    noise = "unknown" if result.noise is None else f"{result.noise:.3g}"
    return (
        f"{result.splits} draws: mean ± standard deviation between them\n{result.table}, protocol {result.protocol}: "
        f"{result.n} architectures, {result.quality} in {result.unit}, {result.direction} is better; noise of training "
        f"{noise}\nintervals at a level of {result.level:g}; features {', '.join(result.features)}; seed {result.seed}"
    )
