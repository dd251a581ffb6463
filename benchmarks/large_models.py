"""What scores of a large model take beside its bare forward and backward pass, in CPU time and in memory.

The model is GPT-2 of transformers with 124 million parameters and random weights, the batch the default one. Times are
CPU seconds of one thread, since other work may have the machine as well, in one process and by turns; memory is the
largest that a fresh process held, the model and what builds it included.

What was measured is kept in a file, so that a benchmark that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from record import record
from torch import nn

from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy, proxy_names
from lpzero.proxy.estimate import Sample
from lpzero.proxy.score import score_model, shape_of_model
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.percentiles import SpaceSample
from lpzero.scoring.reading import batch_for, read
from lpzero.scoring.score import ModelScorer
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.reading.read import read_model

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/large_models.py"
BRANCHES = (
    "sum(l1(weight))",
    "sum(l1(grad))",
    "sum(std(activation))",
    "sum(frobenius(jacobian))",
    "sum(mean(attention * log(attention)))",
    "mean(log(frobenius(weight * grad)))",
    "sum(l1(hidden))",
    "sum(mean(square(grad * weight)))",
)
"""Branches of the paper's grammar that are no proxy that ships."""
PROXIES = [load_proxy(text) for text in (*proxy_names(), *BRANCHES)]
FORMULAS = [proxy.formula for proxy in PROXIES if proxy.formula is not None]
SNIP = [load_proxy("snip")]
PROBE = Probe()
SKETCH = 512
MOST_TIME, MOST_MEMORY = 1.5, 1.3


@dataclass(frozen=True)
class Ready:
    """A model that was read, and its batch."""

    loaded: LoadedModel
    model: nn.Module
    site_map: SiteMap
    batch: Batch


def made() -> LoadedModel:
    """GPT-2 with its own defaults, whose attention can be seen."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return LoadedModel(GPT2LMHeadModel._from_config(GPT2Config(), attn_implementation="eager").eval())


def ready(loaded: LoadedModel) -> Ready:
    """Find out how a model is called, and read what it is made of."""
    reading = read(loaded, PROBE)
    batch = reading.batch
    return Ready(loaded, reading.model, read_model(reading.model, batch.input_ids, batch.labels), batch)


def bare(loaded: LoadedModel, batch: Batch) -> None:
    """The pass alone, as anybody writes it."""
    loaded.model(input_ids=batch.input_ids, labels=batch.labels).loss.backward()
    loaded.model.zero_grad()


def scores(it: Ready, proxies: list[Any], sample: Sample | None = None) -> list[float | None]:
    """Score a model that was read; exits where an exact score has no value."""
    shape = shape_of_model(it.model, it.site_map)
    found = score_model(it.model, it.site_map, shape, it.batch, proxies, sample=sample)
    wrong = [(p.name, s.reason) for p, s in zip(proxies, found, strict=True) if s.value is None]
    if wrong and sample is None:
        raise SystemExit(f"expected a value of every proxy, found none of {wrong}")
    return [score.value for score in found]


def kept(it: Ready) -> list[float]:
    """The way that it was: all tensors of the pass are kept, and each formula goes through them whole."""
    operands = extract(it.model, it.site_map, it.batch)
    return [float(Evaluator(ExactSource(operands), memory_limit=0).scores(formula)[0]) for formula in FORMULAS]


def whole(loaded: LoadedModel) -> None:
    """All that ``lpzero score`` does once a model is loaded: it is read, run, scored, and its operations counted."""
    scorer = ModelScorer(tuple(PROXIES), PROBE, SpaceSample(0, None, tuple(PROXIES), PROBE, 1))
    scorer.score_loaded("gpt2", loaded)


MANY = f"{len(FORMULAS)} formulas"
ALL = f"{MANY}, all of `lpzero score`"
ROWS: dict[str, Callable[[Ready], Any]] = {
    "bare forward and backward pass": lambda it: bare(it.loaded, it.batch),
    "1 formula, snip": lambda it: scores(it, SNIP),
    MANY: lambda it: scores(it, PROXIES),
    f"{MANY} from a sketch of {SKETCH}": lambda it: scores(it, PROXIES, Sample(SKETCH, 0)),
    ALL: lambda it: whole(it.loaded),
    f"{MANY}, tensors kept": kept,
}
BARE, ONCE = next(iter(ROWS)), f"{MANY}, tensors kept"
TARGET = (BARE, MANY)
DIFFERENCE = "largest relative difference"


@dataclass(frozen=True)
class Kept:
    """What was measured so far, in a file: a list of numbers a name."""

    path: Path
    found: dict[str, list[float]]

    @classmethod
    def of(cls, path: Path) -> Kept:
        """What a file holds, or nothing yet."""
        known = json.loads(path.read_text()) if path.is_file() else {}
        return cls(path, {name: known.get(name, []) for name in (*ROWS, DIFFERENCE)})

    def add(self, measured: dict[str, float]) -> None:
        """One more number each, written down at once."""
        for name, number in measured.items():
            self.found[name].append(number)
        self.path.write_text(json.dumps(self.found, indent=1))


def measure_times(kept_times: Kept, rounds: int, others: int) -> None:
    """CPU seconds, by turns, behind a round that does not count; rows that the target is not about in fewer rounds."""
    if len(kept_times.found[MANY]) >= rounds:
        return
    it = ready(made())
    bare(it.loaded, it.batch)
    scores(it, SNIP)
    while (done := len(kept_times.found[MANY])) < rounds:
        took: dict[str, float] = {}
        results: dict[str, Any] = {}
        for name, work in ROWS.items():
            if name not in TARGET and len(kept_times.found[name]) >= (1 if name == ONCE else others):
                continue
            gc.collect()
            started = time.process_time()
            results[name] = work(it)
            took[name] = time.process_time() - started
        if ONCE in results:
            pairs = zip(results[MANY], results[ONCE], strict=True)
            took[DIFFERENCE] = max(abs(one - other) / abs(other) for one, other in pairs)
        kept_times.add(took)
        print(f"round {done + 1}: {took}", file=sys.stderr, flush=True)


def measure_peaks(kept_peaks: Kept, processes: int) -> None:
    """The most memory of fresh processes that do one row's work once, MiB."""
    for number, name in itertools.product(range(processes), sorted(ROWS, key=lambda name: name not in TARGET)):
        if len(kept_peaks.found[name]) > number or (number and name not in TARGET):
            continue
        words = [sys.executable, __file__, "--peak", name]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        kept_peaks.add({name: float(done.stdout)})


