"""Is a choice that was repaired by joint divergence better on text that was not looked at?

The checkpoint of the table ``llama-own``, a small trained LLaMA that reads bytes, is cut at several sizes: the cheapest
choice by the sum, and what a repair makes of it. Both are measured on windows of another file, before any refit.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from record import record
from scipy import stats

from lpzero.compression.choosing.asked import best_few
from lpzero.compression.choosing.budget import Budget
from lpzero.compression.choosing.counts import counts_of
from lpzero.compression.choosing.importance import get_importance, scores_of
from lpzero.compression.choosing.measured import Measuring
from lpzero.compression.choosing.menu import menu_of, widths_of
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.choosing.repair import repair
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.settings import CompressSettings
from lpzero.compression.texts import Windows, to_predict
from lpzero.tables.locate import bundled_folder
from lpzero.training.corpus import read_corpus

CONTEXT, LOOKING, PROVING = 64, 64, 256


def main() -> None:
    """Repair at every size, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--keep", type=float, nargs="*", default=(0.9, 0.8, 0.7, 0.6))
    parser.add_argument("--trials", type=int, nargs="*", default=(60,))
    parser.add_argument("--windows", type=int, nargs="*", default=(16,), help="windows that divergences are of")
    given = parser.parse_args()
    model = load_checkpoint(bundled_folder("llama-own") / "checkpoint")
    layout = read_layout(model)
    corpus = read_corpus(given.calibration, validation=given.check)
    looking = _windows(given.calibration.name, corpus.train, LOOKING)
    proving = _windows(given.check.name, corpus.validation, PROVING)
    counts = counts_of(model, layout, context=CONTEXT)
    scores = scores_of(get_importance("taylor"), model, layout, unit_products(model, layout, looking))
    menu = menu_of(layout, scores, widths_of(layout.neurons, CompressSettings().widths))
    rows: list[list[Any]] = []
    for keep in given.keep:
        limits = {"params": keep * counts["params"].of(layout.everything)}
        few = best_few(menu, counts, limits)
        before = window_losses(cut(model, layout, few[0].choice), proving)
        for windows in given.windows:
            seen = Windows(looking.name, looking.inputs[:windows], looking.labels[:windows])
            joint = Measuring(model, layout, seen).joint
            for trials in given.trials:
                found = repair(menu, few, counts, limits, joint, Budget(trials=trials))
                above = window_losses(cut(model, layout, found.chosen.choice), proving) - before
                ends = (
                    stats.ttest_1samp(above.numpy(), 0).confidence_interval(0.95) if bool(above.any()) else (0.0, 0.0)
                )
                rows.append(
                    [
                        keep,
                        windows,
                        trials,
                        found.trials,
                        few[0].selection.cost,
                        found.before,
                        found.divergence,
                        float(before.mean()),
                        float(above.mean()),
                        f"[{ends[0]:+.3f}, {ends[1]:+.3f}]",
                    ]
                )
                print(rows[-1], flush=True)
    record(
        "compress-budget",
        "python benchmarks/compress_budget.py --calibration wikitext2-test.txt --check wikitext2-valid.txt",
        [
            *("keep", "windows", "budget", "trials", "sum", "joint before", "joint after"),
            *("held-out loss before", "after less before", "95 %"),
        ],
        rows,
        checkpoint="the small LLaMA of llama-own, bytes, no refit; nats a byte",
        held_out=f"{PROVING} windows of {CONTEXT} bytes",
        loss_of_the_full_model=round(float(window_losses(model, proving).mean()), 4),
        threads=torch.get_num_threads(),
    )


def _windows(name: str, ids: npt.NDArray[np.integer[Any]], number: int) -> Windows:
    """Windows of bytes, evenly over a text."""
    starts = np.linspace(0, len(ids) - CONTEXT, number).astype(int)
    stretches = np.stack([ids[at : at + CONTEXT] for at in starts])
    return to_predict(name, torch.from_numpy(stretches), "causal", None)


if __name__ == "__main__":
    main()
