"""``lpzero principles transfer``: principles of one table, judged on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, ends, print_grid, print_result
from lpzero.cli.progress import progress_display

if TYPE_CHECKING:
    from lpzero.principles.result import DifferenceOfMeans, PrinciplesTransferResult


@click.command("transfer")
@click.option(
    "--from",
    "source",
    shell_complete=completion.tables,
    required=True,
    help="Table to mine, TABLE[:PROTOCOL], or a file of principles.",
)
@click.option(
    "--to", "target", shell_complete=completion.tables, required=True, help="Table to judge them on, TABLE[:PROTOCOL]."
)
@click.option("--top", default="10%", show_default=True, help="The top, of both: a share, or a number of records.")
@click.option("--at-size", type=float, help="Mine at equal size: a factor such as 1.25.")
@options.with_default("--keep", 0.95, "Share of the source's top that stays, at least.")
@options.with_default("--max-shrink", 0.9, "Share of the space that rules may drop, at most.")
@options.with_default("--floor", 0.0, "Share of the space that stays, at least.")
@options.with_default("--most", 8, "Rules, at most.")
@options.with_default(
    "--price", 4.0, "What losing the top by a factor costs in factors of shrinking; 1: the lift alone."
)
@options.with_default("--trials", 20, "Evaluations of each search on the target.")
@options.with_default("--seeds", 100, "Searches, inside the rules and outside.")
@options.seed
@as_json
def transfer_table(source: str, target: str, as_json: bool, **given: Any) -> None:
    """Mine principles on one table and judge them on another, of which nothing is looked at before."""
    import lpzero

    with progress_display() as display:
        result = lpzero.transfer_principles(source, target, watch=display, **given)
    if as_json:
        print_result(result)
    else:
        _print(result)


def _print(result: PrinciplesTransferResult) -> None:
    from lpzero.principles import Principle, as_text

    listed = [Principle.model_validate(one) for one in result.principles]
    print_grid(["principle", "rule"], [[one.id, as_text(one.rule)] for one in listed if one.rule is not None])
    for one in result.left_behind:
        click.echo(f"left behind: {one.id}: {one.reason}")
    of = result.target
    click.echo(f"\nof {of.n} records of {of.table} {of.kept:.1%} stay, of the top {of.top} {of.top_kept:.1%}")
    rows = [
        ["kept less dropped, all sizes", *_difference(result.difference)],
        [f"kept less dropped, sizes within {result.within:g}", *_difference(result.matched_size)],
    ]
    if result.replay is not None:
        found = result.replay
        what = f"regret of {found.trials} trials, outside less inside, {found.seeds} seeds"
        rows.append([what, f"{found.gain:+.3f}", ends(found.interval, signed=True)])
    print_grid(["better above 0", "difference", "95 %"], rows)
    click.echo(f"\nseed {result.seed}")


def _difference(found: DifferenceOfMeans | None) -> list[str | None]:
    if found is None:
        return [None, None]
    return [f"{found.difference:+.3f}", None if found.interval is None else ends(found.interval, signed=True)]
