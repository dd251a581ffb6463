"""What is chosen and whole layers dropped, both refitted, both after the same recovery, at six sizes.

``--latency`` chooses a third one at each size: within the time that the one without whole layers takes for a window,
the parts of a block timed on this machine; parameters are as many as it likes. What is measured then is the time of
whole models. Losses, states and the answers of the checkpoint are kept in ``--runs`` the moment they are known, so that
a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compress import SIZES
from compress_reach import losses_of, shown_of, tell
from record import record
from torch import nn

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.controls import by_depth
from lpzero.compression.choosing.counts import LATENCY, Count, counts_of
from lpzero.compression.choosing.importance import block_influence, get_importance, scores_of
from lpzero.compression.choosing.latency import latency_of
from lpzero.compression.choosing.menu import Menu, choose, menu_of, widths_of
from lpzero.compression.choosing.products import Products, unit_products
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.refit import refitted
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.settings import CompressSettings
from lpzero.compression.speed import measure_speed
from lpzero.files import write_json

CHOSEN, DEPTH, AS_FAST = "chosen", "whole layers dropped", "chosen, as fast"
ROUNDS = 5


@dataclass(frozen=True)
class Setting:
    """What choices are made from.

    Attributes:
        shown: The checkpoint and its windows.
        products: What its units do.
        menu: What may stay of each layer.
        counts: What it takes, with the time where that is asked for.
    """

    shown: Calibrated
    products: Products
    menu: Menu
    counts: Mapping[str, Count]

    def choice(self, name: str, limit: float) -> Choice:
        """What stays by one way."""
        depth = by_depth(
            self.shown.layout, block_influence(self.products), {"params": self.counts["params"]}, {"params": limit}
        )
        assert depth is not None
        if name == DEPTH:
            return depth
        if name == AS_FAST:
            return choose(self.menu, self.counts, {LATENCY: self.counts[LATENCY].of(depth)}).choice
        return choose(self.menu, self.counts, {"params": limit}).choice


def setting_of(shown: Calibrated, *, latency: bool) -> Setting:
    """Look at the checkpoint once."""
    used, layout = CompressSettings(), shown.layout
    products = unit_products(shown.model, layout, shown.choosing, seed=used.seed)
    widths = widths_of(layout.neurons, used.widths)
    scores = scores_of(get_importance("taylor"), shown.model, layout, products)
    counts = dict(counts_of(shown.model, layout, context=used.context))
    if latency:
        counts[LATENCY] = latency_of(shown.model, layout, shown.choosing.inputs[0], widths)
    return Setting(shown, products, menu_of(layout, scores, widths), counts)


def outcome(setting: Setting, name: str, size: str, recovery: RecoverySettings, runs: Path) -> dict[str, Any]:
    """Losses of one choice, cut, refitted and recovered."""
    shown = setting.shown
    choice = setting.choice(name, float(size) * 1e6)
    found: dict[str, Any] = {"parameters": setting.counts["params"].of(choice)}
    small = cut(shown.model, shown.layout, choice)
    found["cut"] = losses_of(shown, small)[-1]
    if LATENCY in setting.counts:
        found |= times(setting, choice, float(size) * 1e6)
    del small
    model: nn.Module = refitted(shown.model, shown.layout, choice, shown.fitting)
    found["refitted"] = losses_of(shown, model)[-1]
    folder = runs / f"{name}-{size}".replace(" ", "-").replace(",", "")
    learned = recover(model, shown.model, shown.learning, recovery, folder=folder, answers=runs / "answers", watch=tell)
    found["recovered"] = losses_of(shown, learned.model)[-1]
    shutil.rmtree(folder, ignore_errors=True)
    return found


def times(setting: Setting, choice: Choice, limit: float) -> dict[str, float]:
    """Milliseconds for a window of a choice and of the one without whole layers, the best of several rounds each."""
    shown, window = setting.shown, setting.shown.fitting[0]
    models = [cut(shown.model, shown.layout, one, share=True) for one in (choice, setting.choice(DEPTH, limit))]
    read = [[measure_speed(model, window, writes=False).read for model in models] for _ in range(ROUNDS)]
    own, depth = (1e3 * len(window) / max(column) for column in zip(*read, strict=True))
    return {"ms": round(own, 1), "ms of whole layers dropped": round(depth, 1)}


def main() -> None:
    """Measure what is missing, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="WikiText-2 test, to choose by and to learn from")
    parser.add_argument("--held-out", type=Path, required=True, help="WikiText-2 valid, to judge by")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--latency", action="store_true", help="choose within the time of the other, not its size")
    parser.add_argument("--mixed", action="store_true", help="learn with products in bfloat16")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    path = given.runs / "alike.json"
    known: dict[str, dict[str, dict[str, Any]]] = json.loads(path.read_text()) if path.exists() else {}
    shown = shown_of(given.checkpoint, given.text, given.held_out)
    recovery = RecoverySettings(steps=given.steps, mixed=given.mixed)
    ways = [AS_FAST] if given.latency else [CHOSEN, DEPTH]
    asked = [(size, name) for size in given.sizes for name in ways if size not in known.get(name, {})]
    setting = setting_of(shown, latency=given.latency) if asked else None
    for size, name in asked:
        assert setting is not None
        known.setdefault(name, {})[size] = outcome(setting, name, size, recovery, given.runs)
        write_json(path, known)
        print(name, size, known[name][size], flush=True)
    write_record(known, shown, recovery)


def write_record(known: Mapping[str, Any], shown: Calibrated, recovery: RecoverySettings) -> None:
    """One row for each size and way."""
    columns = ("cut", "refitted", "recovered", "ms", "ms of whole layers dropped")
    rows = [
        [f"{size}M", name, f"{known[name][size]['parameters']:,}", *(known[name][size].get(one, "") for one in columns)]
        for size in SIZES
        for name in (CHOSEN, DEPTH, AS_FAST)
        if size in known.get(name, {})
    ]
    windows = shown.questions[-1].windows
    record(
        "compress-alike",
        "python benchmarks/compress_alike.py --checkpoint DIR --text wikitext2-test.txt --held-out wikitext2-valid.txt "
        f"--runs DIR --steps {recovery.steps}{' --mixed' * recovery.mixed}",
        ("limit", "way", "parameters", *columns),
        rows,
        loss=f"nats a token on {len(windows.inputs)} windows of {windows.inputs.shape[1]} tokens of {windows.name}",
        learned=f"AdamW {recovery.rate}, {recovery.windows} windows a step, {recovery.steps} steps"
        + ", products in bfloat16" * recovery.mixed,
        ms="a window on one thread, best of 5 rounds in turn; of the runs with --latency alone",
    )


if __name__ == "__main__":
    main()
