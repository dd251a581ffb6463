"""A schedule of predictors beside plain search with the dear one: how often the dear one is asked, and what is found.

Three parts. In ``hat-mt`` a Gaussian process with all 30 labels of a table stands for the supernet, whose scores are
published of these 30 alone, and a ridge on the specification with the 10 labels of a published split scores before. In
``replay`` a training is a look at the table ``gpt2-own``, among whose architectures is picked. In ``trained``
architectures of the whole space are trained for a tenth of the steps of that table. Plain search is the same evolution
with the dear predictor from the first iteration on; beside both stands one that ends when it has asked the dear
predictor about as often as the schedule did.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from scipy import stats

from lpzero.api.schedule import is_scheduled
from lpzero.api.search import search
from lpzero.costs.costs import Costs
from lpzero.engines import open_engine
from lpzero.files import replacing
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.operands.probe import Probe
from lpzero.predictors.description import SHAPE, SPEC, Source
from lpzero.predictors.labels import labels_of
from lpzero.predictors.regression import Regression
from lpzero.predictors.store import save
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_table
from lpzero.tables.folder import MeasuredRecord, write_folder

LEVEL = 0.95
TASK = "hat-mt-wmt14ende"
SPLIT = "123"


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        cheap: What scores first.
        dear: What scores later, or always.
        sizes: Those of the evolution, as a ``schedule.toml`` has them.
        switch: The iteration from which the dear one scores.
        fewer: Iterations of the plain search that asks about as often as the schedule.
        seeds: How many.
        search: Arguments of :func:`lpzero.search`.
    """

    cheap: str
    dear: str
    sizes: Mapping[str, int | float]
    switch: int
    fewer: int
    seeds: int
    search: Mapping[str, Any] = field(default_factory=dict)

    @property
    def iterations(self) -> int:
        """Of the schedule, and of plain search."""
        return int(self.sizes["iterations"])


SMALL = {"parents": 4, "mutants": 4, "crossovers": 4, "iterations": 6, "mutation": 0.3}
PAPER = {"parents": 25, "mutants": 50, "crossovers": 50, "iterations": 30, "mutation": 0.3}
PARTS = {
    "hat-mt": Part(
        "ridge-10.json",
        "gp-30.json",
        PAPER,
        15,
        15,
        5,
        {"space": "hat-mt", "protocol": "wmt14ende", "limits": {"flops": 120_000_000}},
    ),
    "replay": Part(
        "lookup:snip", "lookup:gpt2-own", SMALL, 4, 2, 20, {"table": "gpt2-own", "limits": {"params": 1_500_000}}
    ),
    "trained": Part(
        "snip",
        "training",
        {**SMALL, "parents": 3, "mutants": 3, "crossovers": 3},
        4,
        2,
        1,
        {"space": "gpt2", "protocol": "own", "limits": {"params": 1_500_000}},
    ),
}
STEPS = 40


def phase(begins: int, predictor: str) -> str:
    """A phase of a ``schedule.toml``."""
    steps = f"steps = {STEPS}\n" if predictor == "training" else ""
    return f'[[phase]]\nfrom = {begins}\npredictor = "{predictor}"\n{steps}'


def document(part: Part, kind: str) -> str:
    """The ``schedule.toml`` of one of the three searches of a part."""
    sizes = {**part.sizes, "iterations": part.fewer if kind == "as many" else part.iterations}
    phases = phase(0, part.dear)
    if kind == "schedule":
        phases = phase(0, part.cheap) + phase(part.switch, part.dear)
    lines = "".join(f"{name} = {value}\n" for name, value in sizes.items())
    return f"{lines}{phases}"


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
    more = {"source": "benchmarks/schedule.py", "licence": "Apache-2.0", "notes": []}
    records = [
        MeasuredRecord(id=one.id, architecture=one.architecture.to_json(), quality=row[0].value)
        for one, row in zip(table.records, rows, strict=True)
    ]
    write_folder(folder / "snip", {**facts, "higher_is_better": proxy.higher_is_better, **more}, records)


def found(name: str, part: Part, kind: str, seed: int, runs: Path, more: Mapping[str, Any]) -> ScheduleResult:
    """One search; what a folder holds already is not done again."""
    folder = runs / f"{name}-{kind.replace(' ', '-')}-{seed}"
    if is_scheduled(folder):
        result = search(resume=folder)
    else:
        path = runs / f"{name}-{kind.replace(' ', '-')}.toml"
        with replacing(path) as file:
            file.write(document(part, kind).encode())
        result = search(schedule=path, seed=seed, output=folder, device="cpu", **part.search, **more)
    assert isinstance(result, ScheduleResult)
    return result


def dear(result: ScheduleResult) -> Any:
    """What the last predictor was asked."""
    return next(one for one in result.predictors if one.predictor == result.phases[-1].predictor)


def score(result: ScheduleResult) -> float:
    """The best of the last phase, as the last predictor has it."""
    found = result.best[0].score
    assert found is not None
    return found


def is_best(result: ScheduleResult, space: SearchSpace) -> bool:
    """Whether what is reported is the best line of the last predictor, and everything that was scored fits.

    The lines of the random search come behind those of the search.
    """
    lines = [json.loads(line) for line in (Path(result.run) / "scored.jsonl").read_text().splitlines()]
    last = [one["score"] for one in lines if one["predictor"] == len(result.predictors) - 1][: dear(result).calls]
    best = (min if result.phases[-1].direction == "lower" else max)(one for one in last if one is not None)
    costs = Costs(space)
    architectures = [Architecture.from_json(one["architecture"]) for one in lines]
    fits = all(costs.of(one, name) <= most for one in architectures for name, most in result.limits.items())
    return fits and score(result) == best


