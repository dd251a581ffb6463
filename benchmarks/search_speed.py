"""What a search costs beside the bare passes of the same models: time an architecture, and memory as it goes on."""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from record import record
from scipy import stats

from lpzero.engines import open_engine
from lpzero.nas.config import SearchConfig
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.run import execute
from lpzero.nas.setting import SearchSetting, prepare
from lpzero.operands.probe import probe_batch, untrained_model
from lpzero.progress import Progress
from lpzero.proxy import load_proxy
from lpzero.proxy.score import ScoreTask, score_task
from lpzero.spaces import Architecture, get_space


class Watch:
    """Notes, behind every batch, the time and the memory of this process."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.memory: list[tuple[int, float]] = []

    def __call__(self, progress: Progress) -> None:
        """A batch is scored."""
        self.seconds[progress.step] = time.perf_counter() - self.started
        if progress.step == "search":
            self.memory.append((int(progress.facts.split("/")[0].replace(",", "")), resident()))


def resident() -> float:
    """MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def bare(setting: SearchSetting, architecture: Architecture) -> None:
    """Build a model, and take one forward and one backward pass."""
    model, _ = untrained_model(setting.space, architecture, setting.probe)
    batch = probe_batch(setting.space, setting.probe)
    model(input_ids=batch.input_ids, labels=batch.labels).loss.backward()


def timed(setting: SearchSetting, architectures: list[Architecture]) -> tuple[list[float], list[float]]:
    """Seconds of the bare pass and of the score of each, one after the other."""
    plain, scored = [], []
    for architecture in architectures:
        for times, work in (
            (plain, lambda: bare(setting, architecture)),  # noqa: B023
            (scored, lambda: score_task(ScoreTask(setting.space, architecture, setting.probe, setting.proxies))),  # noqa: B023
        ):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    return plain, scored


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="flexibert")
    parser.add_argument("--proxy", default="flexibert/typed")
    parser.add_argument("--budget", type=float, default=120.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    proxy, space = load_proxy(options.proxy), get_space(options.space)
    config = SearchConfig(
        space=space.reference,
        protocol=space.protocol,
        proxies=[str(proxy.formula)],
        names=[proxy.name],
        higher_is_better=[proxy.higher_is_better],
        samples=None,
        budget=options.budget,
    )
    setting, watch = prepare(config), Watch()
    with tempfile.TemporaryDirectory() as folder:
        run = SearchRunFolder.create(Path(folder) / "run", config)
        with open_engine(jobs=options.jobs) as engine:
            result = execute(run, setting, engine=engine, watch=watch)
        kept = run.kept(1)
    sampled = np.random.default_rng(0).permutation(len(kept))[: options.pairs]
    timed(setting, [kept[int(i)].architecture for i in sampled[:3]])
    plain, scored = timed(setting, [kept[int(i)].architecture for i in sampled])
    late = watch.memory[len(watch.memory) // 4 :]
    slope = stats.linregress([done for done, _ in late], [memory for _, memory in late])
    wide = 1.96 * slope.stderr
    rows: list[list[object]] = [
        ["architectures scored by the search", result.scored],
        ["architectures scored in all, none twice", len(kept)],
        ["seconds of scoring", watch.seconds["search"]],
        ["score / bare pass, median", statistics.median(s / b for s, b in zip(scored, plain, strict=True))],
        ["score / bare pass, of the sums", sum(scored) / sum(plain)],
        [
            "time of all cores / bare passes on one, an architecture",
            options.jobs * watch.seconds["search"] / len(kept) / statistics.fmean(plain),
        ],
        ["MiB held at the end", late[-1][1]],
        ["MiB more for 1,000 architectures", 1000 * slope.slope],
        ["... and its interval of 95 %", f"[{1000 * (slope.slope - wide):.2f}, {1000 * (slope.slope + wide):.2f}]"],
    ]
    record(
        f"search-speed-{options.space}",
        " ".join(["python benchmarks/search_speed.py", *sys.argv[1:]]),
        ["figure", "value"],
        rows,
        proxy=options.proxy,
        jobs=options.jobs,
        budget=options.budget,
        pairs=options.pairs,
    )


if __name__ == "__main__":
    main()
