"""``lpzero enumerate``: rank every formula of the paper's grammar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.table_options import print_best, split_options, table_options
from lpzero.cli.worker_options import worker_options
from lpzero.evolution import defaults

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.proxy.discovery import EnumerateResult


def _operands(_ctx: click.Context, _param: click.Parameter, value: str) -> list[str] | None:
    from lpzero.operands.operand import OPERANDS

    if value == "whole":
        # which those are depends on the space
        return None
    return list(OPERANDS) if value == "all" else [name.strip() for name in value.split(",") if name.strip()]


@click.command("enumerate")
@table_options
@options.seed
@click.option(
    "--grammar",
    default=defaults.ENUMERATED_GRAMMAR,
    show_default=True,
    help="lpzero (the paper's), or layered, which also has the first and the last layer and four times the formulas.",
)
@click.option(
    "--operands",
    callback=_operands,
    default="whole",
    show_default=True,
    metavar="NAME,...",
    help="Operands whose branches are enumerated: names, whole for the seven of whole models, or all, which takes far "
    "longer.",
)
@split_options
@options.with_default("--keep", defaults.KEEP, "Rankings that the choice looks at.")
@options.batch
@options.tokens
@options.elements
@options.device
@options.deterministic
@worker_options
@click.option("--output", type=click.Path(path_type=Path), help="Run folder.  [default: runs/TABLE-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the enumeration in this folder.")
@as_json
def enumerate(resume: Path | None, output: Path | None, workers: Workers, as_json: bool, **settings: Any) -> None:
    """Rank every formula of a grammar, the paper's by default: all branches, and all pairs of them under + - x and /.

    Formulas are ranked on one split of the table; of the rankings that are best there, those that are best on a second
    one as well vote, and the formula nearest to their mean is reported on the rest, which nothing has looked at before.
    One that was stopped continues with --resume: its operands are kept, and formulas are ranked anew, in seconds.
    """
    import lpzero

    if resume is not None:
        options.refuse_settings(click.get_current_context())
    given = settings if resume is None else {}
    with progress_display() as display:
        result = lpzero.enumerate_formulas(**given, output=output, resume=resume, workers=workers, watch=display)
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(result.run)


def _print(result: EnumerateResult) -> None:
    print_best(result)
    lost = ", ".join(f"{name} {number}" for name, number in result.top.lost.items()) or "none"
    refused = ", ".join(f"{name} {number:,}" for name, number in result.pruned.items()) or "none"
    click.echo(
        f"\n{result.formulas:,} formulas of {result.branches:,} branches, {result.per_second:,} a second; "
        f"{result.distinct_formulas:,} distinct rankings, {result.nonfinite:,} not finite, "
        f"{result.constant:,} constant\n"
        f"rules would have pruned: {refused}\n"
        f"of the {result.top.rankings:,} best rankings the rules would have lost: {lost}\n"
        f"{result.table}, protocol {result.protocol}, seed {result.seed}: test on {result.best.test.n} "
        f"architectures; {result.seconds:.0f} s; run {result.run}"
    )
