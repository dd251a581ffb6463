"""``lpzero explain``: what a proxy measures on a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli import completion, control_options, options
from lpzero.cli.output import as_json, ends, figure, print_grid, print_result, say
from lpzero.cli.plot_option import plot_option, write_picture
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.errors import NoResultError

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.fitness.figures import MatchedFigures
    from lpzero.proxy.explanation import ExplainResult


@click.command()
@click.argument("proxy", shell_complete=completion.proxies)
@click.option(
    "--table", shell_complete=completion.tables, required=True, help="Table of measured qualities: a name or a folder."
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@click.option("--archs", type=int, help="Architectures, drawn by the seed.  [default: all, at most 100]")
@click.option("--redraws", type=int, default=3, show_default=True, help="Initialisations to draw again.")
@control_options.include_seen
@options.seed
@options.batch
@options.tokens
@options.device
@worker_options
@options.deterministic
@plot_option
@as_json
def explain(
    proxy: str,
    table: str,
    protocol: str | None,
    archs: int | None,
    redraws: int,
    include_seen: bool,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Say what a PROXY measures on a table: which share of its ranking is left when a part of its input is replaced.

    The table is scored with other tokens, other initialisations, gradients of zeros and of noise, and operands that
    know nothing but their shapes. What the proxy was chosen on is left out. A PROXY is a formula, a name, a proxy file,
    or the folder of a finished run.
    """
    import lpzero

    with progress_display() as display:
        result = lpzero.explain(
            proxy,
            table,
            protocol=protocol,
            archs=archs,
            redraws=redraws,
            include_seen=include_seen,
            seed=seed,
            batch=batch,
            tokens=tokens,
            device=device,
            deterministic=deterministic,
            workers=workers,
            watch=display,
        )
    for name, fault in result.faults.items():
        say(f"{name}: {fault}")
    if as_json:
        print_result(result)
    else:
        _print(result)
    write_picture(plot, result)
    if result.original.tau_a is None:
        raise NoResultError(f"{result.proxy} does not rank {result.table}: {result.original.status}")


def _print(result: ExplainResult) -> None:
    original = result.original
    close = original.matched_size
    rows = [["original", original.status, figure(original.tau_a), ends(original.interval), _close(close), *[None] * 3]]
    rows += [
        [
            row.name,
            row.status,
            figure(row.tau_a),
            ends(row.interval),
            _close(row.matched_size),
            figure(row.agreement),
            None if row.left is None else f"{100 * row.left:.1f} %",
            None if row.left_interval is None else "{:.1f} to {:.1f}".format(*(100 * e for e in row.left_interval)),
        ]
        for row in result.interventions
    ]
    print_grid(
        ["intervention", "status", "tau-a", "95 % of tau-a", "matched size", "agreement", "left", "95 % of it"], rows
    )
    where = f"{result.table}, protocol {result.protocol}"
    click.echo(f"\n{result.proxy} (better: {result.direction})")
    parts = f"{where}: {result.n} of {result.total} architectures, seed {result.seed}"
    if result.left_out:
        parts += f"; {result.left_out} left out, since it was chosen on them"
    if result.in_sample:
        parts += "; in-sample: it was chosen on some of these"
    click.echo(parts)
    click.echo(f"verdict: {result.verdict}")
    for reason in result.reasons:
        click.echo(f"- {reason}")


def _close(found: MatchedFigures | None) -> str | None:
    return None if found is None else figure(found.tau_a)
