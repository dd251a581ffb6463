"""``lpzero search``: search architectures with a proxy, without training any."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import as_json, print_grid, print_json, say
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.nas.config import SearchConfig
    from lpzero.nas.folder import SearchRunFolder
    from lpzero.nas.setting import SearchSetting
    from lpzero.proxy import Proxy
    from lpzero.spaces.space import SearchSpace
    from lpzero.tables import Table

# The words of lpzero.costs.costs.COSTS, which this file does not import: that would load torch for --help.
LIMITED = {
    "params": (options.Count(), "parameters, such as 20M"),
    "nonembedding": (options.Count(), "parameters of the blocks"),
    "bytes": (options.Size(), "weights in float32, such as 80MB"),
    "flops": (options.Count(), "floating-point operations of a forward pass a token, such as 50M"),
    "memory": (options.Size(), "peak memory of a forward pass, such as 200MB"),
    "latency": (options.Duration(), "median time of a forward pass over one sequence, such as 5ms"),
}


def _limits(command: Any) -> Any:
    """Add an option for each cost that may be limited."""
    for name, (kind, meaning) in reversed(LIMITED.items()):
        command = click.option(f"--max-{name}", type=kind, help=f"Most {meaning}.")(command)
    return command


@click.command()
@click.option(
    "--space", help="Search space: a name of lpzero spaces list, or a space.toml file.  [default: the table's]"
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's, or the table's]")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Search the sub-networks of this LLaMA checkpoint, a folder with safetensors.",
)
@click.option("--table", help="Pick among the architectures of this table alone, and say what they are worth.")
@click.option("--proxy", "proxies", multiple=True, help="A proxy; several are combined by their mean rank.")
@_limits
@click.option(
    "--algorithm",
    type=click.Choice(["guided", "evolution", "nsga2", "local", "random"]),
    default="guided",
    show_default=True,
    help="How candidates are proposed.",
)
@click.option(
    "--against",
    type=click.Choice(list(LIMITED)),
    default="params",
    show_default=True,
    help="The cost of the front: the best score for no more of it. nsga2 breeds towards it.",
)
@click.option(
    "--cost", "costs", type=click.Choice(["memory", "latency"]), multiple=True, help="Measure this cost as well."
)
@click.option("--samples", type=int, help="Architectures to score.  [default: 200, or no end with a --budget]")
@click.option(
    "--budget",
    type=options.Duration(),
    help="Time to score in, such as 5m, random search included.",
)
@click.option("--keep", type=int, default=8, show_default=True, help="How many of the best are written out.")
@click.option(
    "--verify",
    type=int,
    default=0,
    help="Train so many of the best, as many random ones, and the largest, by the recipe of the space's bundled table.",
)
@click.option("--corpus", type=click.Path(path_type=Path), help="The text that --verify trains on.")
@click.option("--validation", type=click.Path(path_type=Path), help="The text that --verify validates on.")
@options.seed
@options.batch
@options.tokens
@options.device
@options.deterministic
@engine_options
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the search.  [default: runs/search-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the search in this folder.")
@as_json
def search(resume: Path | None, output: Path | None, where: Where, as_json: bool, **settings: Any) -> None:
    """Search architectures with a proxy, without training any.

    Beside what is found stand a random search with as many scored architectures, the largest architecture that fits,
    and the largest of those that the random search scored; on the architectures of a --table also what each is worth.
    Architectures of the table that the proxy was chosen on are left out.
    """
    from lpzero.cli.long_run import long_run
    from lpzero.nas.run import execute

    if resume is not None:
        options.refuse_settings(click.get_current_context())
    made, setting = _resumed(resume) if resume is not None else _begun(output, settings)
    about = f"{setting.space.name}, protocol {setting.space.protocol}"
    with long_run("search", made, setting.config, about, where) as (run, engine, display):
        if setting.config.left_out:
            say(f"{len(setting.config.left_out)} architectures of the table are left out: the proxy was chosen on them")
        document = execute(run, setting, engine=engine, observer=display)
    if as_json:
        print_json(document)
    else:
        _print(document)


def _resumed(path: Path) -> tuple[Callable[[], SearchRunFolder], SearchSetting]:
    from lpzero.nas.folder import SearchRunFolder
    from lpzero.nas.setting import prepare

    run, config = SearchRunFolder.open(path)
    return lambda: run, prepare(config, run)


def _begun(output: Path | None, settings: dict[str, Any]) -> tuple[Callable[[], SearchRunFolder], SearchSetting]:
    from lpzero.nas.folder import SearchRunFolder
    from lpzero.nas.setting import prepare

    config = _config(settings)
    setting = prepare(config)
    return partial(SearchRunFolder.create, output or _free_path(config, setting), config), setting


def _config(settings: dict[str, Any]) -> SearchConfig:
    """The settings, with what follows from space and table where nothing was said, and proxies as texts."""
    from lpzero.nas.config import SearchConfig
    from lpzero.proxy import load_proxy
    from lpzero.settings import check_settings
    from lpzero.tables import TABLES, load_table

    if not settings["proxies"]:
        raise InputError("--proxy is missing: expected a formula, a name, a file or a run; --proxy params counts alone")
    table = settings["table"]
    loaded = None if table is None else load_table(table)
    space = _space(settings.pop("model"), settings["space"], settings["protocol"], loaded)
    proxies = [load_proxy(given) for given in settings["proxies"]]
    limits = {cost: settings.pop(f"max_{cost}") for cost in LIMITED}
    # a search may be resumed from another working directory
    paths = {name: "" if (path := settings.pop(name)) is None else _whole(path) for name in ("corpus", "validation")}
    if settings["samples"] is None:
        settings["samples"] = 200 if settings["budget"] is None else None
    return check_settings(
        SearchConfig,
        {
            **settings,
            **paths,
            "space": space.reference,
            "protocol": space.protocol,
            "table": "" if table is None else table if table in TABLES else _whole(table),
            "left_out": [] if loaded is None else _left_out(proxies, loaded),
            "proxies": [p.metric or str(p.formula) for p in proxies],
            "names": [p.name for p in proxies],
            "higher_is_better": [p.higher_is_better for p in proxies],
            "limits": {cost: float(limit) for cost, limit in limits.items() if limit is not None},
            "costs": list(settings["costs"]),
            "device": options.resolve_device(settings["device"]),
        },
    )


def _whole(path: Path | str) -> str:
    return str(Path(path).expanduser().resolve())


def _space(model: Path | None, name: str | None, protocol: str | None, table: Table | None) -> SearchSpace:
    from lpzero.spaces import get_space

    if model is not None:
        if name not in (None, "llama") or table is not None:
            raise InputError("--model is a space of its own: expected no --table, and no --space but llama")
        if not model.is_dir():
            raise InputError(f"--model {model}: expected the folder of a checkpoint, found none")
        return get_space(_whole(model), protocol)
    if table is not None:
        return get_space(name or table.space, table.protocol(protocol))
    if name is None:
        from lpzero.spaces import space_names

        raise InputError(
            f"--space is missing: expected one of {', '.join(space_names())}, a space.toml file, a --model or a --table"
        )
    return get_space(name, protocol)


def _left_out(proxies: list[Proxy], table: Table) -> list[str]:
    from lpzero.proxy.exclusion import chosen_on

    return sorted({name for proxy in proxies for name in chosen_on(proxy, table)})


def _free_path(config: SearchConfig, setting: SearchSetting) -> Path:
    """A folder that is not there yet, named after what is searched."""
    name = Path(config.table).name or setting.space.name
    return options.free_path(f"search-{name}-{config.protocol}-seed{config.seed}")


def _print(document: dict[str, Any]) -> None:
    from lpzero.costs.limits import amount

    truth = document["truth"]
    named = [("found", document["best"][0]), *document["controls"].items()]
    costs = list(document["best"][0]["costs"])
    header = ["pick", *(p["proxy"] for p in document["proxies"]), *costs]
    header += ["regret", "percentile"] if truth else []
    rows = []
    for name, row in named:
        if row is None:
            continue
        scores = [f"{score:.6g}" for score in row["scores"]] or ["not scored"] * len(document["proxies"])
        rows.append([name, *scores, *(amount(cost, row["costs"][cost]) for cost in costs)])
        if truth:
            rows[-1] += [f"{truth[name]['regret']:.3f}", f"{truth[name]['percentile']:.1f}"]
    print_grid(header, rows)
    limits = ", ".join(f"{name} {amount(name, limit)}" for name, limit in document["limits"].items()) or "none"
    click.echo(
        f"\n{document['scored']} architectures scored by {document['algorithm']} ({document['failed']} could not be), "
        f"{document['seconds']:.0f} s; limits: {limits}; seed {document['seed']}; "
        f"{len(document['front'])} on the front against {document['against']}; the best are in {document['run']}"
    )
    if document["proof"]:
        _print_proof(document["proof"])


def _print_proof(proof: dict[str, Any]) -> None:
    click.echo(f"\ntrained by the recipe of {proof['table']}, one seed each; validation loss, lower is better")
    print_grid(
        ["group", "trained", "mean loss", "found less this", "interval of 95 %"],
        [
            [
                name,
                len(rows),
                f"{proof['means'][name]:.4f}",
                None if name == "found" else f"{proof['difference'][name]['mean']:+.4f}",
                None if name == "found" else "[{:+.4f}, {:+.4f}]".format(*proof["difference"][name]["interval"]),
            ]
            for name, rows in proof["losses"].items()
        ],
    )
