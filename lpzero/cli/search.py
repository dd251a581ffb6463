"""``lpzero search``: search architectures with a proxy, without training any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from lpzero.cli import completion, options
from lpzero.cli.limit_options import LIMITED, limited, limits_of
from lpzero.cli.output import as_json, print_grid, print_result, say_report
from lpzero.cli.progress import progress_display
from lpzero.cli.worker_options import worker_options
from lpzero.nas import defaults

if TYPE_CHECKING:
    from lpzero.engines import Workers
    from lpzero.nas.result import CheckpointLosses, ProofResult, SearchResult
    from lpzero.nas.schedule.result import ScheduleResult

SCHEDULE = "schedule"
UNSCHEDULED = ("proxies", "algorithm", "samples", "budget", "verify")
"""What a schedule says itself, or has no use for."""


@click.command()
@click.option(
    "--space",
    shell_complete=completion.spaces,
    help="Search space: a name of lpzero spaces list, or a space.toml file.  [default: the table's]",
)
@click.option("--protocol", help="Which model an architecture stands for.  [default: the space's, or the table's]")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Search the sub-networks of this checkpoint, a folder of transformers with safetensors.",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="With --model, a text that its units are put in order by; losses are measured on its last tenth.",
)
@click.option(
    "--table",
    shell_complete=completion.tables,
    help="Pick among the architectures of this table alone, and say what they are worth.",
)
@click.option(
    "--proxy",
    "proxies",
    shell_complete=completion.proxies,
    multiple=True,
    help="A proxy; several are combined by their mean rank.  [default: snip on spaces of untrained decoders, "
    "without --table]",
)
@click.option(
    "--schedule",
    type=click.Path(path_type=Path),
    help="A schedule.toml that says which predictor scores from which iteration on, instead of --proxy.",
)
@limited
@click.option(
    "--algorithm",
    type=click.Choice(["guided", "evolution", "nsga2", "local", "random", "exact"]),
    default=defaults.ALGORITHM,
    show_default=True,
    help="How candidates are proposed; exact is certain, and takes a proxy that is a count.",
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
    type=options.PrinciplesFile(),
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
    limits = limits_of(settings)
    if settings["schedule"] is not None:
        options.refuse_given(click.get_current_context(), UNSCHEDULED, "schedule", "its file says how is searched")
        settings = {name: value for name, value in settings.items() if name not in UNSCHEDULED}
    given: dict[str, Any] = {}
    if resume is None:
        given = {**settings, "costs": list(settings["costs"])}
        given["limits"] = limits
    with progress_display() as display:
        result = lpzero.search(**given, output=output, resume=resume, workers=workers, watch=display)
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(result.run)


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
        scores = ["not scored" if score is None else f"{score:.6g}" for score in pick.scores]
        scores = scores or ["not scored"] * len(result.proxies)
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
    if result.losses is not None:
        _print_losses(result.losses, result.run)
    if result.certificate is not None:
        sure = result.certificate
        certain = "certainly the best" if not sure.gap else f"at most {sure.gap:.6g} from the best"
        scheduled = result.algorithm == SCHEDULE
        what = "what the first population begins with is, by its predictor," if scheduled else "found is"
        scale = " on the scale of its sums" if scheduled else ""
        click.echo(f"{what} {certain}: {sure.programs} integer programs, bound {sure.bound:.6g}{scale}")
    if result.proof is not None:
        _print_proof(result.proof)
    if result.algorithm == SCHEDULE:
        _print_schedule(cast("ScheduleResult", result))


def _print_losses(found: CheckpointLosses, folder: str) -> None:
    where = f"{found.tokens:,} tokens of the end of {found.text}, context {found.context}"
    click.echo(f"\nloss in nats a token on {where}; nothing was trained or refitted")
    print_grid(["model", "loss"], [[name, f"{loss:.3f}"] for name, loss in _with_checkpoint(found).items()])
    click.echo(
        f"what was found is a model in {folder}/{found.model}; lpzero compress chooses by the loss, refits and recovers"
    )


def _with_checkpoint(found: CheckpointLosses) -> dict[str, float]:
    return {"the checkpoint": found.checkpoint, **found.losses}


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


def _print_schedule(result: ScheduleResult) -> None:
    click.echo("\nthe scores of two phases are no scale: what is found is the best of the last one")
    rows: list[list[Any]] = [
        [f"{one.begins} to {one.ends}", one.predictor, one.direction, one.scored, f"{one.score:.6g}"]
        for one in result.phases
    ]
    print_grid(["iterations", "predictor", "better", "scored", "best of the phase"], rows)
    click.echo()
    rows = [
        [one.predictor, one.calls, one.without_cache, one.control_calls, one.failed, one.extrapolated, one.seconds]
        for one in result.predictors
    ]
    header = ["predictor", "calls", "without a cache", "for the random search", "failed", "extrapolated", "seconds"]
    print_grid(header, rows)
