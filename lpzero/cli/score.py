"""``lpzero score``: score models."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError, LpzeroError, NoResultError

if TYPE_CHECKING:
    from lpzero.scoring.result import ProxyScore, ScoreResult, ScoresResult

SHOWN_PROXIES = 4
"""More than these, and the table of several models has their mean rank alone."""


@click.command()
@click.argument("models", nargs=-1, required=True)
@click.option(
    "--proxy",
    "proxies",
    shell_complete=completion.proxies,
    multiple=True,
    help="A proxy; may be repeated; all for all that ship.  [default: snip]",
)
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="The space of an architecture: a space.toml, or the folder of a checkpoint.  [default: the one that it names, "
    "or whose space.toml lies beside it]",
)
@click.option(
    "--percentiles",
    type=int,
    default=0,
    help="Score so many random architectures of the model's space as well, and say how many are worse.",
)
@click.option(
    "--within",
    shell_complete=completion.spaces,
    help="The space of these architectures.  [default: the model's, where it is known]",
)
@click.option(
    "--sketch",
    type=int,
    metavar="N",
    help="Estimate formulas from N elements of each tensor, and say with what standard error.  [default: exact]",
)
@options.seed
@options.batch
@options.tokens
@options.device
@options.jobs
@click.option(
    "--isolate",
    is_flag=True,
    help="Score each model in a process of its own, with limits, and with nothing secret in its environment.",
)
@click.option(
    "--time-limit",
    type=options.Duration(),
    default="10m",
    show_default=True,
    help="With --isolate: most time for one model, such as 5m.",
)
@click.option(
    "--memory-limit",
    type=options.Size(),
    help="With --isolate: most memory that one model's process may allocate, such as 4GiB.  [default: what is free]",
)
@as_json
def score(
    models: tuple[str, ...],
    proxies: tuple[str, ...],
    space: str | None,
    percentiles: int,
    within: str | None,
    sketch: int | None,
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    jobs: int | None,
    isolate: bool,
    time_limit: float,
    memory_limit: int | None,
    as_json: bool,
) -> None:
    """Score MODELS with proxies; several of them become a ranked table with costs.

    Each is a Python file with build_model() and, optionally, example_batch() - the file is run as code, so give only
    files that you trust, and --isolate others -, a transformers configuration (JSON), an architecture of a space (JSON
    or TOML), a local model folder, or the name of a model that is in the hub's local cache.
    """
    import lpzero
    from lpzero.engines import Workers

    _check_limits(isolate)
    chosen: dict[str, Any] = {
        "seed": seed,
        "batch": batch,
        "tokens": tokens,
        "device": device,
        "space": space,
        "percentiles": percentiles,
        "within": within,
        "sketch": sketch,
        "isolate": isolate,
        "time_limit": time_limit,
        "memory_limit": memory_limit,
        "workers": Workers(jobs),
    }
    # whatever the model's own code prints is no part of the result
    if len(models) == 1:
        with redirect_stdout(sys.stderr):
            one = lpzero.score(models[0], proxies, **chosen)
        _print_one(one, as_json)
        if not any(row.status == "ok" for row in one.scores):
            raise NoResultError(f"{models[0]}: no proxy gave a finite score")
        return
    with redirect_stdout(sys.stderr):
        several = lpzero.score_models(models, proxies, **chosen)
    _print_many(several, as_json)
    if all(model.mean_rank is None for model in several.models):
        raise NoResultError("no proxy gave every model a finite score: there is nothing to rank them by")
    if several.left_out:
        names = ", ".join(one.model for one in several.left_out)
        raise LpzeroError(f"{len(several.left_out)} of {len(models)} models could not be scored: {names}")


def _check_limits(isolate: bool) -> None:
    """Raise InputError for a limit that nothing would enforce."""
    context = click.get_current_context()
    for name in ("time_limit", "memory_limit"):
        if not isolate and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(f"`{name}`: expected `isolate` beside it, found none")


def _print_one(result: ScoreResult, as_json: bool) -> None:
    if as_json:
        print_result(result)
        return
    header = ["proxy", "value", "better", "status", "seconds"]
    rows = [[r.proxy, _value(r), r.direction, r.status, f"{r.seconds:.3f}"] for r in result.scores]
    if result.percentiles is not None:
        header.append("percentile")
        for row, scored in zip(rows, result.scores, strict=True):
            place = result.percentiles.of[scored.proxy]
            row.append(None if place is None else f"{place:.1f}")
    print_grid(header, rows)
    costs = ", ".join(f"{name} {_cost(cost)}" for name, cost in result.costs)
    click.echo(f"\n{result.model}: {costs}, seed {result.seed}, batch {result.batch_sha256[:12]}")


def _print_many(result: ScoresResult, as_json: bool) -> None:
    if as_json:
        print_result(result)
        return
    proxies = [scored.proxy for scored in result.models[0].scores]
    named = proxies if len(proxies) <= SHOWN_PROXIES else []
    costs = [name for name, _ in result.models[0].costs]
    rows = []
    for model in result.models:
        values = {scored.proxy: _value(scored) for scored in model.scores}
        rank = None if model.mean_rank is None else f"{model.mean_rank:.2f}"
        rows.append([model.model, rank, *(values[name] for name in named), *(_cost(cost) for _, cost in model.costs)])
    print_grid(["model", "mean rank", *named, *costs], rows)
    click.echo(f"\n{len(rows)} models, the best first, by the mean of their ranks by {len(proxies)} proxies")


def _cost(cost: float | None) -> str:
    return "unknown" if cost is None else f"{cost:,.0f}"


def _value(score: ProxyScore) -> str | None:
    if score.value is None:
        return None
    return f"{score.value:.6g}" + ("" if score.error is None else f" ± {score.error:.2g}")
