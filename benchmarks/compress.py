"""What do sub-networks of a real checkpoint lose, at six sizes, beside what takes no search?

Each method makes a choice of at most so many parameters, and its loss is measured on text that nothing was chosen by.
Every loss is kept in ``--state`` the moment that it is known, so that a run that was stopped goes on: ``--sizes``,
``--methods`` and ``--seconds`` do a part of it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from record import record
from safetensors.torch import load_file, save_file
from torch import nn

from lpzero.compression.calibration import Calibrated, calibrate, read_texts
from lpzero.compression.choosing.controls import by_chance, by_depth, by_width
from lpzero.compression.choosing.counts import Count, counts_of
from lpzero.compression.choosing.importance import block_influence, get_importance, scores_of
from lpzero.compression.choosing.measured import Kept, Measuring, choose_by_measure, digest_of, origin_of
from lpzero.compression.choosing.menu import Menu, choose, menu_of, widths_of
from lpzero.compression.choosing.plain import choose_plain
from lpzero.compression.choosing.products import LayerProducts, Products, unit_products
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.refit import refitted
from lpzero.compression.losses import window_losses
from lpzero.compression.proof import FULL
from lpzero.compression.settings import CompressSettings
from lpzero.compression.texts import read_tokenizer
from lpzero.files import write_json

SIZES = ("131.0", "127.4", "123.9", "116.8", "106.2", "92.0")
"""Millions of parameters, of a checkpoint of 134.5."""
REFIT = ", refitted"
TENSORS = ("groups", "neurons", "group_squares", "neuron_squares")


@dataclass(frozen=True)
class Setting:
    """What every method is given.

    Attributes:
        shown: The checkpoint and its windows.
        products: What its units do.
        counts: What it takes.
        kept: Measured divergences.
    """

    shown: Calibrated
    products: Products
    counts: Mapping[str, Count]
    kept: Kept

    def menu(self, importance: str) -> Menu:
        """What may stay of each layer."""
        layout = self.shown.layout
        scores = scores_of(get_importance(importance), self.shown.model, layout, self.products)
        return menu_of(layout, scores, widths_of(layout.neurons, CompressSettings().widths))


def _measured(setting: Setting, limits: dict[str, float]) -> Choice:
    shown = setting.shown
    measuring = Measuring(shown.model, shown.layout, shown.measuring)
    return choose_by_measure(
        setting.menu("taylor"),
        lambda menu: choose(menu, setting.counts, limits),
        measuring.divergence,
        setting.kept,
    ).chosen.choice


def _by_width(setting: Setting, limits: dict[str, float]) -> Choice | None:
    shown = setting.shown
    scores = scores_of(get_importance("wanda"), shown.model, shown.layout, setting.products)
    return by_width(shown.layout, scores, setting.counts, limits)


METHODS: Mapping[str, Callable[[Setting, dict[str, float]], Choice | None]] = {
    "taylor": lambda s, limits: choose(s.menu("taylor"), s.counts, limits).choice,
    "taylor, plain": lambda s, limits: choose_plain(s.menu("taylor"), s.counts, limits, groups=True).choice,
    "measured": _measured,
    "depth by block influence": lambda s, limits: by_depth(
        s.shown.layout, block_influence(s.products), s.counts, limits
    ),
    "one width": _by_width,
    "wanda": lambda s, limits: choose(s.menu("wanda"), s.counts, limits).choice,
    "magnitude": lambda s, limits: choose(s.menu("magnitude"), s.counts, limits).choice,
    "random": lambda s, limits: by_chance(
        s.shown.layout, widths_of(s.shown.layout.neurons, CompressSettings().widths), s.counts, limits, 0
    ),
}


def main() -> None:
    """Measure what is missing, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--calibration", type=Path, required=True, help="text to choose and to refit by")
    parser.add_argument("--check", type=Path, required=True, help="text to measure losses on")
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps what is known")
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--methods", nargs="*", default=[*METHODS, *(f"{name}{REFIT}" for name in METHODS)])
    parser.add_argument("--fitting", type=int, default=CompressSettings().fitting, help="windows to refit on")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing after so many")
    given = parser.parse_args()
    begun, path = time.perf_counter(), given.state / "losses.json"
    known: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    setting = _setting(given)
    for method in given.methods:
        for size in given.sizes:
            name = f"{method.removesuffix(REFIT)}{REFIT} on {given.fitting} windows" if REFIT in method else method
            if size in known.get(name, {}) or time.perf_counter() - begun > given.seconds:
                continue
            known.setdefault(name, {})[size] = _measure(setting, method, float(size) * 1e6)
            write_json(path, known)
            print(name, size, known[name][size], flush=True)
    if FULL not in known:
        windows = setting.shown.questions[-1].windows
        known[FULL] = {"loss": round(float(window_losses(setting.shown.model, windows).mean()), 4)}
        write_json(path, known)
    _record(known, setting)


