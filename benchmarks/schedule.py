"""A schedule of predictors beside plain search with the dear one: how often the dear one is asked, and what is found.

In ``hat-mt`` a Gaussian process with all 30 labels of a table stands for the supernet, whose scores are published of
these 30 alone, and a ridge on the specification with the 10 labels of a published split scores before. In ``replay`` a
training is a look at the table ``gpt2-own``, among whose architectures is picked. In ``trained`` architectures of the
whole space are trained for a tenth of the steps of that table; it takes hours and has a record of its own.

Plain search is the same evolution with the dear predictor from the first iteration on. Its first architectures, as many
as the schedule asked the dear predictor about, are what a plain search with fewer iterations finds; a random search
with as many stands beside both. Populations are those of ``lpzero search`` with the same seed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from scipy import stats

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.engines import Serial, Workers, open_engine
from lpzero.nas.ledger import Ledger
from lpzero.nas.pool import ClosedPool, OpenPool, Pool
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.chosen import Surroundings, found_again, named
from lpzero.nas.schedule.config import ScheduleConfig
from lpzero.nas.schedule.document import TRAINING, PhaseDocument
from lpzero.nas.schedule.evolution import drawn_beside, evolved
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import Place
from lpzero.nas.setting import rng_of
from lpzero.operands.probe import Probe
from lpzero.predictors.description import SHAPE, SPEC, Source
from lpzero.predictors.labels import labels_of
from lpzero.predictors.regression import Regression
from lpzero.predictors.store import save
from lpzero.progress import unwatched
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table
from lpzero.tables.folder import MeasuredRecord, write_folder

LEVEL = 0.95
TASK, SPLIT = "hat-mt-wmt14ende", "123"
STEPS = 40


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        space: Name of the space.
        protocol: Its protocol.
        table: Whose architectures alone are picked; empty for the whole space.
        limits: The highest costs.
        cheap: What scores first.
        dear: What scores later, or always.
        sizes: Those of the evolution.
        switch: The iteration from which the dear one scores.
        seeds: How many.
    """

    space: str
    protocol: str
    table: str
    limits: Mapping[str, float]
    cheap: str
    dear: str
    sizes: Mapping[str, Any]
    switch: int
    seeds: int

    def config(self, seed: int, folder: Path, *, plain: bool) -> ScheduleConfig:
        """The settings of the schedule, or of plain search."""
        texts = [self.dear] if plain else [self.cheap, self.dear]
        begins = [0] if plain else [0, self.switch]
        steps = {TRAINING: STEPS}
        phases = [PhaseDocument(from_=at, predictor=t, steps=steps.get(t)) for at, t in zip(begins, texts, strict=True)]
        values = {
            "space": self.space,
            "protocol": self.protocol,
            "table": self.table,
            "limits": dict(self.limits),
            "seed": seed,
            "evolution": dict(self.sizes),
            "predictors": [named(phase, folder).config.model_dump() for phase in phases],
            "phases": [{"begins": at, "predictor": place} for place, at in enumerate(begins)],
            "control": True,
        }
        return ScheduleConfig.model_validate(values)


PAPER = {"parents": 25, "mutants": 50, "crossovers": 50, "iterations": 30, "mutation": 0.3}
SMALL = {"parents": 4, "mutants": 4, "crossovers": 4, "iterations": 6, "mutation": 0.3}
LEAST = {"parents": 3, "mutants": 3, "crossovers": 3, "iterations": 6, "mutation": 0.3}
OWN = ("gpt2", "own")
PARTS = {
    "hat-mt": Part("hat-mt", "wmt14ende", "", {"flops": 1.2e8}, "ridge-10.json", "gp-30.json", PAPER, 15, 5),
    "replay": Part(*OWN, "gpt2-own", {"params": 1.5e6}, "lookup:snip", "lookup:gpt2-own", SMALL, 4, 20),
    "trained": Part(*OWN, "", {"params": 1.5e6}, "snip", TRAINING, LEAST, 4, 3),
}
USUAL = ["hat-mt", "replay"]


