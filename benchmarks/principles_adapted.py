"""Is a search better where its principles are adapted to what it has found, or worse?

``python benchmarks/principles_adapted.py``, from the checkout. Regularised evolution on the target, inside the rules
of the source: as they are, and adapted after every five evaluations (``lpzero principles adapt``: measured again on
what this search has evaluated, of which the better half are the top; stalled where its best stands too long to be
luck). Searches of a seed begin alike. As a control, rules that are wrong: those of a source whose order is reversed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.nb201_table import read_nb201  # noqa: E402
from benchmarks.principles import NB_KEEP, NB_RULES, NB_SHRINK, NB_TOP, ends_of  # noqa: E402
from benchmarks.record import RESULTS, record  # noqa: E402
from lpzero.api.principles import assembled, contrasted, limits_of, mined_from  # noqa: E402
from lpzero.principles import Principles, contrast, hard_rules, hold_all  # noqa: E402
from lpzero.principles.adapting import adapt, is_stalled  # noqa: E402
from lpzero.principles.language.columns import Columns  # noqa: E402
from lpzero.principles.replay import coded_choices, evolve_records  # noqa: E402
from lpzero.principles.transfer import carried_over  # noqa: E402
from lpzero.tables import Table, load_table  # noqa: E402
from lpzero.tables.locate import data_folders  # noqa: E402

PAIRS = (
    ("nb201-imagenet", "nb201-cifar10"),
    ("nb201-cifar10", "nb201-imagenet"),
    ("gpt2-wt103", "transxl-wt103"),
    ("transxl-wt103", "gpt2-wt103"),
    ("flexibert-own", "flexibert-glue"),
    ("gpt2-wt103, reversed", "transxl-wt103"),
    ("flexibert-own, reversed", "flexibert-glue"),
)
REVERSED = ", reversed"
TRIALS, SEEDS = (20, 40), 100
FEWEST = 10
"""Results that rules are measured again on, at least: their better half are five."""
HEADER = ["from", "to", "evaluations", "outside", "inside", "adapted", "gain", "95 %", "relaxed"]


def main() -> None:
    """Search, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", action="append", type=int, help="these alone, from 0; the others stay as recorded")
    options = parser.parse_args()
    rows = _recorded()
    for place in range(len(PAIRS)) if options.pair is None else options.pair:
        rows[PAIRS[place]] = list(_rows(*PAIRS[place]))
        # what is finished is kept, whenever the rest is
        _record([row for pair in PAIRS for row in rows.get(pair, [])])


def _recorded() -> dict[tuple[str, str], list[list[Any]]]:
    file = RESULTS / "principles-adapted.json"
    listed = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.exists() else []
    return {pair: [row for row in listed if tuple(row[:2]) == pair] for pair in PAIRS}


def _record(rows: list[list[Any]]) -> None:
    record(
        "principles-adapted",
        "python benchmarks/principles_adapted.py",
        HEADER,
        rows,
        outside="regret of a search on the whole table, in the unit of its quality, mean of the seeds",
        inside="the same inside the rules as they are",
        adapted="the same where they are adapted",
        gain="inside less adapted, better above 0, with the interval of paired seeds",
        relaxed="rules that are relaxed in a search, mean of the seeds",
        seeds=SEEDS,
    )


def _table(name: str) -> Table:
    if name.endswith(REVERSED):
        found = load_table(name.removesuffix(REVERSED))
        return replace(found, higher_is_better=not found.higher_is_better)
    if not name.startswith("nb201-"):
        return load_table(name)
    return read_nb201(next(folder for folder in data_folders() if (folder / "nb201").is_dir()), name[6:])


def _rules(source: Table, target: Table) -> Principles:
    """What is mined on the source and says something of the target, as a file about the latter's space."""
    space, nb201 = target.search_space(), source.space == "nb201"
    found = contrasted(source, source.search_space(), None, NB_TOP if nb201 else "10%", None)
    limits = limits_of(NB_KEEP, NB_SHRINK, 0.0, NB_RULES, 0) if nb201 else limits_of(0.95, 0.9, 0.0, 8, 0)
    taken, _ = carried_over(mined_from(found, limits, 0, for_=space), space)
    return assembled(target, space, taken, found, None, 0)


def _rows(source: str, target: str) -> Iterator[list[Any]]:
    table = _table(target)
    principles = _rules(_table(source), table)
    columns = Columns(table.search_space(), [one.architecture for one in table.records])
    # small numbers are compared faster
    codes, oriented = coded_choices(columns).astype(np.int16), table.oriented
    kept = hold_all(hard_rules(principles), columns)
    for trials in TRIALS:
        regrets, relaxed = np.empty((SEEDS, 3)), np.zeros(SEEDS)
        for seed in range(SEEDS):
            versions = [principles]
            again = _adapting(versions, columns, oriented)
            asked = ((np.ones_like(kept), None), (kept, None), (kept, again))
            for side, (mask, how) in enumerate(asked):
                rng = np.random.default_rng(seed)
                found = evolve_records(codes, oriented, mask, trials, rng, again=how)
                regrets[seed, side] = oriented.max() - oriented[found].max()
            relaxed[seed] = sum(one.status == "relaxed" for one in versions[-1].principles)
        gains = regrets[:, 1] - regrets[:, 2]
        means = [float(one) for one in regrets.mean(axis=0)]
        yield [source, target, trials, *means, float(gains.mean()), ends_of(gains), float(relaxed.mean())]


def _adapting(versions: list[Principles], columns: Columns, oriented: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Says where a search goes on, and keeps the versions of its principles."""

    def again(found: np.ndarray) -> np.ndarray:
        if len(found) >= FEWEST:
            qualities = oriented[found]
            architectures = [columns.architectures[int(place)] for place in found]
            told = contrast(columns.space, architectures, qualities, None, len(found) // 2)
            versions.append(adapt(versions[-1], told, 0, stalled=is_stalled(qualities)))
        return hold_all(hard_rules(versions[-1]), columns)

    return again


if __name__ == "__main__":
    main()
