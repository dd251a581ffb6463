"""What a large model's pass is made of, on one thread of this machine: what `docs/scale.md` reckons with.

A model of 7 billion parameters does not fit here. Its pass is reckoned from what each of its parts takes a number, an
operation or a byte; a sketch of its size, of made-up numbers, is written, read and packed as it would be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from record import record
from torch import nn

from lpzero.operands.bank import read_sketch, sketch_bytes, write_sketch
from lpzero.operands.extract import Operands, Site
from lpzero.operands.matrices import outline_of
from lpzero.operands.operand import SITE_FAMILIES
from lpzero.operands.packed import pack
from lpzero.operands.shape import FANS, UNKNOWN
from lpzero.operands.sketch import ALIGNED, Sketch, SketchedSites, sketch

LAYERS, ELEMENTS, NUMBERS, SIDE, REPEATS = 32, 512, 2**24, 2048, 5


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds, the least of a few: a busy machine changes little."""
    found = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def sites() -> dict[str, tuple[Site, ...]]:
    """Those of a LLaMA of 32 layers."""
    layers = range(1, LAYERS + 1)
    parts = [(r, "operation") for r in ("query", "key", "value", "out")]
    parts += [(r, "feed_forward") for r in ("gate", "up", "down")]
    parameters = [Site(0, "words", "embedding")]
    parameters += [Site(layer, role, group) for layer in layers for role, group in parts]
    return {
        "parameter": (*parameters, Site(LAYERS + 1, "output", "output")),
        "activation": tuple(Site(layer, "act") for layer in layers),
        "head": tuple(Site(layer, role) for layer in layers for role in ("query", "key", "value")),
        "attention": tuple(Site(layer, "probabilities") for layer in layers),
        "hidden": tuple(Site(layer, "stream") for layer in range(LAYERS + 1)),
        "jacobian": (Site(0, "embedding"),),
    }


def large_sketch() -> Sketch:
    """A sketch of that model's size."""
    rng, found = np.random.default_rng(0), {}
    for family, places in sites().items():
        shape = len(places), ELEMENTS
        values = {n: torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for n in ALIGNED[family]}  # type: ignore[index]
        found[family] = SketchedSites(places, torch.full(shape, 1e4), values)
    return Sketch(found, replace(UNKNOWN, fans=dict.fromkeys(FANS, (1.0,) * len(sites()["parameter"]))))


def sketching() -> float:
    """Seconds to sketch a weight and its gradient, a number of the weight."""
    weight, grad = torch.randn(2, NUMBERS)
    empty = dict.fromkeys(SITE_FAMILIES, ())
    tensors = {name: () for names in ALIGNED.values() for name in names}
    operands = Operands(
        LAYERS,
        0.0,
        {**empty, "parameter": (Site(1, "up", "feed_forward"),)},
        {**tensors, "weight": (weight,), "grad": (grad,)},
    )
    return seconds(lambda: sketch(operands, elements=ELEMENTS, seed=0)) / NUMBERS


def main() -> None:
    """Measure and record."""
    torch.set_num_threads(1)
    generator, weight = torch.Generator().manual_seed(0), torch.empty(NUMBERS)
    left, right = torch.randn(2, SIDE, SIDE)
    drawn = seconds(lambda: nn.init.normal_(weight, 0.0, 0.02, generator)) / NUMBERS
    product = 2 * SIDE**3 / seconds(lambda: left @ right)
    content = sketch_bytes(large_sketch())
    with TemporaryDirectory(dir=".") as folder:
        paths = [Path(folder) / f"{number:064x}.safetensors" for number in range(20)]
        written = seconds(lambda: write_sketch(paths[0], content))
        for path in paths:
            write_sketch(path, content)
        outlines = dict.fromkeys(paths, outline_of(read_sketch(paths[0])))
        read = seconds(lambda: read_sketch(paths[0]))
        packed, started = Path(folder) / "packed", time.process_time()
        pack(paths, outlines, packed)
        packing = (time.process_time() - started) / len(paths)
        size = packed.stat().st_size / len(paths)
    record(
        "scale-units",
        "python benchmarks/scale_units.py",
        ["what", "value", "unit"],
        [
            ["draw a weight", 1e9 * drawn, "ns a number"],
            ["matrix product, float32", product / 1e9, "GFLOP/s"],
            ["sketch a weight with its gradient", 1e9 * sketching(), "ns a number of the weight"],
            ["sketch of a 7B model", len(content) / 2**20, "MiB"],
            ["the same, packed", size / 2**20, "MiB"],
            ["write it", 1e3 * written, "ms"],
            ["read it, checksum included", 1e3 * read, "ms"],
            ["pack it, two readings included", 1e3 * packing, "ms"],
        ],
        threads=1,
        seconds=f"of the CPU, the least of {REPEATS}",
    )


if __name__ == "__main__":
    main()
