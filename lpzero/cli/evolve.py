"""``lpzero evolve``: discover a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.brought import ChoiceOrBrought
from lpzero.cli.output import as_json, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.table_options import print_best, print_left_out, print_tables, split_options
from lpzero.cli.worker_options import worker_options
from lpzero.errors import InputError
from lpzero.evolution import defaults

if TYPE_CHECKING:
    from lpzero.callbacks import Callback
    from lpzero.engines import Workers
    from lpzero.proxy.discovery import EvolveResult


NOTHING = "none"
BROUGHT = ("primitives", "operands")
"""What formulas may have of installed packages."""


class _Texts(click.types.StringParamType):
    """Texts of which several in an environment variable stand between semicolons: formulas and folders have spaces."""

    name = "text"
    envvar_list_splitter = ";"


def _read_config(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Make a file's settings the defaults of the options."""
    if value is not None:
        from lpzero.evolution.config import EvolveConfig
        from lpzero.settings import check_settings, read_document

        settings = read_document(value)
        unknown = sorted(set(settings) - set(EvolveConfig.model_fields))
        if unknown:
            valid = ", ".join(EvolveConfig.model_fields)
            raise InputError(f"{value}: unknown setting {unknown[0]!r}: expected some of {valid}")
        # checked as JSON, before the options read them as text; what the file leaves out may come from a flag
        check_settings(EvolveConfig, {"space": "", "protocol": "", "table": "", **settings}, source=str(value))
        if settings.pop("beside", []) or settings.pop("hold_out", []):
            raise InputError(
                f"{value}: these are the settings of a run on several tables: give them as `table` and flags"
            )
        if settings.pop("principles", None) is not None:
            raise InputError(f"{value}: these are the settings of a run within principles: give their file as a flag")
        # a run without any has none again, whatever is installed since
        settings |= {name: [NOTHING] for name in BROUGHT if settings.get(name) == []}
        if "table" in settings:
            settings["table"] = [settings["table"]]
        ctx.default_map = {**(ctx.default_map or {}), **settings}
    return value


