"""``lpzero evolve``: discover a proxy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import as_json, print_json, say
from lpzero.cli.table_options import complete, free_path, print_best, split_options, table_options, writable_cache
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.evolution.config import EvolveConfig
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.discovery.setting import Setting
    from lpzero.proxy import Proxy


class _ProxyText(click.types.StringParamType):
    """The text of a proxy: several in an environment variable stand between semicolons, as formulas have spaces."""

    name = "proxy"
    envvar_list_splitter = ";"


def _read_config(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Make a file's settings the defaults of the options."""
    if value is not None:
        from lpzero.evolution.config import EvolveConfig, check_config
        from lpzero.settings import read_document

        settings = read_document(value)
        unknown = sorted(set(settings) - set(EvolveConfig.model_fields))
        if unknown:
            valid = ", ".join(EvolveConfig.model_fields)
            raise InputError(f"{value}: unknown setting {unknown[0]!r}: expected some of {valid}")
        # checked as JSON, before the options read them as text; what the file leaves out may come from a flag
        check_config({"space": "", "protocol": "", "table": "", **settings}, source=str(value))
        ctx.default_map = {**(ctx.default_map or {}), **settings}
    return value


@click.command()
@table_options
@options.seed
@click.option("--grammar", default="typed", show_default=True, help="typed, lpzero (the paper's) or layered.")
@click.option("--islands", type=int, default=4, show_default=True, help="Populations that evolve side by side.")
@click.option("--population", type=int, default=200, show_default=True, help="Individuals of an island's generation.")
@click.option("--generations", type=int, default=25, show_default=True, help="Generations behind the first.")
@click.option("--epoch", type=int, default=5, show_default=True, help="Generations between two migrations.")
@click.option("--migrants", type=int, default=3, show_default=True, help="Individuals that migrate to the next island.")
@click.option(
    "--restart-after",
    type=int,
    default=10,
    show_default=True,
    help="Generations without a better best after which an island is drawn anew, but for its elite; 0 for never.",
)
@click.option(
    "--start",
    type=click.Choice(["enumeration", "random"]),
    help="Begin with the formulas that an enumeration of the layered grammar finds best, or with random ones.  "
    "[default: enumeration, where 12 to 256 architectures are searched]",
)
@click.option(
    "--seed-formula",
    "seed_formulas",
    multiple=True,
    type=_ProxyText(),
    help="A formula to begin with, or the name or file of a proxy that is one; may be repeated.",
)
@click.option("--rules/--no-rules", default=True, show_default=True, help="Whether rules prune formulas unevaluated.")
@click.option("--max-evals", type=int, help="Stop after this many evaluated formulas.")
@click.option("--budget", type=options.Duration(), help="Stop the evolution after this time, such as 3m.")
@click.option("--patience", type=int, help="Stop after this many generations without a better best.")
@split_options
@click.option("--max-depth", type=int, default=8, show_default=True, help="Deepest formula.")
@click.option("--max-size", type=int, default=24, show_default=True, help="Largest formula, in nodes.")
@click.option(
    "--objective",
    type=click.Choice(["joint", "plain", "stable"]),
    default="joint",
    show_default=True,
    help="Maximise tau-a on search and validation, on search alone, or a lower quantile of it over resamples.",
)
@click.option("--resamples", type=int, default=64, show_default=True, help="Resamples of the stable objective.")
@click.option("--quantile", type=float, default=0.25, show_default=True, help="Quantile of the stable objective.")
@click.option(
    "--select",
    type=click.Choice(["tournament", "nsga2"]),
    default="tournament",
    show_default=True,
    help="Choose by one fitness, or by objective, size and cost.",
)
@click.option(
    "--initialisations",
    type=int,
    default=1,
    show_default=True,
    help="Draws of weights and tokens that tau-a on search and validation is averaged over.",
)
@click.option("--tournament", type=int, default=5, show_default=True, help="Entrants for one parent.")
@click.option("--crossover-rate", type=float, default=0.5, show_default=True, help="Share of children of two.")
@click.option("--mutation-rate", type=float, default=0.7, show_default=True, help="Share of mutated children.")
@click.option("--elite", type=int, help="Individuals that survive unchanged.  [default: 5, or all but one if fewer]")
@click.option("--parsimony", type=float, default=0.002, show_default=True, help="Tau that a node must earn.")
@options.batch
@options.tokens
@click.option("--elements", type=int, default=512, show_default=True, help="Elements of a sketched tensor.")
@options.device
@options.deterministic
@engine_options
@click.option("--output", type=click.Path(path_type=Path), help="Run directory.  [default: runs/SPACE-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the run in this directory.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=_read_config,
    is_eager=True,
    expose_value=False,
    help="JSON file with settings, such as a run's config.json.",
)
@as_json
def evolve(
    resume: Path | None,
    output: Path | None,
    where: Where,
    as_json: bool,
    **settings: Any,
) -> None:
    """Discover a proxy: evolve formulas against a table of trained architectures.

    Formulas are searched on one split of the table, chosen on that and a second one, and reported on the rest, which
    nothing has looked at before. Everything is kept in a run directory; a run that was stopped continues with
    --resume.
    """
    from lpzero.cli.long_run import long_run
    from lpzero.evolution.run import execute

    home = writable_cache()
    if resume is not None:
        options.refuse_settings(click.get_current_context())
    made, setting = _resumed(resume) if resume is not None else _begun(output, settings)
    about = f"{setting.table.name}, protocol {setting.space.protocol}"
    with long_run("evolve", made, setting.config, about, where) as (run, engine, display):
        document = execute(run, setting, home=home, engine=engine, observer=display)
    if as_json:
        print_json(document)
    else:
        _print_result(document)


