"""``lpzero enumerate``: rank every formula of the paper's grammar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import as_json, print_json
from lpzero.cli.table_options import complete, free_path, print_best, split_options, table_options, writable_cache
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.discovery.setting import Setting
    from lpzero.evolution.enumeration.config import EnumerateConfig


def _operands(_ctx: click.Context, _param: click.Parameter, value: str) -> list[str]:
    from lpzero.operands.operand import OPERANDS, WHOLE_OPERANDS

    named = {"whole": list(WHOLE_OPERANDS), "all": list(OPERANDS)}
    return named[value] if value in named else [name.strip() for name in value.split(",") if name.strip()]


@click.command("enumerate")
@table_options
@options.seed
@click.option(
    "--grammar",
    default="lpzero",
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
@click.option("--keep", type=int, default=20_000, show_default=True, help="Rankings that the choice looks at.")
@options.batch
@options.tokens
@click.option("--elements", type=int, default=512, show_default=True, help="Elements of a sketched tensor.")
@options.device
@options.deterministic
@engine_options
@click.option("--output", type=click.Path(path_type=Path), help="Run directory.  [default: runs/TABLE-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the enumeration in this directory.")
@as_json
def enumerate(resume: Path | None, output: Path | None, where: Where, as_json: bool, **settings: Any) -> None:
    """Rank every formula of a grammar, the paper's by default: all branches, and all pairs of them under + - x and /.

    Formulas are ranked on one split of the table; of the rankings that are best there, those that are best on a second
    one as well vote, and the formula nearest to their mean is reported on the rest, which nothing has looked at before.
    One that was stopped continues with --resume: its operands are kept, and formulas are ranked anew, in seconds.
    """
    from lpzero.cli.long_run import long_run
    from lpzero.evolution.enumeration.run import execute_enumeration

    home = writable_cache()
    if resume is not None:
        options.refuse_settings(click.get_current_context())
    made, setting = _resumed(resume) if resume is not None else _begun(output, settings)
    about = f"{setting.table.name}, protocol {setting.space.protocol}"
    with long_run("enumerate", made, setting.config, about, where) as (run, engine, display):
        document = execute_enumeration(run, setting, home=home, engine=engine, observer=display)
    if as_json:
        print_json(document)
    else:
        _print(document)


def _resumed(path: Path) -> tuple[Callable[[], DiscoveryRunFolder], Setting[EnumerateConfig]]:
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.enumeration.config import EnumerateConfig
    from lpzero.evolution.enumeration.run import prepare_enumeration

    run, config = DiscoveryRunFolder.open(path, EnumerateConfig)
    return lambda: run, prepare_enumeration(config)


def _begun(
    output: Path | None, settings: dict[str, Any]
) -> tuple[Callable[[], DiscoveryRunFolder], Setting[EnumerateConfig]]:
    from lpzero.evolution.discovery.folder import DiscoveryRunFolder
    from lpzero.evolution.enumeration.config import EnumerateConfig
    from lpzero.evolution.enumeration.run import prepare_enumeration
    from lpzero.formula.grammar import OVER_LAYERS
    from lpzero.settings import check_settings

    if settings["grammar"] not in OVER_LAYERS:
        raise InputError(
            f"expected the grammar {' or '.join(OVER_LAYERS)}, found {settings['grammar']!r}: use lpzero evolve"
        )
    config = check_settings(EnumerateConfig, complete(settings))
    setting = prepare_enumeration(config)
    return partial(DiscoveryRunFolder.create, output or free_path(config, "enumerate"), config), setting


def _print(document: dict[str, Any]) -> None:
    print_best(document)
    top, test = document["top"], document["best"]["test"]
    lost = ", ".join(f"{name} {number}" for name, number in top["lost"].items()) or "none"
    refused = ", ".join(f"{name} {number:,}" for name, number in document["pruned"].items()) or "none"
    click.echo(
        f"\n{document['formulas']:,} formulas of {document['branches']:,} branches, "
        f"{document['per_second']:,} a second; "
        f"{document['distinct_formulas']:,} distinct rankings, {document['nonfinite']:,} not finite, "
        f"{document['constant']:,} constant\n"
        f"rules would have pruned: {refused}\n"
        f"of the {top['rankings']:,} best rankings the rules would have lost: {lost}\n"
        f"{document['table']}, protocol {document['protocol']}, seed {document['seed']}: test on {test['n']} "
        f"architectures; {document['seconds']:.0f} s; run {document['run']}"
    )
