"""``lpzero compress``: a sub-network of a trained checkpoint that still speaks, chosen exactly."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import options
from lpzero.cli.flags import as_flags
from lpzero.cli.options import Count, Duration, Size
from lpzero.cli.output import as_json, ends, print_grid, print_result, say, say_report
from lpzero.cli.progress import progress_display
from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.compression.choosing.fronts import CompressFront
    from lpzero.compression.result import CompressResult

TAYLOR = "taylor"
LIMITS = ("params", "flops", "kv_bytes", "latency")


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--calibration", type=click.Path(path_type=Path), required=True, help="A file of text to choose by.")
@click.option("--out", "output", type=click.Path(path_type=Path), help="The folder to write.")
@click.option("--front", type=int, help="Choose within so many limits on the parameters, print them, write nothing.")
@click.option("--max-params", type=Count(), help="Most parameters, such as 106M.")
@click.option("--keep", type=float, help="Share of the parameters to keep at most, such as .8.")
@click.option("--max-flops", type=Count(), help="Most floating-point operations of a forward pass a token.")
@click.option("--max-kv-bytes", type=Size(), help="Most bytes of the cache a token, such as 20KiB.")
@click.option("--max-latency", type=Duration(), help="Longest forward pass over one window, such as 300ms.")
@click.option(
    "--check", multiple=True, type=click.Path(path_type=Path), help="A further file of text to measure losses on."
)
@click.option(
    "--importance",
    metavar="NAME|FORMULA|FILE|RUN",
    default="taylor",
    show_default=True,
    help="What says which units matter: taylor, wanda, magnitude, or a formula of units, a file with one, or the "
    "folder of an evolution on choices; or block_influence, which whole layers do.",
)
@click.option(
    "--measure",
    type=click.Path(path_type=Path),
    help="Measure what is chosen, choose again, and keep what was measured in this file.  [default: estimates]",
)
@click.option(
    "--budget", help="Compare choices by their joint divergence and try swaps: trials, such as 200, or a time."
)
@click.option("--plain", is_flag=True, help="Keep to what an ordinary configuration says: fewer layers, one width.")
@click.option("--refit/--no-refit", default=True, show_default=True, help="Refit what stays by least squares.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["transformers", "plain", "block_configs", "gguf"]),
    default="transformers",
    show_default=True,
    help="The form of the files.",
)
@options.with_default("--widths", 16, "Widths of a feed-forward to choose among.")
@options.with_default("--context", 256, "Tokens of a window of text.")
@options.with_default("--windows", 8, "Windows of each text that losses are measured on.")
@options.with_default("--looking", 16, "Windows of the calibration text to choose by.")
@options.with_default("--fitting", 64, "Windows of the calibration text that what stays is refitted on.")
@click.option("--controls/--no-controls", default=True, show_default=True, help="Measure controls beside the choice.")
@click.option("--recover", help="Learn from the full model afterwards: steps, such as 500, or a time, such as 10m.")
@options.with_default("--language-loss", 0.0, "Weight of the text's own loss beside it.")
@click.option("--mixed", is_flag=True, help="Learn with products in bfloat16; weights stay in float32.")
@click.option("--rank", type=int, help="Rank of adapters (LoRA) that learn in the place of all weights.")
@click.option(
    "--elastic",
    type=int,
    help="Before it is chosen what goes, teach an adapter (LoRA) in so many steps to do without units of all kinds.",
)
@options.with_default("--rise", 0.3, "Nats a token by which the loss may rise before a warning.")
@options.seed
@options.device
@as_json
def compress(
    checkpoint: Path,
    calibration: Path,
    output: Path | None,
    front: int | None,
    check: tuple[Path, ...],
    measure: Path | None,
    keep: float | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Cut CHECKPOINT, a folder of transformers, down to a sub-network within limits, and write it to --out.

    What may go are key-value groups with their query heads, feed-forward neurons, attention and feed-forward blocks and
    whole layers. One backward pass says what each costs, an integer program chooses what stays, and what stays is
    refitted; nothing is trained, unless --recover asks for it. The last tenth of the calibration text is not looked at:
    losses are measured there, and on every --check, beside the full model's and those of controls under the same
    limits. A recovery that was stopped goes on where it was, by the same command.
    """
    import lpzero
    from lpzero.compression.settings import CompressSettings

    limits = {name: given.pop(f"max_{name}") for name in LIMITS}
    if front is not None:
        _refuse_beside_front(limits, out=output, check=check, measure=measure, keep=keep)
        with progress_display() as display:
            found = lpzero.compress_front(
                checkpoint, calibration=calibration, number=front, settings=CompressSettings(**given), watch=display
            )
        (print_result if as_json else _print_front)(found)
        return
    if output is None:
        raise InputError("expected --out, the folder to write, or --front for the choices alone")
    with progress_display() as display:
        result = lpzero.compress(
            checkpoint,
            output=output,
            calibration=calibration,
            limits={name: limit for name, limit in limits.items() if limit is not None},
            keep=keep,
            check=check,
            measure=measure,
            settings=CompressSettings(**given),
            command=shlex.join(["lpzero", *sys.argv[1:]]),
            watch=display,
        )
    for note in result.notes:
        say(f"lpzero: warning: {as_flags(note, click.get_current_context().command)}")
    if as_json:
        print_result(result)
    else:
        _print(result)
    say_report(result.out)


