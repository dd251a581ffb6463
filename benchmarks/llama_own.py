"""Make the table ``llama-own``: train a small LLaMA as a super-network, keep its weights, measure its sub-networks.

The training keeps its state every few minutes: the same command goes on with one that was stopped. It prints the loss
over the last hundred steps, of the whole model and of random sub-networks.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from subnetworks import (
    CHECKPOINT,
    drawn_subnetworks,
    held_out,
    measure,
    supernet_document,
    write_checkpoint,
)
from supernet import train_supernet

from lpzero.spaces.llama.space import Llama, open_subnetworks
from lpzero.tables import get_entry
from lpzero.tables.folder import FACTS, read_folder, write_folder
from lpzero.tables.locate import bundled_folder
from lpzero.tables.recipe import Recipe
from lpzero.training.card import figures
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import Scale, recipe

NAME = "llama-own"
SCALE = Scale(steps=5000, batch=16, length=64, learning_rate=2e-3)
SHOWN = 100


class Log:
    """Prints the losses of a training."""

    def __init__(self) -> None:
        self.started, self.losses = time.monotonic(), dict[int, float]()

    def __call__(self, step: int, steps: int, loss: float) -> None:
        """One line every hundred steps."""
        self.losses[step] = loss
        if step % SHOWN == 0:
            last = [s for s in self.losses if s > step - SHOWN]
            whole, parts = (np.mean([self.losses[s] for s in last if s % 2 == odd]) for odd in (1, 0))
            seconds = time.monotonic() - self.started
            print(f"{seconds:6.0f} s, step {step} of {steps}: whole {whole:.3f}, parts {parts:.3f}", flush=True)


def make(corpus: Corpus, trained: Recipe, state: Path, out: Path, archs: int) -> None:
    """Train, measure, write the folder of the table."""
    model, curve = train_supernet(Llama("own"), trained, corpus, state, progress=Log())
    write_checkpoint(out / CHECKPOINT, model)
    space = open_subnetworks(out / CHECKPOINT)
    held, batches = held_out(corpus)
    records = tuple(
        measure(
            space,
            drawn_subnetworks(space, archs, trained.seed),
            batches,
            progress=lambda done, number: print(f"{done} of {number} sub-networks", end="\r", flush=True),
        )
    )
    entry = get_entry(NAME)
    card = {
        **{name: getattr(entry, name) for name in FACTS},
        "recipe": None,
        "environment": None,
        "figures": {},
        "supernet": supernet_document(out / CHECKPOINT, space.base, trained, held, curve),
    }
    write_folder(out, card, records)
    # the figures follow from the table as it is read
    table = replace(read_folder(out).table, name=NAME)
    write_folder(out, {**card, "figures": figures(table, "own")}, records)
    found = read_folder(out).card
    print(f"{out}: {found.records} sub-networks, losses {found.figures['quality']}")
    print(f"lpzero/spaces/llama/space.py: OWN_DIGEST {found.supernet and found.supernet['checkpoint_digest']}")
    print(f"lpzero/tables/catalog.py: n {found.records}, records_sha256 {found.records_sha256}")


def main() -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="the test file of WikiText-2, which trains")
    parser.add_argument("--validation", type=Path, required=True, help="the valid file of WikiText-2")
    parser.add_argument("--state", type=Path, required=True, help="where the state of the training is kept")
    parser.add_argument("--out", type=Path, default=bundled_folder(NAME))
    parser.add_argument("--archs", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(1)
    corpus = read_corpus(options.corpus, validation=options.validation)
    make(corpus, recipe(Llama.name, "causal", corpus, SCALE), options.state, options.out, options.archs)


if __name__ == "__main__":
    main()
