"""``lpzero score``: score models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lpzero.cli import options
from lpzero.cli.output import as_json, print_grid, print_json, say
from lpzero.errors import InputError, LpzeroError, NoResultError

if TYPE_CHECKING:
    from lpzero.proxy import Proxy
    from lpzero.scoring.score import Request

Scorer = Callable[[str], dict[str, Any]]
SHOWN_PROXIES = 4
"""More than these, and the table of several models has their mean rank alone."""


@click.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--proxy", "proxies", multiple=True, help="A proxy; may be repeated.  [default: all that ship]")
@click.option(
    "--percentiles",
    type=int,
    default=0,
    help="Score so many random architectures of the model's space as well, and say how many are not better.",
)
@click.option("--within", help="The space of these architectures.  [default: the model's, where it is known]")
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
    percentiles: int,
    within: str | None,
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
    from lpzero.metrics import METRICS
    from lpzero.proxy import load_proxy, proxy_names
    from lpzero.scoring.score import Request, scorer

    _check_limits(isolate)
    if percentiles < 0 or (within is not None and not percentiles):
        raise InputError(f"--percentiles: expected at least 1 where --within is given, found {percentiles}")
    request = Request(
        *(proxies or (*METRICS, *proxy_names()), seed, batch, tokens, options.resolve_device(device)),
        *(percentiles, within, options.resolve_jobs(jobs)),
    )
    chosen, probe = [load_proxy(name) for name in request.proxies], request.probe
    score_one = _isolated(request, chosen, time_limit, memory_limit) if isolate else scorer(request, say)
    if len(models) == 1:
        with redirect_stdout(sys.stderr):
            # whatever the model's own code prints is no part of the result
            document = {"schema": 1, **score_one(models[0])}
        _print_one(document, as_json)
        if not any(row["status"] == "ok" for row in document["scores"]):
            raise NoResultError(f"{models[0]}: no proxy gave a finite score")
        return
    with redirect_stdout(sys.stderr):
        documents = _score_each(models, score_one)
    _print_many(documents, chosen, probe.seed, as_json)


def _check_limits(isolate: bool) -> None:
    """Raise InputError for a limit that nothing would enforce."""
    context = click.get_current_context()
    for name in ("time_limit", "memory_limit"):
        if not isolate and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(f"--{name.replace('_', '-')}: expected --isolate beside it, found none")


def _isolated(request: Request, proxies: list[Proxy], time_limit: float, memory_limit: int | None) -> Scorer:
    """What scores a model in a process of its own."""
    from lpzero.engines import Limits
    from lpzero.scoring.isolation import require_isolation, score_isolated
    from lpzero.spaces.models.memory import free_memory

    require_isolation()
    allowed = Limits(time_limit, free_memory() if memory_limit is None else memory_limit)
    return partial(score_isolated, request=request, names=[proxy.name for proxy in proxies], allowed=allowed)


def _score_each(models: tuple[str, ...], score_one: Scorer) -> list[dict[str, Any]]:
    """One document a model; one that cannot be scored is said, and the others go on."""
    gone = [text for text in models if text.endswith((".py", ".json", ".toml")) and not Path(text).exists()]
    if gone:
        raise InputError(f"{gone[0]}: no such file")
    documents: list[dict[str, Any]] = []
    errors: list[LpzeroError] = []
    for text in models:
        try:
            documents.append(score_one(text))
        except LpzeroError as err:  # noqa: PERF203  (a pass takes a thousand times as long)
            say(f"{text}: left out: {err}")
            errors.append(err)
    if errors and not documents:
        raise errors[0]
    return documents


def _print_one(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    header = ["proxy", "value", "better", "status", "seconds"]
    rows = [
        [
            r["proxy"],
            None if r["value"] is None else f"{r['value']:.6g}",
            r["direction"],
            r["status"],
            f"{r['seconds']:.3f}",
        ]
        for r in document["scores"]
    ]
    if document["percentiles"] is not None:
        header.append("percentile")
        for row, scored in zip(rows, document["scores"], strict=True):
            place = document["percentiles"]["of"][scored["proxy"]]
            row.append(None if place is None else f"{place:.1f}")
    print_grid(header, rows)
    costs = ", ".join(f"{name} {cost:,.0f}" for name, cost in document["costs"].items())
    click.echo(f"\n{document['model']}: {costs}, seed {document['seed']}, batch {document['batch_sha256'][:12]}")


def _print_many(documents: list[dict[str, Any]], proxies: list[Proxy], seed: int, as_json: bool) -> None:
    from lpzero.scoring.score import mean_ranks

    ranks = mean_ranks(documents, proxies)
    order = sorted(range(len(documents)), key=lambda i: (ranks[i] is None, ranks[i] or 0.0))
    ranked = [{"mean_rank": ranks[i], **documents[i]} for i in order]
    if as_json:
        print_json({"schema": 1, "seed": seed, "models": ranked})
    else:
        _print_ranked(ranked, proxies)
    if all(rank is None for rank in ranks):
        raise NoResultError("no proxy gave every model a finite score: there is nothing to rank them by")


def _print_ranked(ranked: list[dict[str, Any]], proxies: list[Proxy]) -> None:
    named = [proxy.name for proxy in proxies] if len(proxies) <= SHOWN_PROXIES else []
    costs = list(ranked[0]["costs"])
    rows = []
    for row in ranked:
        values = {scored["proxy"]: scored["value"] for scored in row["scores"]}
        by_proxy = [None if values[name] is None else f"{values[name]:.6g}" for name in named]
        rank = None if row["mean_rank"] is None else f"{row['mean_rank']:.2f}"
        rows.append([row["model"], rank, *by_proxy, *(f"{row['costs'][name]:,.0f}" for name in costs)])
    print_grid(["model", "mean rank", *named, *costs], rows)
    click.echo(f"\n{len(ranked)} models, the best first, by the mean of their ranks by {len(proxies)} proxies")