def _refuse_beside_front(limits: Mapping[str, object], **others: object) -> None:
    named = [f"--max-{name.replace('_', '-')}" for name, limit in limits.items() if limit is not None]
    named += [f"--{name}" for name, one in others.items() if one]
    if named:
        raise InputError(f"--front writes nothing and has limits of its own: expected no {named[0]} beside it")


def _print_front(found: CompressFront) -> None:
    rows: list[list[object]] = [
        [
            f"{one.limit:,}",
            f"{one.parameters:,}",
            f"{one.expected:.4g}",
            f"{one.bound:.4g}",
            sum(1 for layer in one.layers if layer.groups or layer.neurons),
            sum(layer.groups for layer in one.layers),
            f"{sum(layer.neurons for layer in one.layers):,}",
        ]
        for one in found.points
    ]
    print_grid(["limit", "parameters", "expected", "no choice below", "layers", "groups", "neurons"], rows)
    click.echo(
        f"\n{len(found.points)} limits on the parameters of {found.checkpoint}, {found.full:,} in full; chosen by "
        f"{found.importance}, before any refit; all choices took {found.solved_in:.1f} s; seed {found.seed}"
    )


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if float(amount).is_integer() and amount > 1 else f"{amount:,.4g}"


def _print(result: CompressResult) -> None:
    rows: list[list[object]] = [
        [one.model, one.text, f"{one.loss:.3f}", f"{one.above:+.3f}", ends(one.interval, signed=True)]
        for one in result.losses
    ]
    print_grid(["model", "text", "loss", "above the full model", "95 %"], rows)
    first = result.losses[0]
    click.echo(
        f"\nnats a token; {first.windows} windows of {first.context} tokens of each text, {first.tokens} predicted, "
        "each window by itself; intervals over windows, paired"
    )
    print_grid(
        ["count", "full", "chosen", "limit"],
        [
            [name, *(None if amount is None else _amount(amount) for amount in (one.full, one.chosen, one.limit))]
            for name, one in result.counts.items()
        ],
    )
    kept = [one for one in result.layers if one.groups or one.neurons]
    click.echo(
        f"\n{len(kept)} of {len(result.layers)} layers stay; groups "
        f"{' '.join(str(one.groups) for one in result.layers)}; neurons "
        f"{' '.join(str(one.neurons) for one in result.layers)}"
    )
    if result.elastic is not None:
        click.echo(f"learned to be cut in {result.elastic.steps:,} steps and {result.elastic.seconds:.0f} s")
    if result.recovery is not None:
        learned = result.recovery
        click.echo(
            f"learned from the full model in {learned.steps:,} steps and {learned.seconds:.0f} s: divergence "
            f"{learned.divergence[0]:.3f} at the first, {learned.divergence[-1]:.3f} at the last"
        )
    choosing = result.choosing
    # the costs of other importances are in no unit that a divergence has
    bound = f"expected {choosing.expected:.3f}, no other choice below {choosing.bound:.3f}; "
    expected = bound if choosing.importance == TAYLOR else ""
    click.echo(
        f"chosen by {choosing.importance}, {choosing.measured} replacements measured; divergence from the full model: "
        f"{expected}found {choosing.divergence:.3f} nats a token before any refit"
    )
    if choosing.unrepaired is not None:
        click.echo(
            f"compared {choosing.tried} choices by their joint divergence: that of the cheapest by the sum was "
            f"{choosing.unrepaired:.3f}"
        )
    if result.sample is not None:
        click.echo(
            f"\nafter {result.sample.prompt!r}\n  full:   {result.sample.full!r}\n  chosen: {result.sample.chosen!r}"
        )
    print_grid(
        ["model", "reads, tokens/s", "writes, tokens/s", "memory"],
        [[name, one.read, one.written, f"{one.memory / 2**20:,.0f} MiB"] for name, one in result.running.items()],
    )
    click.echo(
        f"\n{result.parameters:,} parameters in {result.bytes:,} bytes ({result.form}), counted from the files in "
        f"{result.out}; seed {result.seed}; {sum(result.seconds.values()):.0f} s"
    )