def interval(apart: np.ndarray) -> str:
    """Mean of paired differences with its 95 % interval of Student's t."""
    if len(apart) < 2 or not np.ptp(apart):
        return f"{apart.mean():+.3f}"
    low, high = stats.ttest_1samp(apart, 0.0).confidence_interval(LEVEL)
    return f"{apart.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def compared(name: str, part: Part, seeds: int, runs: Path, more: Mapping[str, Any]) -> list[list[Any]]:
    """A row a seed, and one over all of them."""
    rows: list[list[Any]] = []
    space = get_space(part.search.get("space", "gpt2"), part.search.get("protocol", "own"))
    gains: dict[str, list[float]] = {"plain": [], "as many": [], "random": []}
    for seed in range(seeds):
        by = {kind: found(name, part, kind, seed, runs, more) for kind in ("schedule", "plain", "as many")}
        mine, whole = by["schedule"], by["plain"]
        sign = -1.0 if mine.phases[-1].direction == "lower" else 1.0
        random = mine.controls["random"]
        beside = None if random is None else random.score
        for kind in ("plain", "as many"):
            gains[kind].append(100 * sign * (score(mine) - score(by[kind])) / abs(score(by[kind])))
        if beside is not None:
            gains["random"].append(100 * sign * (score(mine) - beside) / abs(beside))
        ones = [dear(one) for one in (mine, whole, by["as many"])]
        rows.append(
            [
                *(name, str(seed), *(one.calls for one in ones)),
                100 * ones[0].calls / ones[1].calls,
                100 * ones[0].without_cache / ones[1].without_cache,
                *(f"{score(one):.4f}" for one in by.values()),
                "-" if beside is None else f"{beside:.4f}",
                *(f"{gains[kind][-1]:+.3f}" if gains[kind] else "-" for kind in gains),
                "yes" if all(is_best(one, space) for one in by.values()) else "NO",
            ]
        )
    means = [float(np.mean([row[column] for row in rows])) for column in range(2, 7)]
    apart = [interval(np.array(one)) if one else "-" for one in gains.values()]
    kept = "yes" if all(row[-1] == "yes" for row in rows) else "NO"
    scores = [f"{np.mean([float(row[column]) for row in rows]):.4f}" for column in range(7, 10)]
    drawn = [float(row[10]) for row in rows if row[10] != "-"]
    return [*rows, [name, "all", *means, *scores, f"{np.mean(drawn):.4f}" if drawn else "-", *apart, kept]]


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--seeds", type=int, help="Fewer than there are, for a look; nothing is recorded.")
    parser.add_argument("--runs", type=Path, help="Keep the searches in this folder, and use those that are there.")
    parser.add_argument(
        "--text", type=Path, default=Path("../shared/data/text"), help="Folder of the text to train on."
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        runs: Path = options.runs or Path(temporary)
        runs.mkdir(parents=True, exist_ok=True)
        if "hat-mt" in options.parts and not (runs / "gp-30.npz").exists():
            fitted(runs)
        if "replay" in options.parts and not (runs / "snip").exists():
            scored(runs)
        rows: list[list[Any]] = []
        for name in options.parts:
            part = PARTS[name]
            texts = {"corpus": "wikitext2-test.txt", "validation": "wikitext2-valid.txt"}
            more = {key: options.text / file for key, file in texts.items()} if part.dear == "training" else {}
            rows += compared(name, part, options.seeds or part.seeds, runs, more)
            print(*rows[-1], sep=" | ", flush=True)
    if options.seeds is None and options.parts == list(PARTS):
        written(rows)


def written(rows: Sequence[Sequence[Any]]) -> None:
    """Record the rows."""
    searches = ("schedule", "plain", "plain, as many")
    record(
        "schedule",
        "python benchmarks/schedule.py",
        [
            "part",
            "seed",
            *(f"dear calls: {one}" for one in searches),
            "share of plain, %",
            "the same without a cache, %",
            *(f"best: {one}" for one in searches),
            "best: random, as many",
            "schedule better than plain by, %",
            "than plain with as many, %",
            "than random with as many, %",
            "the best is reported and fits",
        ],
        rows,
        hat_mt=f"ridge on the specification, 10 labels of the split {SPLIT} of {TASK}, before iteration 15 of 30, then "
        "a Gaussian process on specification and shape with its 30 labels; at most 120 million operations a token",
        replay="snip before iteration 4 of 6, then the losses of gpt2-own, whose architectures alone are picked; at "
        "most 1.5 million parameters",
        trained=f"snip before iteration 4 of 6, then trainings of {STEPS} steps by the recipe of gpt2-own; at most 1.5 "
        "million parameters",
        plain="the same evolution with the dear predictor from the first iteration on",
        as_many="the same with so few iterations that it asks the dear predictor about as often as the schedule",
        better="of the objective, relative; in the rows of all seeds the mean paired difference with its 95 % interval "
        "of Student's t",
        seeds=", ".join(f"{name} 0 to {part.seeds - 1}" for name, part in PARTS.items()),
    )


if __name__ == "__main__":
    main()
