"""What ``evolve`` and ``enumerate`` share: which table is searched on, and how a result is printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import AGAINST, SHARES, against, figures, print_grid, say, shares
from lpzero.errors import InputError, LpzeroError

if TYPE_CHECKING:
    from lpzero.evolution.discovery.config import TableConfig

LARGEST_PART = 50
Command = Callable[..., Any]


def table_options(command: Command) -> Command:
    """Add the options that say which architectures are searched on."""
    for option in (
        click.option("--table", help="Table of measured qualities: a name or a folder.  [default: the space's first]"),
        click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]"),
        click.option("--space", help="Search space: flexibert, gpt2, transfo-xl.  [default: the table's]"),
    ):
        command = option(command)
    return command


def split_options(command: Command) -> Command:
    """Add the options that say how many records are for what."""
    for option in (
        click.option("--validation-size", type=int, help="Records for the choice.  [default: the same]"),
        click.option(
            "--search-size", type=int, help="Records for fitness.  [default: a quarter of the table, at most 50]"
        ),
    ):
        command = option(command)
    return command


def complete(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings, with what follows from the table where nothing was said: space, protocol, sizes, device."""
    from lpzero.spaces import get_space
    from lpzero.tables import TABLES, load_table

    name = settings["table"] or default_table(settings["space"], settings["protocol"])
    _fetch_if_nowhere(name)
    table = load_table(name)
    space = settings["space"] or table.space
    if table.space != get_space(space).name:
        raise InputError(f"table {table.name} is of space {table.space}, found --space {space}")
    quarter = max(4, min(LARGEST_PART, table.n // 4))
    sizes = {key: quarter for key in ("search_size", "validation_size") if settings[key] is None}
    return {
        **settings,
        "space": space,
        "protocol": table.protocol(settings["protocol"]),
        # a run may be resumed from another working directory
        "table": name if name in TABLES else str(Path(name).expanduser().resolve()),
        "device": options.resolve_device(settings["device"]),
        **sizes,
    }


def default_table(space: str | None, protocol: str | None) -> str:
    """The first known table of a space whose architectures stand for a protocol."""
    from lpzero.spaces import SPACES, get_space
    from lpzero.tables import TABLES

    if space is None:
        raise InputError(f"--space is missing: expected one of {', '.join(SPACES)}, or a --table")
    wanted = get_space(space, protocol)
    names = [e.name for e in TABLES.values() if e.space == wanted.name and protocol in (None, *e.protocols)]
    if not names:
        raise InputError(f"no known table of {space} was measured on the models of {protocol}: give a --table")
    return names[0]


def _fetch_if_nowhere(name: str) -> None:
    """Download the table where it is not here and nobody said where it should be."""
    from lpzero.tables import TABLES, fetch, find

    if name in TABLES and find(TABLES[name]) is None and "LPZERO_DATA" not in os.environ:
        say(f"table {name} is not here: fetching it, as lpzero tables fetch {name} does")
        fetch(name, progress=True)


def writable_cache() -> Path:
    """The cache folder; raises LpzeroError where it cannot be written."""
    from lpzero.paths import cache_home, writable

    home = cache_home()
    if not writable(home):
        raise LpzeroError(f"the cache folder {home} cannot be written: set LPZERO_HOME to one that can")
    return home


def free_path(config: TableConfig, name: str) -> Path:
    """A run directory that is not there yet, named after what is searched."""
    return options.free_path(f"{Path(config.table).name}-{config.protocol}-{name}-seed{config.seed}")


def print_best(document: dict[str, Any]) -> None:
    """Print the chosen formula, its sealed test beside the baselines, and what it was chosen on."""
    best, test = document["best"], document["best"]["test"]
    click.echo(f"best formula ({best['direction']} is better, {best['size']} nodes):\n  {best['formula']}\n")
    rows = [["best formula", *figures(test)]]
    rows += [[f"baseline {row['proxy']}", *figures(row["test"])] for row in document["baselines"]]
    print_grid(["sealed test", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"], rows)
    ranked = [("best formula", test), *((row["proxy"], row["test"]) for row in document["baselines"])]
    click.echo()
    print_grid(["tau-a", *SHARES], [[name, *shares(found)] for name, found in ranked])
    compared = against(document["baselines"])
    if compared:
        click.echo()
        print_grid(AGAINST, compared)
    splits = [(name, best[name]) for name in ("search", "validation")]
    click.echo()
    print_grid(
        ["chosen on", "tau-a", "tau-b", "rho", "distinct", "sketch tau-a"],
        [[f"{name} ({part['n']})", *figures(part)[:4], best["sketch"][name]] for name, part in splits],
    )
