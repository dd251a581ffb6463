"""What a short recovery is worth: a checkpoint without whole layers, and the full one treated alike.

The full checkpoint has nothing to learn from its own answers: alone they only shake it, since AdamW makes steps of what
is rounded; with a language-model loss beside them it shows how much of a gain is the text's. State and answers of the
checkpoint lie in ``--runs``, from which a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from record import record
from torch import nn
from transformers import AutoModelForCausalLM

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import Windows, read_text, read_tokenizer, to_predict, tokenised, windows
from lpzero.operands.text import passage
from lpzero.progress import Progress

LEAST_INFLUENCE = (25, 13, 26, 14, 12, 17, 15, 3)
"""Layers of SmolLM2-135M by block influence on four windows of WikiText-2, the least first."""
CONTEXT, HELD_OUT = 256, 8
EVERY = 1 << 20
COLUMNS = ("before", "after", "other text, before", "other text, after")


def without_layers(layout: Layout, layers: Sequence[int]) -> Choice:
    """The choice that drops whole layers."""
    return Choice(
        tuple(LayerChoice(one.layer, (), ()) if one.layer in layers else one for one in layout.everything.layers)
    )


def text_of(path: Path, tokenizer: Any, number: int) -> Windows:
    """The first windows of a file."""
    return windows_of(path.name, read_text(path), tokenizer, number)


def windows_of(name: str, text: str, tokenizer: Any, number: int) -> Windows:
    """The first windows of a text."""
    return to_predict(name, windows(tokenised(tokenizer, text, name), number, CONTEXT), "causal", None)


def loss(model: nn.Module, held_out: Windows) -> float:
    """Mean loss, nats a token."""
    return float(window_losses(model, held_out).mean())


def tell(progress: Progress) -> None:
    """Say how far a recovery is."""
    print(f"{100 * progress.share:3.0f} %  {progress.facts}", flush=True)


def main() -> None:
    """Recover and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="WikiText-2 test, to learn from")
    parser.add_argument("--held-out", type=Path, required=True, help="WikiText-2 valid, to judge by")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--drop", type=int, nargs="*", default=list(LEAST_INFLUENCE))
    parser.add_argument("--language-loss", type=float, nargs="*", default=[0.0, 1.0])
    parser.add_argument("--mixed", action="store_true", help="products in bfloat16")
    parser.add_argument("--name", default="compress-recovery")
    given = parser.parse_args()
    full: Any = AutoModelForCausalLM.from_pretrained(given.checkpoint).eval()
    layout, tokenizer = read_layout(full), read_tokenizer(given.checkpoint)
    text, held_out = text_of(given.text, tokenizer, EVERY), text_of(given.held_out, tokenizer, HELD_OUT)
    other = windows_of("other", passage(), tokenizer, HELD_OUT)
    rows = []
    for weight in given.language_loss:
        settings = RecoverySettings(steps=given.steps, language_loss=weight, mixed=given.mixed)
        for name, choice in (("whole layers dropped", without_layers(layout, given.drop)), ("full", layout.everything)):
            model = cut(full, layout, choice)
            run = given.runs / f"{name.replace(' ', '-')}-{weight:g}{'-mixed' * given.mixed}"
            found = recover(model, full, text, settings, folder=run, answers=given.runs / "answers", watch=tell)
            count = sum(parameter.numel() for parameter in model.parameters())
            losses = [loss(one, read) for read in (held_out, other) for one in (model, found.model)]
            rows.append([name, f"{count / 1e6:.1f} M", weight, *losses, round(found.curve[-1].seconds)])
            print(rows[-1], flush=True)
    record(
        given.name,
        f"python benchmarks/compress_recovery.py --checkpoint DIR --text wikitext2-test.txt "
        f"--held-out wikitext2-valid.txt --runs DIR --steps {given.steps}{' --mixed' * given.mixed}",
        ("model", "parameters", "weight of the language loss", *COLUMNS, "seconds"),
        rows,
        steps=given.steps,
        dropped=given.drop,
        loss=f"nats a token on the first {HELD_OUT} windows of {CONTEXT} tokens of WikiText-2 valid",
        other=f"the first {len(other.inputs)} windows of Alice's Adventures in Wonderland, which the package has",
        learned=f"AdamW {settings.rate}, {settings.windows} windows of {CONTEXT} tokens of WikiText-2 test a step",
    )


if __name__ == "__main__":
    main()