def _setting(given: argparse.Namespace) -> Setting:
    model = load_checkpoint(given.model)
    used = CompressSettings(fitting=given.fitting)
    shown = calibrate(
        model,
        read_tokenizer(given.model),
        read_texts(given.calibration, [given.check]),
        looking=used.looking,
        fitting=used.fitting,
        proving=used.windows,
        context=used.context,
        seed=used.seed,
    )
    products = _products(given.state / "products.safetensors", shown, used.seed)
    origin = origin_of(digest_of(given.model), shown.sha256, shown.measuring)
    kept = Kept(given.state / "measured.jsonl", origin)
    return Setting(shown, products, counts_of(model, shown.layout, context=used.context), kept)


def _products(path: Path, shown: Calibrated, seed: int) -> Products:
    """What units do, from the file that keeps it, or computed and kept there."""
    if not path.exists():
        begun = time.process_time()
        found = unit_products(shown.model, shown.layout, shown.choosing, seed=seed)
        print("one pass forward and backward:", round(time.process_time() - begun, 1), "CPU seconds", flush=True)
        tensors = {f"{i}.{name}": getattr(one, name) for i, one in enumerate(found.layers) for name in TENSORS}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({**tensors, "cosine": torch.tensor([one.cosine for one in found.layers])}, path)
    kept = load_file(path)
    layers = tuple(
        LayerProducts(**{name: kept[f"{i}.{name}"] for name in TENSORS}, cosine=float(kept["cosine"][i]))
        for i in range(shown.layout.depth)
    )
    return Products(layers, "sampled", shown.choosing.predicted)


def _measure(setting: Setting, method: str, limit: float) -> dict[str, Any]:
    """The loss of one method at one size, its parameters, and the seconds that it took on one thread."""
    shown, begun = setting.shown, time.process_time()
    choice = METHODS[method.removesuffix(REFIT)](setting, {"params": limit})
    if choice is None:
        return {"loss": None}
    smaller: nn.Module
    if REFIT in method:
        smaller = refitted(shown.model, shown.layout, choice, shown.fitting)
    else:
        smaller = cut(shown.model, shown.layout, choice)
    seconds = time.process_time() - begun
    loss = float(window_losses(smaller, shown.questions[-1].windows).mean())
    count = setting.counts["params"].of(choice)
    return {"loss": round(loss, 4), "parameters": count, "cpu_seconds": round(seconds, 1)}


def _record(known: Mapping[str, Mapping[str, Any]], setting: Setting) -> None:
    rows = []
    for method, of_size in known.items():
        if method == FULL:
            continue
        cells = [of_size.get(size, {}).get("loss") for size in SIZES]
        seconds = [one["cpu_seconds"] for one in of_size.values() if "cpu_seconds" in one]
        rows.append([method, *("-" if cell is None else cell for cell in cells), max(seconds, default=0.0)])
    windows = setting.shown.questions[-1].windows
    record(
        "compress",
        "python benchmarks/compress.py --model DIR --calibration wikitext2-test.txt --check wikitext2-valid.txt "
        "--state DIR",
        ["method", *(f"{size}M" for size in SIZES), "most CPU seconds"],
        rows,
        checkpoint="SmolLM2-135M-Instruct, 134,515,008 parameters, float32",
        loss_of_the_full_model=known[FULL]["loss"],
        text=f"{windows.name}, {len(windows.inputs)} x {windows.inputs.shape[1]} tokens, nats a token",
        threads=torch.get_num_threads(),
    )


if __name__ == "__main__":
    main()