def fitted(folder: Path) -> None:
    """Keep the two predictors of ``hat-mt``."""
    table = load_table(TASK)
    space = table.search_space(None)
    (split,) = (one for one in table.beside.splits if one.name == SPLIT)
    for name, kind, groups, records in (
        ("ridge-10", "ridge", (SPEC,), split.labelled),
        ("gp-30", "gp", (SPEC, SHAPE), range(table.n)),
    ):
        source = Source(space, groups, (), Probe(), folder)
        save(folder / f"{name}.json", Regression(kind, source).fit(labels_of(table, records, None)), source)


def scored(folder: Path) -> None:
    """Keep what snip says of every architecture of ``gpt2-own`` as a table: all searches of the replay look it up."""
    table, proxy = load_table("gpt2-own"), load_proxy("snip")
    space = table.search_space(None)
    architectures = [one.architecture for one in table.records]
    with open_engine(jobs=1) as engine:
        rows = score_architectures(space, architectures, [proxy], Probe(), engine=engine, progress=lambda *_: None)
    facts = {"name": "snip", "space": space.name, "protocols": [space.protocol], "quality": "snip", "unit": "1"}
    more: dict[str, Any] = {"source": "benchmarks/schedule.py", "licence": "Apache-2.0", "notes": []}
    more |= {"recipe": None, "environment": None, "figures": {}}
    records = [
        MeasuredRecord(id=one.id, architecture=one.architecture.to_json(), quality=row[0].value)
        for one, row in zip(table.records, rows, strict=True)
    ]
    write_folder(folder / "snip", {**facts, "higher_is_better": proxy.higher_is_better, **more}, records)


@dataclass(frozen=True)
class Searched:
    """What one search did.

    Attributes:
        last: The ledger of its last phase.
        judge: What its last predictor said.
        is_best: Whether its best is the best line of the last predictor, and everything that was scored fits.
    """

    last: Ledger
    judge: Answers
    is_best: bool

    @property
    def best(self) -> float:
        """The best score."""
        return self.first(len(self.last.entries))

    def first(self, number: int) -> float:
        """The best score of the first architectures that the last predictor scored."""
        return best_of(list(self.last.entries.values())[:number], self.judge.predictor.config.higher_is_better)


def best_of(scored: Sequence[Any], higher: bool) -> float:
    """The best of some scores."""
    return float((max if higher else min)(one.scores[0] for one in scored if one.ok))


def searched(part: Part, pool: Pool, around: Surroundings, folder: Path, seed: int, *, plain: bool) -> Searched:
    """One search, with the random numbers that ``lpzero search`` gives it."""
    run = ScheduleRunFolder(folder / f"{part.space}-{'plain' if plain else 'schedule'}-{seed}")
    config = part.config(seed, folder, plain=plain)
    with Serial() as engine:
        place = Place(engine, run.path, unwatched, print)
        predictors = [found_again(one, around) for one in config.predictors]
        answers = [Answers(pool.space, i, one, run, place, {}) for i, one in enumerate(predictors)]
        run.path.mkdir(parents=True)
        last = evolved(config, pool, answers, rng_of(config, "search"), unwatched)[-1]
    judge = answers[-1]
    lines = [json.loads(line) for line in (run.path / "scored.jsonl").read_text().splitlines()]
    scores = [one["score"] for one in lines if one["predictor"] == judge.index and one["score"] is not None]
    costs = Costs(pool.space)
    built = [Architecture.from_json(line["architecture"]) for line in lines]
    fits = all(costs.of(one, name) <= most for one in built for name, most in part.limits.items())
    best = (max if judge.predictor.config.higher_is_better else min)(scores)
    return Searched(last, judge, fits and last.best(1)[0].scores[0] == best)