@click.command()
@click.option(
    "--table",
    shell_complete=completion.tables,
    multiple=True,
    type=_Texts(),
    help="Table of measured qualities: a name or a folder. Several are ranked at once, each counting the same; behind "
    "a name there may be a colon and a protocol.  [default: the space's first]",
)
@click.option(
    "--hold-out",
    shell_complete=completion.tables,
    multiple=True,
    type=_Texts(),
    help="Table that takes no part in anything but the final figures, written alike; may be repeated.",
)
@click.option(
    "--judge",
    type=click.Choice(["all", "held_out"]),
    default="all",
    show_default=True,
    help="Which tables the formula is judged on at last; those held out alone save the passes on the others.",
)
@click.option(
    "--leave-one-out",
    is_flag=True,
    help="Leave each of several tables out in turn, and judge what the others found on it; --output is the folder of "
    "the runs, and those that are there go on.",
)
@click.option(
    "--principles",
    type=options.PrinciplesFile(),
    help="Rank those architectures alone that keep the hard rules of this file, in the sealed test as well.",
)
@click.option("--worst", is_flag=True, help="Maximise the least of several tables instead of their mean.")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]")
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space: a name of lpzero spaces list.  [default: the table's]",
)
@options.seed
@click.option(
    "--grammar",
    default=defaults.GRAMMAR,
    show_default=True,
    help="typed, lpzero (the paper's), layered, or weighted: sums of terms whose weights are fitted.",
)
@options.with_default("--terms", defaults.TERMS, "Terms of a weighted sum at most.")
@click.option(
    "--islands", type=int, default=defaults.ISLANDS, show_default=True, help="Populations that evolve side by side."
)
@options.with_default(
    "--population",
    defaults.POPULATION,
    "Individuals of an island's generation.",
)
@click.option(
    "--generations", type=int, default=defaults.GENERATIONS, show_default=True, help="Generations behind the first."
)
@click.option(
    "--epoch", type=int, default=defaults.EPOCH, show_default=True, help="Generations between two migrations."
)
@options.with_default(
    "--migrants",
    defaults.MIGRANTS,
    "Individuals that migrate to the next island.",
)
@options.with_default(
    "--restart-after",
    defaults.RESTART_AFTER,
    "Generations without a better best after which an island is drawn anew, but for its elite; 0 for never.",
)
@click.option(
    "--start",
    type=click.Choice(["enumeration", "random"]),
    help="Begin with what an enumeration of the layered grammar finds best (of the weighted one, a forward selection "
    "among enumerated terms), or with random formulas.  [default: enumeration, where 12 to 256 are searched]",
)
@click.option(
    "--seed-formula",
    "seed_formulas",
    multiple=True,
    type=_Texts(),
    help="A formula to begin with, or the name or file of a proxy that is one; may be repeated.",
)
@click.option(
    "--primitive",
    "primitives",
    multiple=True,
    help="A primitive of an installed package that formulas may have, or none; may be repeated.  [default: all of "
    "lpzero plugins that are for searches]",
)
@click.option(
    "--operand",
    "operands",
    multiple=True,
    help="An operand of an installed package that formulas may have, or none; likewise.",
)
@click.option("--rules/--no-rules", default=True, show_default=True, help="Whether rules prune formulas unevaluated.")
@click.option("--max-evals", type=int, help="Stop after this many evaluated formulas.")
@click.option("--budget", type=options.Duration(), help="Stop the evolution after this time, such as 3m.")
@click.option("--patience", type=int, help="Stop after this many generations without a better best.")
@split_options
@options.with_default("--max-depth", defaults.MAX_DEPTH, "Deepest formula.")
@options.with_default("--max-size", defaults.MAX_SIZE, "Largest formula, in nodes.")
@click.option(
    "--objective",
    type=click.Choice(["joint", "plain", "stable"]),
    default=defaults.OBJECTIVE,
    show_default=True,
    help="Maximise tau-a on search and validation, on search alone, or a lower quantile of it over resamples.",
)
@click.option(
    "--resamples", type=int, default=defaults.RESAMPLES, show_default=True, help="Resamples of the stable objective."
)
@click.option(
    "--quantile", type=float, default=defaults.QUANTILE, show_default=True, help="Quantile of the stable objective."
)
@click.option(
    "--select",
    type=click.Choice(["tournament", "nsga2"]),
    default=defaults.SELECT,
    show_default=True,
    help="Choose by one fitness, or by objective, size and cost.",
)
@options.with_default(
    "--initialisations",
    defaults.INITIALISATIONS,
    "Draws of weights and tokens that tau-a on search and validation is averaged over.",
)
@options.with_default("--tournament", defaults.TOURNAMENT, "Entrants for one parent.")
@click.option(
    "--crossover-rate", type=float, default=defaults.CROSSOVER_RATE, show_default=True, help="Share of children of two."
)
@click.option(
    "--mutation-rate", type=float, default=defaults.MUTATION_RATE, show_default=True, help="Share of mutated children."
)
@click.option("--elite", type=int, help="Individuals that survive unchanged.  [default: 5, or all but one if fewer]")
@click.option(
    "--parsimony", type=float, default=defaults.PARSIMONY, show_default=True, help="Tau that a node must earn."
)
@options.batch
@options.tokens
@options.elements
@options.device
@options.deterministic
@worker_options
@click.option("--output", type=click.Path(path_type=Path), help="Run folder.  [default: runs/TABLE-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the run in this folder.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=_read_config,
    is_eager=True,
    expose_value=False,
    help="JSON file with settings, such as a run's config.json.",
)
@click.option(
    "--track",
    multiple=True,
    type=ChoiceOrBrought(["tensorboard", "mlflow", "trackio", "wandb"], "trackers"),
    help="Keep figures of every generation and the result in this tracker, as it is by default; an extra each, such as "
    "lpzero[tensorboard]. May be repeated.",
)
@as_json
def evolve(
    resume: Path | None,
    output: Path | None,
    workers: Workers,
    leave_one_out: bool,
    track: tuple[str, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Discover a proxy: evolve formulas against a table of trained architectures, or several at once.

    Formulas are searched on one split of the table, chosen on that and a second one, and reported on the rest, which
    nothing has looked at before. Everything is kept in a run folder; a run that was stopped continues with --resume.
    On a table of lpzero tables build --choices formulas are about the units of a checkpoint, and layers are split.
    """
    import lpzero
    from lpzero.cli.evolve_choices import evolve_on_choices, is_about_choices

    if is_about_choices(settings["table"], resume):
        evolve_on_choices(click.get_current_context(), output, resume, as_json)
        return
    named = {name: list(settings[name]) for name in BROUGHT}
    settings |= {name: [] if each == [NOTHING] else each or None for name, each in named.items()}
    if leave_one_out:
        if track:
            raise InputError("`track` has no effect beside `leave_one_out`: its runs are not tracked")
        _leave_one_out(resume, output, workers, as_json, settings)
        return
    if resume is not None:
        options.refuse_settings(click.get_current_context())
    given = {**settings, "table": settings["table"] or None} if resume is None else {}
    callbacks = _trackers(track)
    with progress_display() as display:
        result = lpzero.evolve(
            **given, output=output, resume=resume, workers=workers, watch=display, callbacks=callbacks
        )
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(result.run)


def _trackers(names: tuple[str, ...]) -> list[Callback]:
    """The trackers of names; raises MissingError where one is not installed, before anything is begun."""
    if not names:
        return []
    from lpzero.trackers import tracker

    return [tracker(name) for name in names]


def _leave_one_out(
    resume: Path | None, output: Path | None, workers: Workers, as_json: bool, settings: dict[str, Any]
) -> None:
    import lpzero

    if resume is not None or output is None:
        raise InputError("`leave_one_out`: give the folder of its runs as `output`, which also continues them")
    tables = settings.pop("table")
    with progress_display() as display:
        result = lpzero.leave_one_out(tables, output=output, workers=workers, watch=display, **settings)
    if as_json:
        print_result(result)
    else:
        print_left_out(result)
    say_report(output)


def _print(result: EvolveResult) -> None:
    print_best(result)
    print_tables(result)
    formulas = f"{result.evaluated} formulas evaluated"
    if result.duplicates is not None:
        formulas += f" ({result.duplicates} with the ranks of another)"
    within = result.principles
    click.echo(
        f"\n{result.table}, protocol {result.protocol}, seed {result.seed}: test on {result.best.test.n} "
        f"architectures; {formulas}, {sum(result.pruned.values())} pruned, "
        f"{result.seconds:.0f} s, stopped by {result.stopped_by}; run {result.run}"
    )
    if within is not None:
        click.echo(f"within principles, version {within.version}: {within.kept} of {within.of} records keep them")
