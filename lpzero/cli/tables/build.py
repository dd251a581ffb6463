"""``lpzero tables build``: measure a table by training."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion, options
from lpzero.cli.output import as_json, print_result, say, say_report
from lpzero.cli.tables.choices import build_choices_table
from lpzero.cli.tables.sub_networks import build_sub_networks_table
from lpzero.cli.tables.variants import Variants
from lpzero.cli.worker_options import worker_options
from lpzero.errors import InputError, LpzeroError

if TYPE_CHECKING:
    from lpzero.engines import Engine, Workers
    from lpzero.spaces.space import Objective
    from lpzero.tables.recipe import Recipe
    from lpzero.training.corpus import CorpusFiles
    from lpzero.training.scale import Scale

_LOG = logging.getLogger(__name__)
_NOTE = "The quality is that of the first seed; every training sees the same batches in the same order."


class _Place(click.Path):
    """A path whose ``~`` is the home folder, also where a shell leaves it, as in ``--out=~/mine``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Expand it; raises InputError where it names a user who has no home folder."""
        path = Path(str(super().convert(value, param, ctx)))
        try:
            return path.expanduser()
        except RuntimeError as err:
            raise InputError(f"expected a path, found {path}: no such user: write ./{path} for such a name") from err


@click.command(
    "build", cls=Variants, variants={"--choices": build_choices_table, "--sub-networks": build_sub_networks_table}
)
@click.option(
    "--space",
    shell_complete=completion.spaces,
    required=True,
    help="Space of the architectures: flexibert (masked), gpt2, llama or rnn (causal).",
)
@click.option(
    "--archs",
    type=int,
    default=128,
    show_default=True,
    help="Architectures to train, drawn evenly over depth and width; a table may grow later, never shrink.",
)
@click.option(
    "--repeat",
    type=int,
    help="How many of them, the first ones drawn, are trained twice, which measures the noise.  "
    "[default: 24, or all if fewer]",
)
@click.option("--corpus", type=_Place(), required=True, help="UTF-8 text to train on.")
@click.option(
    "--validation", type=_Place(), help="UTF-8 text to validate on.  [default: the last tenth of --corpus, held out]"
)
@click.option(
    "--out",
    type=_Place(),
    required=True,
    help="Folder of the table: a new one, or one that this command began, which goes on.",
)
@click.option("--name", help="Name of the table.  [default: that of the folder]")
@click.option("--source", help="Where the table comes from, on its card.  [default: lpzero tables build]")
@click.option("--licence", help="Licence of the table, on its card.  [default: unstated]")
@click.option(
    "--note", "notes", multiple=True, help="What to know about the table, on its card; may come several times."
)
@click.option(
    "--steps", type=int, help="Optimiser steps of a training, at least 10.  [default: 1000 masked, 400 causal]"
)
@click.option("--batch", type=int, help="Sequences of a step.  [default: 80 masked, 16 causal]")
@click.option("--length", type=int, help="Tokens of a sequence, 2 to 64.  [default: 12 masked, 32 causal]")
@click.option(
    "--learning-rate",
    type=float,
    help="The highest rate of AdamW, behind the warm-up.  [default: 0.002 masked, 0.001 causal]",
)
@click.option(
    "--tokens",
    default="bytes",
    show_default=True,
    help="How text becomes ids: bytes, or bpe:N for a byte-pair encoding of N ids learned from --corpus.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of the draw of architectures, of the batches and of the masks, the same for all trainings. Initial "
    "weights do not depend on it: they follow from the architecture and from which of its trainings it is.",
)
@options.device
@worker_options
@options.deterministic
@as_json
def build_table(
    space: str,
    archs: int,
    repeat: int | None,
    corpus: Path,
    validation: Path | None,
    out: Path,
    name: str | None,
    source: str | None,
    licence: str | None,
    notes: tuple[str, ...],
    steps: int | None,
    batch: int | None,
    length: int | None,
    learning_rate: float | None,
    tokens: str,
    seed: int,
    device: str,
    deterministic: bool,
    workers: Workers,
    as_json: bool,
) -> None:
    """Train architectures of a space on a text, all by one recipe, and keep their validation losses as a table.

    Each training is kept when it ends: a build that was stopped goes on when the same command is given again, and
    one with more --archs or --repeat grows the table. Trainings that failed or lacked memory are then tried again.

    With --sub-networks CHECKPOINT it is a table of how well sub-networks of a checkpoint recover, and has options of
    its own: see lpzero tables build --sub-networks CHECKPOINT --help.

    With --choices CHECKPOINT it is a table of what single replacements cost a checkpoint, and has options of its own:
    see lpzero tables build --choices CHECKPOINT --help.
    """
    from lpzero.tables.naming import check_names, check_texts
    from lpzero.training.build import RECIPE
    from lpzero.training.corpus import CorpusFiles, read_corpus
    from lpzero.training.scale import recipe

    named = out.resolve().name if name is None else name
    check_names(named, out)
    facts = {key: text for key, text in (("source", source), ("licence", licence)) if text is not None}
    check_texts([*facts.items(), *(("notes", note) for note in notes)])
    if archs < 2:
        raise InputError(f"--archs: expected at least 2, for there to be something to rank, found {archs}")
    objective, protocol = _trained(space)
    given = {"steps": steps, "batch": batch, "length": length, "learning_rate": learning_rate}
    scale = _scale(objective, given, seed, device)
    numbers = {"number": archs, "repeated": min(24, archs) if repeat is None else repeat}
    written = recipe(space, objective, read_corpus(corpus, validation=validation, tokens=tokens), scale, protocol)
    try:
        with workers.open(scale.device, deterministic=deterministic) as engine:
            source_text = CorpusFiles(corpus, validation, tokens)
            card = _build(written, source_text, out, numbers, {"name": named, **facts}, notes, engine)
    except LpzeroError:
        raise
    except BaseException:
        if (out / RECIPE).exists():
            say(f"{out} is kept with every training that ended: give the same command again to go on")
        raise
    _print(card, out, as_json)
    say_report(out)


def _trained(space: str) -> tuple[Objective, str]:
    """The objective of a space, and the protocol of the models that lpzero trains itself."""
    from lpzero.spaces import get_space, own

    known = get_space(space)
    protocol = own.trained_name(known.protocols)
    if protocol is None or get_space(space, protocol).pretrained:
        raise InputError(
            f"{space} has no models that lpzero trains itself: expected flexibert, gpt2, llama or rnn; what was "
            "measured in another space is imported by lpzero tables import"
        )
    return known.objective, protocol


def _scale(objective: Objective, given: dict[str, Any], seed: int, device: str) -> Scale:
    from lpzero.api.setup import resolve_device
    from lpzero.training.scale import SCALES

    changes = {name: value for name, value in given.items() if value is not None}
    return replace(SCALES[objective], **changes, seed=seed, device=resolve_device(device))


def _build(
    recipe: Recipe,
    source: CorpusFiles,
    out: Path,
    numbers: dict[str, int],
    facts: dict[str, str],
    notes: tuple[str, ...],
    engine: Engine,
) -> dict[str, Any]:
    """Build a table, and return its card: ``facts`` and the notes are what the user says of it."""
    from lpzero.cli.progress import progress_display
    from lpzero.progress import counting
    from lpzero.tables.folder import write_folder
    from lpzero.tables.training_record import require_losses
    from lpzero.training.build import build
    from lpzero.training.card import own_card

    with (
        progress_display() as display,
        build(
            recipe,
            source,
            out,
            **numbers,
            engine=engine,
            progress=counting(display, "training", "trainings"),
            say=_LOG.info,
        ) as built,
    ):
        display.close()
        require_losses(built.trainings, out)
        card = own_card(facts["name"], recipe, built.trainings, built.environment, (_NOTE, *notes))
        card |= facts
        write_folder(out, card, built.trainings)
    return card


def _print(card: dict[str, Any], out: Path, as_json: bool) -> None:
    facts = {key: card[key] for key in ("name", "space", "quality", "unit", "figures")}
    facts["protocols"] = list(card["protocols"])
    trainings = card["figures"]["training"]["trainings"]
    if as_json:
        from lpzero.cli.printed import TableBuilt

        print_result(TableBuilt.model_validate({"out": str(out), "trainings": trainings, **facts}))
        return
    noise = card["figures"]["noise"]
    ceiling = "" if noise is None else f"; sd between seeds {noise['sd']:.3g}, ceiling of tau-a {noise['ceiling']:.3f}"
    click.echo(f"{out}: {card['figures']['n']} architectures from {trainings} trainings{ceiling}")
    click.echo(f"show it with lpzero tables show {out}, use it with lpzero evolve --table {out}")