def compared(name: str, part: Part, seeds: int, folder: Path, texts: tuple[str, str]) -> list[list[Any]]:
    """A row a seed, and one over all of them."""
    space = get_space(part.space, part.protocol)
    around = Surroundings(space, Probe(), *texts, Workers(), unwatched)
    rows: list[list[Any]] = []
    for seed in range(seeds):
        pool = pool_of(part, space)
        mine, plain = (searched(part, pool, around, folder, seed, plain=one) for one in (False, True))
        calls, higher = len(mine.judge.met), mine.judge.predictor.config.higher_is_better
        config = part.config(seed, folder, plain=True)
        random = drawn_beside(pool, calls, mine.judge, rng_of(config, "random")) if part.dear != TRAINING else None
        drawn = None if random is None else best_of(list(random.entries.values()), higher)
        others = [plain.best, plain.first(calls), drawn]
        sign = 1.0 if higher else -1.0
        gains = [None if one is None else 100 * sign * (mine.best - one) / abs(one) for one in others]
        shares = [100 * calls / len(plain.judge.met), 100 * mine.judge.asked / plain.judge.asked]
        kept = "yes" if mine.is_best and plain.is_best else "NO"
        rows.append([name, str(seed), calls, len(plain.judge.met), *shares, mine.best, *others, *gains, kept])
        print(*rows[-1], sep=" | ", flush=True)
    return [*rows, whole(name, rows)]


def pool_of(part: Part, space: SearchSpace) -> Pool:
    """Where architectures come from."""
    limits, costs = CostLimits(dict(part.limits)), Costs(space)
    if not part.table:
        return OpenPool(costs, limits)
    return ClosedPool(costs, tuple(one.architecture for one in load_table(part.table).records), limits)


def whole(name: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The row over all seeds: means, and mean paired differences with their intervals."""
    columns = [[row[place] for row in rows] for place in range(2, 13)]
    means = [None if None in column else float(np.mean(column)) for column in columns[:8]]
    gains = [None if None in column else interval(np.array(column)) for column in columns[8:11]]
    return [name, "all", *means, *gains, "yes" if all(row[-1] == "yes" for row in rows) else "NO"]


def interval(apart: np.ndarray) -> str:
    """Mean of paired differences with its 95 % interval of Student's t."""
    if len(apart) < 2 or not np.ptp(apart):
        return f"{apart.mean():+.3f}"
    low, high = stats.ttest_1samp(apart, 0.0).confidence_interval(LEVEL)
    return f"{apart.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=USUAL)
    parser.add_argument("--seeds", type=int, help="Fewer than there are, for a look; nothing is recorded.")
    parser.add_argument("--name", default="schedule", help="Of the record.")
    parser.add_argument("--text", type=Path, default=Path("../shared/data/text"), help="Folder of the text.")
    options = parser.parse_args()
    texts = (str(options.text / "wikitext2-test.txt"), str(options.text / "wikitext2-valid.txt"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows: list[list[Any]] = []
        for name in options.parts:
            part = PARTS[name]
            if name == "hat-mt":
                fitted(folder)
            if name == "replay":
                scored(folder)
            rows += compared(name, part, options.seeds or part.seeds, folder, texts)
            print(*rows[-1], sep=" | ", flush=True)
    if options.seeds is None:
        written(options.name, options.parts, rows)


def written(name: str, parts: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Record the rows."""
    said = "" if list(parts) == USUAL else f" --parts {' '.join(parts)} --name {name}"
    record(
        name,
        f"python benchmarks/schedule.py{said}",
        [
            "part",
            "seed",
            *("dear calls", "of plain search", "share, %", "share without a cache, %"),
            *(f"best: {one}" for one in ("schedule", "plain", "plain, as many", "random, as many")),
            *(f"better than {one}, %" for one in ("plain", "plain with as many", "random with as many")),
            "the best is reported, all fits",
        ],
        [["-" if cell is None else cell for cell in row] for row in rows],
        hat_mt=f"ridge on the specification, 10 labels of the split {SPLIT} of {TASK}, before iteration 15 of 30, then "
        "a Gaussian process on specification and shape with its 30 labels; at most 120 million operations a token",
        replay="snip before iteration 4 of 6, then the losses of gpt2-own, whose architectures alone are picked; at "
        "most 1.5 million parameters",
        trained=f"snip before iteration 4 of 6, then trainings of {STEPS} steps by the recipe of gpt2-own; at most 1.5 "
        "million parameters",
        plain="the same evolution with the dear predictor from the first iteration on; with as many: its first ones",
        better="of the best score, relative; in the rows of all seeds the mean paired difference, with its interval of "
        "95 % by Student's t",
        seeds=", ".join(f"{one} 0 to {PARTS[one].seeds - 1}" for one in parts),
    )


if __name__ == "__main__":
    main()