def _resumed(path: Path) -> tuple[Callable[[], DiscoveryRunFolder], Setting[EvolveConfig]]:
    from lpzero.evolution.config import EvolveConfig
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.run import prepare

    run, config = DiscoveryRunFolder.open(path, EvolveConfig)
    return lambda: run, prepare(config)


def _begun(
    output: Path | None, settings: dict[str, Any]
) -> tuple[Callable[[], DiscoveryRunFolder], Setting[EvolveConfig]]:
    from lpzero.evolution.config import check_config
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.run import prepare
    from lpzero.evolution.start import check_sealed

    seeds = {given: _seed_formula(given) for given in settings["seed_formulas"]}
    texts = [str(proxy.formula) for proxy in seeds.values()]
    config = check_config(_started({**complete(settings), "seed_formulas": texts}))
    setting = prepare(config)
    for given, proxy in seeds.items():
        check_sealed(given, proxy.found_on, setting)
    return partial(DiscoveryRunFolder.create, output or free_path(config, config.grammar), config), setting


def _started(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with a start, where nobody chose one: an enumeration, if it is possible."""
    from lpzero.evolution.enumeration.pairs import LARGEST_SPLIT, SMALLEST_SPLIT

    if settings["start"] is not None:
        return settings
    size = settings["search_size"]
    possible = SMALLEST_SPLIT <= size <= LARGEST_SPLIT
    if not possible:
        say(f"start random: an enumeration ranks {SMALLEST_SPLIT} to {LARGEST_SPLIT} architectures, here {size}")
    return {**settings, "start": "enumeration" if possible else "random"}


def _seed_formula(given: str) -> Proxy:
    """The proxy that a text, a name, a file or a run stands for, which must be a formula."""
    from lpzero.proxy import load_proxy

    proxy = load_proxy(given)
    if proxy.formula is None:
        raise InputError(f"--seed-formula {given}: expected a formula, found a coded metric")
    return proxy


def _print_result(document: dict[str, Any]) -> None:
    print_best(document)
    test = document["best"]["test"]
    formulas = f"{document['evaluated']} formulas evaluated"
    if "duplicates" in document:
        formulas += f" ({document['duplicates']} with the ranks of another)"
    click.echo(
        f"\n{document['table']}, protocol {document['protocol']}, seed {document['seed']}: test on {test['n']} "
        f"architectures; {formulas}, {sum(document['pruned'].values())} pruned, "
        f"{document['seconds']:.0f} s, stopped by {document['stopped_by']}; run {document['run']}"
    )