def held(name: str) -> float:
    """What a fresh process holds that does one row's work; the bare pass is of a model that nothing has read."""
    loaded = made()
    if name == BARE:
        bare(loaded, batch_for(loaded, "causal", None, PROBE))
    elif name == ALL:
        whole(loaded)
    else:
        ROWS[name](ready(loaded))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(times: dict[str, list[float]], peaks: dict[str, list[float]]) -> None:
    """Record what was measured: medians by that of the bare pass, and how far the rounds are apart, each by its own."""
    (difference, *_) = times.pop(DIFFERENCE)
    ratios = {name: [t / b for t, b in zip(found, times[BARE], strict=False)] for name, found in times.items()}
    middle = {name: statistics.median(found) / statistics.median(times[BARE]) for name, found in times.items()}
    memory = {name: statistics.median(peaks[name]) for name in ROWS}
    rows = [
        [
            name,
            len(found),
            statistics.median(found),
            f"{min(found):.2f} to {max(found):.2f}",
            middle[name],
            f"{min(ratios[name]):.2f} to {max(ratios[name]):.2f}",
            round(memory[name]),
            memory[name] / memory[BARE],
        ]
        for name, found in times.items()
    ]
    counts = {"rounds": len(times[MANY]), "others": len(times[ALL]), "processes": len(peaks[MANY])}
    record(
        "large-models",
        " ".join([COMMAND, *(f"--{name} {number}" for name, number in counts.items())]),
        [
            "work",
            "rounds",
            "CPU s",
            "from, to",
            "of the bare pass",
            "a round, from, to",
            "peak MiB",
            "of the bare pass's peak",
        ],
        rows,
        batch=f"{PROBE.batch} x {PROBE.tokens} tokens",
        formulas=", ".join(map(str, FORMULAS)),
        largest_relative_difference_from_kept_tensors=f"{difference:.2g}",
        reached=middle[MANY] <= MOST_TIME and memory[MANY] <= MOST_MEMORY * memory[BARE],
    )


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--others", type=int, default=5, help="rounds of rows that the target is not about")
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--kept", type=Path, default=Path("runs/large-models"), help="folder of what was measured")
    parser.add_argument("--part", choices=("times", "peaks", "record"), help="do a part of it; all where left out")
    parser.add_argument("--peak", help="do the work of one row, and print the memory that it took")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.peak:
        print(held(chosen.peak))
        return
    chosen.kept.mkdir(parents=True, exist_ok=True)
    times, peaks = Kept.of(chosen.kept / "times.json"), Kept.of(chosen.kept / "peaks.json")
    if chosen.part in (None, "times"):
        measure_times(times, chosen.rounds, chosen.others)
    if chosen.part in (None, "peaks"):
        measure_peaks(peaks, chosen.processes)
    if chosen.part in (None, "record"):
        write(times.found, peaks.found)


if __name__ == "__main__":
    main()
