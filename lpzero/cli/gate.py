"""``lpzero gate``: which of two architectures trains better, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.features import features_of
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.predictors.gate.result import GateGain, GateResult, GateSide


@click.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--table", shell_complete=completion.tables, help="Table that lends its labels: a name or a folder.")
@click.option("--labels", type=click.Path(), help="CSV or JSON lines with an architecture and its quality a line.")
@click.option(
    "--predictor", default="ridge", show_default=True, help="ridge, gp, or the file of one with labels of its own."
)
@click.option("--base-quality", type=float, multiple=True, help="What BASE trained to; once for each seed.")
@click.option("--candidate-quality", type=float, multiple=True, help="What CANDIDATE trained to; once for each seed.")
@click.option("--noise", type=float, help="Standard deviation between trainings of one model.  [default: the table's]")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space of the labels: a name of lpzero spaces list, or a space.toml.",
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's or space's first]")
@click.option("--direction", type=click.Choice(["higher", "lower"]), help="Which qualities are better.")
@click.option("--number", type=int, help="Records of the table, drawn by the seed.  [default: all]")
@click.option("--quality", default="quality", show_default=True, help="The column of the labels with the quality.")
@click.option(
    "--features",
    default="spec,shape,operands",
    show_default=True,
    help="What a regression is told: spec or sums, shape, operands and proxies, with commas between them.",
)
@options.with_default("--level", 0.9, "Confidence level of the intervals.")
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@as_json
def gate(base: str, candidate: str, features: str, workers: Workers, as_json: bool, **given: Any) -> None:
    """Say which of two architectures trains better.

    BASE and CANDIDATE are JSON or TOML files with an architecture, or folders that a search wrote. Labels say with what
    probability one training of the candidate is better than one of the base; where both were trained, the seeds and the
    noise of training say whether what was gained is real. The exit code is 4 where nothing can be said.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.gate(base, candidate, features=features_of(features), workers=workers, watch=display, **given)
    if as_json:
        print_result(result)
    else:
        print_grid(
            ["", "value", f"from ({result.level:g})", "to", "status", "source", "trainings", "params"],
            [["base", *_cells(result.base)], ["candidate", *_cells(result.candidate)]],
        )
        click.echo(f"\n{_said(result)}")
    if result.status != "ok":
        raise NoResultError(str(result.reason))


def _cells(side: GateSide) -> list[object]:
    shown = [None if one is None else f"{one:.6g}" for one in (side.value, side.low, side.high)]
    return [*shown, side.status, side.source, side.trainings, f"{side.params:,}"]


def _said(result: GateResult) -> str:
    """The verdict, beside what counting says."""
    noise = "unknown" if result.noise is None else f"{result.noise:.3g}"
    lines = []
    if result.probability is not None:
        lines.append(f"the candidate trains better with a probability of {result.probability:.3f}")
    if result.gain is not None:
        lines += _decided(result.gain)
    one, other = result.base.params, result.candidate.params
    larger = "neither is larger" if one == other else f"the {'candidate' if other > one else 'base'} is the larger"
    lines.append(f"by a count of parameters alone: {larger}")
    told = "" if result.labels is None else f"{result.predictor}, fitted to {result.labels} labels; "
    lines.append(f"{told}{result.direction} is better; noise of training {noise}; {result.space} {result.protocol}")
    return "\n".join(lines)


def _decided(gain: GateGain) -> list[str]:
    low, high = gain.interval
    freedom = "given" if gain.freedom is None else f"{gain.freedom:g} degrees of freedom"
    verdict = {
        "better": "the candidate is better",
        "worse": "the candidate is worse",
        "undecided": "undecided: seeds alone may differ so much",
    }
    found = [
        f"{verdict[gain.verdict]}: gain {gain.gain:+.4g}, 95 % {low:+.4g} to {high:+.4g}, p {gain.p:.3g}",
        f"noise {gain.noise:.3g} ({freedom}); these seeds find a gain of {gain.detectable:.3g} with power .8",
    ]
    if gain.more_seeds is None:
        found.append("no thousand seeds more of each would decide, were the true gain the measured one")
    elif gain.more_seeds:
        found.append(
            f"{gain.more_seeds} more seeds of each would decide (power .8 at the level .05), were the true gain the "
            "measured one"
        )
    return found
