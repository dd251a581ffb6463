"""``lpzero evolve`` on tables of choices: which options it has there, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lpzero.cli import options
from lpzero.cli.output import ends, print_grid, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.compression.choices.result import ChoicesResult

HERE = (
    *("table", "hold_out", "seed", "islands", "population", "generations", "epoch", "migrants", "restart_after"),
    *("max_evals", "budget", "patience", "select", "tournament", "crossover_rate", "mutation_rate", "elite"),
    *("parsimony", "max_depth", "max_size", "output", "resume", "as_json"),
)
"""The options that have a meaning where formulas are about units; there they have defaults of their own."""


def is_about_choices(tables: tuple[str, ...], resume: Path | None) -> bool:
    """Whether a command is about tables of choices; raises InputError where some tables are and some are not."""
    from lpzero.compression.choices.table import is_choices
    from lpzero.formula.grammar import UNITS_GRAMMAR
    from lpzero.run_folder import CONFIG
    from lpzero.settings import read_document

    if resume is not None and (resume / CONFIG).is_file():
        return read_document(resume / CONFIG).get("grammar") == UNITS_GRAMMAR
    found = [is_choices(Path(table)) for table in tables]
    if any(found) and not all(found):
        raise InputError("`table`: expected tables of choices alone beside one another, found others as well")
    return any(found)


def evolve_on_choices(ctx: click.Context, output: Path | None, resume: Path | None, as_json: bool) -> None:
    """Evolve an importance, and print what was found."""
    import lpzero

    others = [name for name in ctx.params if name not in HERE]
    options.refuse_given(ctx, others, "table", "it is one of choices, whose formulas are about units")
    if resume is not None:
        options.refuse_settings(ctx)
    given: dict[str, Any] = {
        name: ctx.params[name]
        for name in HERE
        if name not in ("output", "resume", "as_json")
        and ctx.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    }
    with progress_display() as display:
        result = lpzero.evolve_choices(**given, output=output, resume=resume, watch=display)
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(result.run)


def _print(result: ChoicesResult) -> None:
    best = result.best
    click.echo(f"best formula ({best.direction} is better, {best.size} nodes):\n  {best.formula}\n")
    if best.importance is not None:
        click.echo(f"in nats, for lpzero compress --importance:\n  {best.importance}\n")
    rows = []
    for test in result.tests:
        what = f"{len(test.layers)} sealed layers" if test.sealed else "held out"
        for place, one in enumerate(test.importances):
            versus = one.versus
            rows.append(
                [
                    f"{test.table}, {what}" if place == 0 else "",
                    one.name,
                    one.tau_a,
                    None if one.interval is None else ends(one.interval),
                    one.neurons,
                    one.groups,
                    versus.difference,
                    None if versus.interval is None else ends(versus.interval, signed=True),
                ]
            )
    header = ["table", "importance", "tau-a", "95 %", "neurons", "groups", "found less it", "95 %"]
    print_grid(header, rows)
    click.echo(
        f"\n{', '.join(result.tables)}, seed {result.seed}: {result.evaluated} formulas evaluated, "
        f"{sum(result.pruned.values())} pruned, {result.seconds:.0f} s, stopped by {result.stopped_by}; "
        f"run {result.run}"
    )
