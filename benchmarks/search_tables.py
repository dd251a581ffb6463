"""What a search without training picks on a published table, over seeds, beside a random pick and the largest.

The table is a closed space: only its architectures may be picked, and those that the proxy was chosen on are left out.
Every one that remains is scored once, so that the searches of all seeds are lookups.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from scipy import stats

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.engines import open_engine
from lpzero.files import write_json
from lpzero.metrics import METRICS
from lpzero.nas.algorithms import ALGORITHMS
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.nsga2 import nsga2
from lpzero.nas.pool import ClosedPool
from lpzero.nas.truth import Truth
from lpzero.operands.probe import Probe
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.controls import fitted_controls
from lpzero.proxy.exclusion import chosen_on, looked_at
from lpzero.proxy.score import score_architectures, shape_of
from lpzero.proxy.yardstick import strongest_count
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table

RESAMPLES = 10_000
NAMES = (*ALGORITHMS, "nsga2")
CHANCE = "one drawn at random, expected"


@dataclass(frozen=True)
class Unseen:
    """The part of a table that a proxy was not chosen on.

    Attributes:
        proxy: The proxy.
        costs: What builds the models, and what they cost.
        table: The table without the architectures that the proxy was chosen on.
        scores: By key of the architecture; None where it could not be scored.
        expected: By key of the architecture: what the regression expects, higher is better.
        labels: Qualities that it was fitted to: those that the proxy was chosen on.
        count: The metric of the shape that ranks these architectures best.
    """

    proxy: Proxy
    costs: Costs
    table: Table
    scores: dict[str, float | None]
    expected: dict[str, float]
    labels: int
    count: str

    @property
    def space(self) -> SearchSpace:
        """What builds the models."""
        return self.costs.space

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        """Those that remain, as listed."""
        return tuple(item.architecture for item in self.table.records)

    def params(self, architecture: Architecture) -> float:
        """Number of parameters."""
        return self.costs.of(architecture, "params")

    def ledger(self, architectures: Iterable[Architecture] = ()) -> Ledger:
        """What a search knows that has scored these."""
        ledger = Ledger(self.space, (self.proxy.higher_is_better,))
        ledger.add([self.scored(architecture) for architecture in architectures])
        return ledger

    def scored(self, architecture: Architecture) -> Scored:
        """The score of an architecture, as a search gets it."""
        return Scored(architecture, (self.scores[self.space.key(architecture)],))


def unseen(name: str, folder: Path | None, jobs: int) -> Unseen:
    """Load a discovered proxy, the table that it was found on and the scores of what it was not chosen on."""
    proxy = load_proxy(name)
    if proxy.provenance is None:
        sys.exit(f"{name}: expected a proxy whose file says where it was found")
    whole = load_table(proxy.provenance.table)
    seen = chosen_on(proxy, whole)
    table = replace(whole, records=tuple(item for item in whole.records if item.id not in seen))
    space = table.search_space(proxy.provenance.protocol)
    labelled = sorted(looked_at(proxy, whole))
    asked = [i for i, item in enumerate(whole.records) if item.id not in seen]
    ridge = fitted_controls(space, [r.architecture for r in whole.records], whole.oriented, labelled, asked)[0].scores
    expected = {space.key(whole.records[i].architecture): float(v) for i, v in zip(asked, ridge, strict=True)}
    scores = exact_scores(proxy, space, table, folder, jobs)
    count = strongest_count(space, [item.architecture for item in table.records], table.oriented)
    return Unseen(proxy, Costs(space), table, scores, expected, len(labelled), count.what)


def exact_scores(
    proxy: Proxy, space: SearchSpace, table: Table, folder: Path | None, jobs: int
) -> dict[str, float | None]:
    """The scores by key of the architecture; those that the folder has from the same pass are not computed again."""
    probe = Probe()
    facts = {
        "proxy": str(proxy.formula),
        "space": space.name,
        "protocol": space.protocol,
        "records": table.digest,
        "pass": asdict(probe),
    }
    path = None if folder is None else folder / f"{table.name}-{space.protocol}.json"
    if path is not None and path.exists():
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        scores: dict[str, float | None] = document.pop("scores")
        if document == facts:
            return scores
    architectures = [item.architecture for item in table.records]
    with open_engine(jobs=jobs) as engine:
        rows = score_architectures(space, architectures, [proxy], probe, engine=engine, progress=progress)
    found = {space.key(a): row[0].value for a, row in zip(architectures, rows, strict=True)}
    if path is not None:
        write_json(path, {**facts, "scores": found})
    return found


def progress(done: int, total: int) -> None:
    """Say now and then how far the scoring is."""
    if done % 50 == 0 or done == total:
        print(f"{done} of {total} scored", file=sys.stderr, flush=True)


def searched(name: str, purpose: str, known: Unseen, pool: ClosedPool, seed: int, samples: int) -> Ledger:
    """Let an algorithm propose until so many are scored, with the random numbers that ``lpzero search`` gives it."""
    ledger = known.ledger()
    rng = np.random.default_rng(derived_seed(seed, "search", purpose))
    algorithm = partial(nsga2, cost=known.params) if name == "nsga2" else ALGORITHMS[name]
    for batch in algorithm(pool, rng, ledger.worth):
        ledger.add([known.scored(architecture) for architecture in batch[: samples - len(ledger.entries)]])
        if len(ledger.entries) >= samples:
            break
    return ledger


def picks(known: Unseen, pool: ClosedPool, seed: int, samples: int) -> dict[str, Architecture]:
    """What every way to pick picks with one seed, each with as many looks."""
    found = {name: searched(name, "search", known, pool, seed, samples).best(1)[0].architecture for name in NAMES}
    looked = searched("random", "random", known, pool, seed, samples).entries.values()
    return {
        **found,
        "largest of as many drawn": max((scored.architecture for scored in looked), key=known.params),
    }


def bounds(known: Unseen, pool: ClosedPool) -> dict[str, Architecture]:
    """What looking at all that fits picks.

    By parameters, by the strongest count, by a regression on the specification
    with the labels that the proxy was chosen on, and by the proxy itself, the most that a search with it can do.
    """
    fitting: dict[str, Architecture] = {}
    for architecture in known.architectures:
        if pool.limits.excess(partial(known.costs.of, architecture)) is None:
            # of one model that is listed twice the pool has the first
            fitting.setdefault(known.space.model_key(architecture), architecture)
    some = list(fitting.values())
    metric = METRICS[known.count]
    sign = 1.0 if metric.higher_is_better else -1.0
    return {
        "largest of all": max(some, key=known.params),
        f"best of all by {known.count}": max(
            some, key=lambda one: sign * metric.score_shape(shape_of(known.space, one))
        ),
        f"best of all by spec_ridge ({known.labels} labels)": max(
            some, key=lambda one: known.expected[known.space.key(one)]
        ),
        "best of all by the proxy": known.ledger(some).best(1)[0].architecture,
    }


def outcome(truth: Truth, architecture: Architecture) -> tuple[float, float]:
    """Rank of the true quality among what fits, in per cent of it, and regret."""
    every, mine = np.array(list(truth.quality.values())), truth.quality[truth.space.model_key(architecture)]
    return 100 * (1 + int((every > mine).sum())) / len(every), float(every.max()) - mine


def spread(values: np.ndarray) -> list[float]:
    """Mean, median and quartiles."""
    return [float(values.mean()), *(float(np.quantile(values, q)) for q in (0.5, 0.25, 0.75))]


def difference(found: np.ndarray, control: np.ndarray | float) -> list[float]:
    """Mean of the paired differences with its 95 % percentile bootstrap interval over the seeds."""
    apart = found - control
    rng = np.random.default_rng(derived_seed(0, "bootstrap"))
    interval = stats.bootstrap(
        (apart,), np.mean, n_resamples=RESAMPLES, confidence_level=0.95, method="percentile", rng=rng
    ).confidence_interval
    return [float(apart.mean()), float(interval.low), float(interval.high)]


def compared(
    known: Unseen, limits: CostLimits, label: str, share: float, seeds: range, algorithm: str
) -> list[list[Any]]:
    """The rows of one limit; of a random pick the exact expectation."""
    pool = ClosedPool(known.costs, known.architectures, limits)
    truth = Truth.of(known.table, known.costs, limits, frozenset())
    samples = round(share * len(truth.quality))
    by_pick: dict[str, list[tuple[float, float]]] = {}
    fixed = bounds(known, pool)
    for seed in seeds:
        for name, architecture in {**picks(known, pool, seed, samples), **fixed}.items():
            by_pick.setdefault(name, []).append(outcome(truth, architecture))
    figures = {name: np.array(values) for name, values in by_pick.items()}
    scored = f"{samples} of {len(truth.quality)}"
    rows: list[list[Any]] = []
    for name, values in figures.items():
        row = [label, scored, name, *spread(values[:, 1]), *spread(values[:, 0])]
        for column in (1, 0):
            row += ["-"] * 3 if name == algorithm else difference(figures[algorithm][:, column], values[:, column])
        rows.append(row)
    every = np.array(list(truth.quality.values()))
    regrets, places = every.max() - every, 100 * stats.rankdata(-every, method="min") / len(every)
    row = [label, scored, CHANCE, *spread(regrets), *spread(places)]
    for column, by_chance in ((1, regrets), (0, places)):
        row += difference(figures[algorithm][:, column], float(by_chance.mean()))
    return [*rows, row]


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proxy", default="flexibert/typed", help="Its file says table, protocol and split.")
    parser.add_argument("--algorithm", choices=NAMES, default="guided", help="Compared with the others.")
    parser.add_argument("--share", type=float, default=0.2, help="Of what fits, so much is scored.")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0, help="Other seeds than the reported ones are for tuning.")
    parser.add_argument("--scores", type=Path, help="Keep the scores in this folder, and use those that are there.")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    known = unseen(options.proxy, options.scores, options.jobs)
    half = int(np.median([known.params(architecture) for architecture in known.architectures]))
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    rows = []
    for label, limits in (("none", CostLimits({})), (f"params <= {half:,}", CostLimits({"params": half}))):
        rows += compared(known, limits, label, options.share, seeds, options.algorithm)
    header = ["limit", "scored", "pick"]
    for measure in ("regret", "top %"):
        header += [
            f"mean {measure}",
            *(f"{measure}: {name}" for name in ("median", "lower quartile", "upper quartile")),
        ]
    for measure in ("mean regret", "mean top %"):
        less = f"{options.algorithm} less this, {measure}"
        header += [less, f"{less}: low", f"{less}: high"]
    table = known.table
    record(
        f"search-{table.name}-{known.space.protocol}",
        # where scores are kept decides nothing
        f"python benchmarks/search_tables.py --proxy {options.proxy} --algorithm {options.algorithm} "
        f"--share {options.share} --seeds {options.seeds} --first-seed {options.first_seed}",
        header,
        rows,
        proxy=f"{known.proxy.name}: {known.proxy.formula} ({known.proxy.direction})",
        left_out=f"what the proxy was chosen on: {table.n} records remain",
        top="rank of the true quality among what fits, in per cent of it",
        regret=f"{table.quality}, {table.unit}: less than the best that fits",
        seeds=f"{seeds.start} to {seeds.stop - 1}",
        intervals=f"95 %, of the mean paired difference: percentile bootstrap over the seeds, {RESAMPLES} resamples",
        random_pick="the exact expectation over all that fit, its median and quartiles those of all that fit",
    )


if __name__ == "__main__":
    main()
