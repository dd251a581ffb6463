"""``lpzero search``: search architectures with a proxy, without training any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_grid, print_json, say
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.search.config import SearchConfig
    from lpzero.search.folder import SearchFolder
    from lpzero.search.run import SearchSetting

LIMITED = ("params", "nonembedding", "bytes")


def _limits(command: Any) -> Any:
    """Add an option for each cost that may be limited."""
    words = {"params": "all parameters", "nonembedding": "parameters of the blocks", "bytes": "the weights in float32"}
    for name in reversed(LIMITED):
        command = click.option(f"--max-{name}", type=options.Count(), help=f"Most {words[name]}, such as 20M.")(command)
    return command


@click.command()
@click.option("--space", help="Search space: flexibert, gpt2, transfo-xl.  [default: the table's]")
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's, or the table's]")
@click.option("--table", help="Pick among the architectures of this table alone, and say what they are worth.")
@click.option("--proxy", "proxies", multiple=True, help="A proxy; several are combined by their mean rank.")
@_limits
@click.option(
    "--algorithm",
    type=click.Choice(["evolution", "local", "random"]),
    default="evolution",
    show_default=True,
    help="How candidates are proposed.",
)
@click.option("--samples", type=int, default=200, show_default=True, help="Architectures to score.")
@click.option("--budget", type=options.Duration(), help="Stop after this time, such as 5m.")
@click.option("--keep", type=int, default=8, show_default=True, help="How many of the best are written out.")
@options.seed
@options.batch
@options.tokens
@options.device
@options.jobs
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the search.  [default: runs/search-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the search in this folder.")
@as_json
def search(resume: Path | None, output: Path | None, jobs: int | None, as_json: bool, **settings: Any) -> None:
    """Search architectures with a proxy, without training any.

    Beside what is found stand a random search with as many scored architectures, the largest architecture that fits,
    and the largest of those that the random search scored; on the architectures of a --table also what each is worth.
    """
    from lpzero.cli.progress import ProgressDisplay
    from lpzero.search.run import execute

    workers = options.resolve_jobs(jobs)
    if resume is not None:
        options.refuse_settings(click.get_current_context())
    run, setting = _resumed(resume) if resume is not None else _begun(output, settings)
    say(f"search {run.path}: seed {setting.config.seed}, {setting.space.name}, protocol {setting.space.protocol}")
    display = ProgressDisplay()
    try:
        document = execute(run, setting, jobs=workers, observer=display)
    except BaseException:
        display.close()
        say(f"search {run.path} is kept: continue it with lpzero search --resume {run.path}")
        raise
    display.close()
    if as_json:
        print_json(document)
    else:
        _print(document)


def _resumed(path: Path) -> tuple[SearchFolder, SearchSetting]:
    from lpzero.search.folder import SearchFolder
    from lpzero.search.run import prepare

    run, config = SearchFolder.open(path)
    return run, prepare(config)


def _begun(output: Path | None, settings: dict[str, Any]) -> tuple[SearchFolder, SearchSetting]:
    from lpzero.search.folder import SearchFolder
    from lpzero.search.run import prepare

    config = _config(settings)
    setting = prepare(config)
    return SearchFolder.create(output or _free_path(config), config), setting


def _config(settings: dict[str, Any]) -> SearchConfig:
    """The settings, with what follows from space and table where nothing was said, and proxies as texts."""
    from lpzero.proxy import load_proxy
    from lpzero.search.config import SearchConfig
    from lpzero.settings import check_settings
    from lpzero.spaces import SPACES, get_space
    from lpzero.tables import TABLES, load_table

    if not settings["proxies"]:
        raise InputError("--proxy is missing: expected a formula, a name, a file or a run; --proxy params counts alone")
    table, name = settings["table"], settings["space"]
    if name is None and table is None:
        raise InputError(f"--space is missing: expected one of {', '.join(SPACES)}, or a --table")
    loaded = None if table is None else load_table(table)
    if loaded is None:
        space = get_space(name, settings["protocol"])
    else:
        space = get_space(name or loaded.space, loaded.protocol(settings["protocol"]))
    proxies = [load_proxy(given) for given in settings["proxies"]]
    limits = {cost: settings.pop(f"max_{cost}") for cost in LIMITED}
    return check_settings(
        SearchConfig,
        {
            **settings,
            "space": space.name,
            "protocol": space.protocol,
            # a search may be resumed from another working directory
            "table": "" if table is None else table if table in TABLES else str(Path(table).expanduser().resolve()),
            "proxies": [p.metric or str(p.formula) for p in proxies],
            "higher_is_better": [p.higher_is_better for p in proxies],
            "limits": {cost: limit for cost, limit in limits.items() if limit is not None},
            "device": options.resolve_device(settings["device"]),
        },
    )


def _free_path(config: SearchConfig) -> Path:
    """A folder that is not there yet, named after what is searched."""
    return options.free_path(f"search-{Path(config.table).name or config.space}-{config.protocol}-seed{config.seed}")


def _print(document: dict[str, Any]) -> None:
    truth = document["truth"]
    named = [("found", document["best"][0]), *document["controls"].items()]
    header = ["pick", *(p["proxy"] for p in document["proxies"]), *LIMITED]
    header += ["regret", "percentile"] if truth else []
    rows = []
    for name, row in named:
        if row is None:
            continue
        scores = [f"{score:.6g}" for score in row["scores"]] or ["not scored"] * len(document["proxies"])
        rows.append([name, *scores, *(f"{row['costs'][cost]:,}" for cost in LIMITED)])
        if truth:
            rows[-1] += [f"{truth[name]['regret']:.3f}", f"{truth[name]['percentile']:.1f}"]
    print_grid(header, rows)
    limits = ", ".join(f"{name} {limit:,}" for name, limit in document["limits"].items()) or "none"
    click.echo(
        f"\n{document['scored']} architectures scored by {document['algorithm']} ({document['failed']} could not be), "
        f"{document['seconds']:.0f} s; limits: {limits}; seed {document['seed']}; the best are in {document['run']}"
    )
