"""``lpzero predictor distill``: a small regression that says what a predictor says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.asking_options import asking_options, print_asked
from lpzero.cli.output import as_json, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options

if TYPE_CHECKING:
    from lpzero.engines import Workers


@click.command("distill")
@click.argument("teacher", type=click.Path())
@click.argument("architectures", required=False, type=click.Path())
@click.option("--output", required=True, type=click.Path(), help="The file to write, .json; its numbers lie beside it.")
@click.option("--student", default="mlp", show_default=True, help="mlp, the network of the paper, or boosting.")
@click.option("--number", type=int, help="Architectures that are drawn to be taught.  [default: 3000]")
@click.option(
    "--held-out", type=int, default=500, show_default=True, help="Architectures more, to compare both; a sixth at most."
)
@click.option("--features", default="spec", show_default=True, help="What the student is told, as of predictor fit.")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space, where the teacher is a proxy or its space is a space.toml.",
)
@click.option("--protocol", help="Which model an architecture stands for, where the teacher is a proxy.")
@options.device
@options.tokens
@options.batch
@options.seed
@asking_options
@worker_options
@as_json
def distill(
    teacher: str, architectures: str | None, features: str, workers: Workers, as_json: bool, **given: Any
) -> None:
    """Teach a small regression what TEACHER says, and keep it as JSON, for lpzero predict and lpzero search.

    TEACHER is a file that lpzero predictor fit wrote, or a proxy. ARCHITECTURES is a CSV file or JSON lines without
    labels; without it some are drawn from the space.
    """
    import lpzero
    from lpzero.cli.features import features_of

    with progress_display() as display:
        result = lpzero.distill_predictor(
            teacher, architectures or (), features=features_of(features), workers=workers, watch=display, **given
        )
    if as_json:
        print_result(result)
        say_report(result.path)
        return
    found = result.agreement
    click.echo(
        f"{result.student}, taught by {result.teacher} on {result.learnt} architectures of {result.space}, protocol "
        f"{result.protocol}, in {result.seconds:.3g} s: {result.columns} columns of {', '.join(result.features)}"
    )
    click.echo(f"the teacher is sure of {result.sure} of them; {result.left_out} without a value are left out")
    if found.tau_a is not None:
        click.echo(
            f"on {found.n} of {result.held_out} held out, which it takes for known: tau-a {found.tau_a:.3f} with the "
            f"teacher, mean difference {found.mae:.4g}"
        )
    print_asked(result.asked)
    click.echo(f"kept in {result.path}")
    say_report(result.path)
