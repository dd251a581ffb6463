"""``lpzero tables build``: measure a table by training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lpzero.cli import options
from lpzero.cli.output import as_json, print_json
from lpzero.errors import InputError


@click.command("build")
@click.option("--space", required=True, help="Space of the architectures.")
@click.option("--archs", type=int, default=128, show_default=True, help="Architectures to train.")
@click.option("--repeat", type=int, help="How many of them are trained twice.  [default: 24, or all if fewer]")
@click.option("--corpus", type=click.Path(path_type=Path), required=True, help="UTF-8 text to train on.")
@click.option("--validation", type=click.Path(path_type=Path), help="Text to validate on.  [default: a last tenth]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the table, new or begun.")
@click.option("--name", help="Name of the table.  [default: the folder's]")
@click.option("--steps", type=int, help="Optimiser steps.  [default: 1000 masked, 400 causal]")
@click.option("--batch", type=int, help="Sequences of a step.  [default: 80 masked, 16 causal]")
@click.option("--length", type=int, help="Tokens of a sequence.  [default: 12 masked, 32 causal]")
@click.option("--learning-rate", type=float, help="The highest rate.  [default: 0.002 masked, 0.001 causal]")
@click.option("--tokens", default="bytes", show_default=True, help="bytes, or bpe:N for a byte-pair encoding.")
@options.seed
@options.device
@options.jobs
@as_json
def build_table(
    space: str,
    archs: int,
    repeat: int | None,
    corpus: Path,
    validation: Path | None,
    out: Path,
    name: str | None,
    steps: int | None,
    batch: int | None,
    length: int | None,
    learning_rate: float | None,
    tokens: str,
    seed: int,
    device: str,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Train architectures of a space on a text, all by one recipe, and keep their validation losses as a table."""
    from lpzero.cli.progress import ProgressDisplay
    from lpzero.proxy.card import own_card
    from lpzero.spaces import get_space, own
    from lpzero.tables.build import Source, build, environment
    from lpzero.tables.corpus import read_corpus
    from lpzero.tables.folder import write_folder
    from lpzero.tables.recipe import SCALES, recipe

    known = get_space(space)
    if own.NAME not in known.protocols:
        raise InputError(f"{space} has no models that lpzero trains itself: expected flexibert or gpt2")
    objective = known.objective
    given: dict[str, Any] = {"steps": steps, "batch": batch, "length": length, "learning_rate": learning_rate}
    scale = replace(
        SCALES[objective],
        **{name: value for name, value in given.items() if value is not None},
        seed=seed,
        device=options.resolve_device(device),
    )
    source = Source(corpus, validation, tokens)
    text = read_corpus(corpus, validation=validation, tokens=tokens)
    written = recipe(space, objective, text, scale)
    display = ProgressDisplay()
    try:
        records = build(
            written,
            source,
            out,
            number=archs,
            repeated=min(24, max(0, archs)) if repeat is None else repeat,
            jobs=options.resolve_jobs(jobs),
            progress=display.trainings,
        )
    finally:
        display.close()
    notes = ("The quality is that of the first seed; every training sees the same batches in the same order.",)
    card = own_card(name or out.resolve().name, written, records, environment(written.device), notes)
    write_folder(out, card, records)
    _print(card, len(records), out, as_json)


def _print(card: dict[str, Any], trainings: int, out: Path, as_json: bool) -> None:
    facts = {key: card[key] for key in ("name", "space", "protocols", "quality", "unit", "figures")}
    if as_json:
        print_json({"schema": 1, "out": str(out), "trainings": trainings, **facts})
        return
    noise = card["figures"]["noise"]
    ceiling = "" if noise is None else f"; sd between seeds {noise['sd']:.3g}, ceiling of tau-a {noise['ceiling']:.3f}"
    click.echo(f"{out}: {card['figures']['n']} architectures from {trainings} trainings{ceiling}")
    click.echo(f"show it with lpzero tables show {out}, use it with lpzero evolve --table {out}")
