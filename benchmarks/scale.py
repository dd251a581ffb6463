"""Does time grow linearly, and private memory not at all, with the number of architectures, formulas and workers?

Each measurement is a process of its own, so that its peak of memory is its own, and is kept the moment that it is
there: what was begun goes on. Architectures are those of ``cheap_space.py``, shown 2 sequences of 16 tokens, with 64
elements of a tensor kept, so that ten thousand of them are possible here; what a real one takes is measured on 20 of
GPT-2's protocol ``own`` beside them. Private memory is what belongs to no file (``RssAnon`` of Linux), of the process
and its workers together, looked at 20 times a second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from cheap_space import CheapSpace, architectures
from family import Watch
from record import record
from scipy import stats

from lpzero.engines import Engine, Shared, open_engine
from lpzero.evolution.evaluation import evaluation
from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.formula.values import SketchSource
from lpzero.operands.bank import bank_path, fill_bank, read_sketch
from lpzero.operands.matrices import Outline, outline_of
from lpzero.operands.packed import Packed, mapped, pack
from lpzero.operands.probe import Probe
from lpzero.spaces import get_space

SPACE = CheapSpace()
SHOWN = Probe(batch=2, tokens=16, elements=64)
FORMULAS, SEEN, PIECE, FRUGAL = 1000, 100, 250, 32 * 2**20
SIZES = (100, 1_000, 10_000)
WORKS_MEASURED = (
    *(("bank", 2), ("bank", 1), ("pack", 1), ("score", 1), ("score", 2), ("score, all at once", 1)),
    *(("score, 32 MiB remembered", 1), ("evaluate", 1), ("evaluate", 2)),
)


@dataclass(frozen=True)
class Cell:
    """One measurement: which work, on how much, by how many workers, for the how manieth time."""

    work: str
    size: int
    workers: int = 1
    repeat: int = 0


def cells() -> list[Cell]:
    """All of them, the one that others build on first; what takes minutes is measured twice, the rest three times."""
    found = [Cell("bank", SIZES[-1], 2), Cell("bank, real", 20)]
    for work, workers in WORKS_MEASURED:
        sizes = (*SIZES, 100_000) if work == "evaluate" else SIZES
        found += [Cell(work, size, workers, repeat) for size in sizes for repeat in range(3 if size < SIZES[-1] else 2)]
    return list(dict.fromkeys(found))


def formulas(number: int) -> list[Formula]:
    """The first of a fixed sequence of random ones."""
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    return [draw(rules, rng) for _ in range(number)]


def warm(_number: int) -> None:
    """What a worker imports before it is watched."""
    with TemporaryDirectory() as home, open_engine("serial") as engine:
        filled(1, Path(home), engine)


def filled(number: int, home: Path, engine: Engine) -> None:
    """Extract some architectures into a bank."""
    found = architectures(number)
    banked = fill_bank(SPACE, found, SHOWN, home=home, engine=engine, progress=lambda *_: None)
    assert not banked.faults, next(iter(banked.faults.values()))


def real(number: int, home: Path, engine: Engine) -> None:
    """Extract some architectures of a real space."""
    space, rng = get_space("gpt2", "own"), np.random.default_rng(0)
    found = [space.sample(rng) for _ in range(number)]
    fill_bank(space, found, Probe(), home=home, engine=engine, progress=lambda *_: None)


def outlines(paths: Sequence[Path]) -> dict[Path, Outline]:
    """Of each sketch, as whoever filled the bank has them."""
    return {path: outline_of(read_sketch(path)) for path in paths}


def scored(packed: Shared, some: list[Formula]) -> np.ndarray:
    """The scores of some formulas, in a worker."""
    found: np.ndarray = ShardedEvaluator(Packed.of_arrays(packed.arrays())).score_all(some).values.numpy()
    return found


def scored_frugally(packed: Shared, some: list[Formula]) -> np.ndarray:
    """The same where next to nothing is remembered: what memory grows with is then not what is remembered."""
    evaluator = ShardedEvaluator(Packed.of_arrays(packed.arrays()), memory_limit=FRUGAL)
    found: np.ndarray = evaluator.score_all(some).values.numpy()
    return found


def evaluated(packed: Shared, some: list[Formula]) -> int:
    """How many of some formulas are valid, in a worker."""
    quality = np.random.default_rng(0).normal(size=SEEN)
    found = evaluation(Packed.of_arrays(packed.arrays()), quality, SEEN // 2, "cpu", joint=True)(some)
    return sum(known.ok for known in found)


WORKS: dict[str, Callable[[Shared, list[Formula]], Any]] = {
    "score": scored,
    "score, 32 MiB remembered": scored_frugally,
    "evaluate": evaluated,
}


def measure(cell: Cell, folder: Path) -> dict[str, Any]:
    """Carry out one measurement in this process."""
    torch.set_num_threads(1)
    watch, home = Watch(), folder / "home"
    models = SEEN if cell.work == "evaluate" else cell.size
    paths = [bank_path(home, SPACE, architecture, SHOWN) for architecture in architectures(models)]
    packed = folder / f"{models}.safetensors"
    with open_engine("process" if cell.workers > 1 else "serial", cell.workers) as engine:
        list(engine.map(warm, range(2 * cell.workers)))
        if cell.work in ("bank", "bank, real"):
            extract = filled if cell.work == "bank" else real
            with TemporaryDirectory(dir=folder) as other, watch:
                extract(cell.size, home if cell == cells()[0] else Path(other), engine)
        elif cell.work == "pack":
            packed.unlink(missing_ok=True)
            checked = outlines(paths)
            with watch:
                pack(paths, checked, packed)
        elif cell.work == "score, all at once":
            some = formulas(FORMULAS)
            with watch:
                whole = Evaluator(SketchSource([read_sketch(path) for path in paths]))
                for formula in some:
                    whole.scores(formula)
        else:
            number = cell.size if cell.work == "evaluate" else FORMULAS
            spread(WORKS[cell.work], pack(paths, outlines(paths), packed), formulas(number), engine, watch)
    return {**asdict(cell), "wall": watch.wall, "cpu": watch.cpu, "peak": watch.peak, "bytes": _bytes(packed)}


def spread(
    work: Callable[[Shared, list[Formula]], Any], packed: Path, some: list[Formula], engine: Engine, watch: Watch
) -> None:
    """Evaluate formulas: in one piece where there is one worker, else in pieces that the workers share."""
    shared = engine.share(packed, mapped)
    if engine.workers == 1:
        with watch:
            work(shared, some)
        return
    piece = min(len(some) // engine.workers, 20 * PIECE)
    pieces = [some[first : first + piece] for first in range(0, len(some), piece)]
    with watch:
        for _ in engine.map(partial(work, shared), pieces):
            pass


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def kept(folder: Path) -> dict[Cell, dict[str, Any]]:
    """What was measured so far."""
    file = folder / "cells.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines]
    return {Cell(*(one[name] for name in ("work", "size", "workers", "repeat"))): one for one in found}


def slope(sizes: list[float], values: list[float], unit: str = "") -> str:
    """A slope of least squares with its interval of 95 %."""
    fit = stats.linregress(sizes, values)
    wide = float(stats.t.ppf(0.975, len(sizes) - 2)) * fit.stderr
    return f"{fit.slope:.3g}{unit} [{fit.slope - wide:.3g}, {fit.slope + wide:.3g}]"


def table(done: list[dict[str, Any]]) -> list[list[Any]]:
    """One row for each work, number of workers and size, and the slopes behind the last size."""
    rows: list[list[Any]] = []
    for work, workers in dict.fromkeys((one["work"], one["workers"]) for one in done):
        some = [one for one in done if (one["work"], one["workers"]) == (work, workers)]
        for size in sorted({one["size"] for one in some}):
            same = [one for one in some if one["size"] == size]
            wall, cpu = (min(one[name] for one in same) for name in ("wall", "cpu"))
            peak = max(one["peak"] for one in same) / 2**20
            rows.append([work, workers, size, len(same), wall, cpu, 1e3 * cpu / size, f"{peak:.0f}", "", ""])
        sizes = [one["size"] for one in some]
        if len(some) > 2:
            rows[-1][-2] = slope(np.log(sizes).tolist(), np.log([one["cpu"] for one in some]).tolist())
            rows[-1][-1] = slope(sizes, [one["peak"] for one in some])
    return rows


def main() -> None:
    """Measure what is missing, and record all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("build/scale"), help="where measurements and banks are kept"
    )
    parser.add_argument("--cell", help="carry out this one measurement, as JSON, in this process")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.cell:
        print(json.dumps(measure(Cell(**json.loads(options.cell)), options.folder)))
        return
    for cell in cells():
        if cell not in kept(options.folder):
            command = [sys.executable, __file__, "--folder", str(options.folder), "--cell", json.dumps(asdict(cell))]
            line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
            with (options.folder / "cells.jsonl").open("a") as file:
                file.write(line + "\n")
            print(line, file=sys.stderr)
    done = kept(options.folder)
    packed = max((one for one in done.values() if one["work"] == "pack"), key=lambda one: one["size"])
    record(
        "scale",
        "python benchmarks/scale.py",
        [
            *("work", "workers", "size", "repeats", "seconds", "CPU seconds", "CPU ms each", "private MiB, peak"),
            *("log CPU seconds by log size", "private bytes by size"),
        ],
        table([done[cell] for cell in cells()]),
        size="architectures; of evaluate: formulas, on 100 architectures",
        score=f"{FORMULAS} formulas of the grammar typed",
        packed_bytes_an_architecture=round(packed["bytes"] / packed["size"]),
        bank_bytes_an_architecture=_mean_bytes(options.folder),
        slopes="least squares over all repeats, with intervals of 95 %; seconds are the least of the repeats",
    )


def _mean_bytes(folder: Path) -> int:
    sizes = [path.stat().st_size for path in (folder / "home").rglob("*.safetensors")]
    return round(sum(sizes) / len(sizes))


if __name__ == "__main__":
    main()
