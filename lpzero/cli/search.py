"""``lpzero search``: search architectures with a proxy, without training any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.nas import defaults

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.nas.result import ProofResult, SearchResult

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
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    help="A proxy; several are combined by their mean rank.  [default: snip on spaces of untrained decoders, "
    "without --table]",
)
@_limits
@click.option(
    "--algorithm",
    type=click.Choice(["guided", "evolution", "nsga2", "local", "random"]),
    default=defaults.ALGORITHM,
    show_default=True,
    help="How candidates are proposed.",
)
@click.option(
    "--against",
    type=click.Choice(list(LIMITED)),
    default=defaults.AGAINST,
    show_default=True,
    help="The cost of the front: the best score for no more of it. nsga2 breeds towards it.",
)
@click.option(
    "--cost", "costs", type=click.Choice(["memory", "latency"]), multiple=True, help="Measure this cost as well."
)
@click.option(
    "--samples", type=int, help=f"Architectures to score.  [default: {defaults.SAMPLES}, or no end with a --budget]"
)
@click.option(
    "--budget",
    type=options.Duration(),
    help="Time to score in, such as 5m, random search included.",
)
@click.option(
    "--keep", type=int, default=defaults.KEEP, show_default=True, help="How many of the best are written out."
)
@click.option(
    "--verify",
    type=int,
    default=0,
    help="Train so many of the best, as many random ones, and the largest, by the recipe of the space's bundled table.",
)
@click.option(
    "--principles",
    type=click.Path(path_type=Path),
    help="Search within the principles of this file: hard rules filter, soft ones weigh.",
)
@click.option("--corpus", type=click.Path(path_type=Path), help="The text that --verify trains on.")
@click.option("--validation", type=click.Path(path_type=Path), help="The text that --verify validates on.")
@options.seed
@options.batch
@options.tokens
@options.device
@options.deterministic
@worker_options
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the search.  [default: runs/search-...]")
@click.option("--resume", type=click.Path(path_type=Path), help="Continue the search in this folder.")
@as_json
def search(resume: Path | None, output: Path | None, workers: Workers, as_json: bool, **settings: Any) -> None:
    """Search architectures with a proxy, without training any.

    Beside what is found stand a random search with as many scored architectures, the largest architecture that fits,
    and the largest of those that the random search scored; on the architectures of a --table also what each is worth.
    Architectures of the table that the proxy was chosen on are left out.
    """
    import lpzero

    if resume is not None:
        options.refuse_settings(click.get_current_context())
    limits = {cost: settings.pop(f"max_{cost}") for cost in LIMITED}
    given: dict[str, Any] = {}
    if resume is None:
        given = {**settings, "costs": list(settings["costs"])}
        given["limits"] = {cost: limit for cost, limit in limits.items() if limit is not None}
    with progress_display() as display:
        result = lpzero.search(**given, output=output, resume=resume, workers=workers, watch=display)
    if as_json:
        print_result(result)
    else:
        _print(result)


def _print(result: SearchResult) -> None:
    from lpzero.costs.limits import amount

    truth, best = result.truth, result.best[0]
    costs = list(best.costs)
    header = ["pick", *(proxy.proxy for proxy in result.proxies), *costs]
    header += ["regret", "percentile"] if truth else []
    rows = []
    for name, pick in [("found", best), *result.controls.items()]:
        if pick is None:
            continue
        scores = [f"{score:.6g}" for score in pick.scores] or ["not scored"] * len(result.proxies)
        rows.append([name, *scores, *(amount(cost, pick.costs[cost]) for cost in costs)])
        worth = None if not truth else truth[name]
        if worth is not None:
            rows[-1] += [f"{worth.regret:.3f}", f"{worth.percentile:.1f}"]
    print_grid(header, rows)
    limits = ", ".join(f"{name} {amount(name, limit)}" for name, limit in result.limits.items()) or "none"
    click.echo(
        f"\n{result.scored} architectures scored by {result.algorithm} ({result.failed} could not be), "
        f"{result.seconds:.0f} s; limits: {limits}; seed {result.seed}; "
        f"{len(result.front)} on the front against {result.against}; the best are in {result.run}"
    )
    if result.proof is not None:
        _print_proof(result.proof)


def _print_proof(proof: ProofResult) -> None:
    click.echo(f"\ntrained by the recipe of {proof.table}, one seed each; validation loss, lower is better")
    rows = []
    for name, losses in proof.losses.items():
        difference = proof.difference.get(name)
        less = None if difference is None else f"{difference.mean:+.4f}"
        ends = None if difference is None else difference.interval
        interval = None if ends is None else "[{:+.4f}, {:+.4f}]".format(*ends)
        shown = f"{name} ({proof.count})" if name == "count" else name
        rows.append([shown, len(losses), f"{proof.means[name]:.4f}", less, interval])
    print_grid(["group", "trained", "mean loss", "found less this", "interval of 95 %"], rows)
