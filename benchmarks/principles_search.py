"""Principles and a proxy together: how many architectures are scored for the same regret as with the proxy alone?

``python benchmarks/principles_search.py``, from the checkout. A search scores architectures of a table, one after the
other, and would train the one with the best score; its regret is what the best of the table is better by. Searches of
a seed inside the rules and on the whole table share everything else. The rules are mined on other records than are
searched: on the other half of the table, drawn anew for each seed, or on another table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.principles import ends_of  # noqa: E402
from benchmarks.record import RESULTS, record  # noqa: E402
from lpzero.api.principles import contrasted, limits_of, mined_from  # noqa: E402
from lpzero.engines import Workers  # noqa: E402
from lpzero.operands.probe import Probe  # noqa: E402
from lpzero.principles import Principle, as_text, hold_all  # noqa: E402
from lpzero.principles.language.columns import Columns  # noqa: E402
from lpzero.principles.replay import coded_choices, evolve_records  # noqa: E402
from lpzero.principles.transfer import carried_over  # noqa: E402
from lpzero.proxy import load_proxy  # noqa: E402
from lpzero.proxy.score import directed, score_architectures  # noqa: E402
from lpzero.tables import Table, load_table  # noqa: E402

TABLE = "gpt2-wt103"
SOURCES = ("the other half", "transxl-wt103")
PROXIES = ("decoder_params", "random", "snip")
"""``random`` stands for a proxy that says nothing: what is left of the gain is that of the rules alone."""
PROBE = Probe(batch=2, tokens=32)
SEEDS, SCORED = 20, 60
AT = (5, 10, 20, 40)
HEADER = ["rules from", "proxy", "stays", "scored", "regret alone", "regret inside", "less", "95 %", "needed inside"]
HEADER += ["fewer", "its 95 %", "rules"]


def main() -> None:
    """Search, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proxy", action="append", choices=PROXIES, help="these alone; the others stay as recorded")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    table, searched = load_table(TABLE), {source: list(_searched(source)) for source in SOURCES}
    rows = _recorded()
    for name in options.proxy or PROXIES:
        scores = _scores(table, name, options.jobs)
        rows[name] = [row for source in SOURCES for row in _rows(table, source, searched[source], name, scores)]
        # what is finished is kept, whenever the rest is
        _record([row for one in PROXIES for row in rows.get(one, [])])


def _recorded() -> dict[str, list[list[Any]]]:
    file = RESULTS / "principles-search.json"
    listed = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.exists() else []
    return {name: [row for row in listed if row[1] == name] for name in PROXIES}


def _record(rows: list[list[Any]]) -> None:
    record(
        "principles-search",
        "python benchmarks/principles_search.py",
        HEADER,
        rows,
        stays="share of the searched records that the hard rules hold of, mean of the seeds",
        scored="architectures that a search scores",
        regret="perplexity of the one with the best score less the least of what is searched, mean of the seeds; alone "
        "less inside is better above 0",
        needed="architectures that are scored inside until the regret is that of the proxy alone or lower, mean of the "
        f"seeds; {SCORED} where that never is; fewer: what is saved, better above 0",
        seeds=SEEDS,
        probe=f"{PROBE.batch} x {PROBE.tokens} tokens",
    )


def _scores(table: Table, name: str, jobs: int) -> np.ndarray:
    """(seeds, records), higher is better."""
    if name == "random":
        return np.array([np.random.default_rng(seed).random(table.n) for seed in range(SEEDS)])
    proxy, architectures = load_proxy(name), [one.architecture for one in table.records]
    with Workers(jobs=jobs).open("cpu") as engine:
        rows = score_architectures(
            table.search_space(), architectures, [proxy], PROBE, engine=engine, progress=lambda *_: None
        )
    return np.tile(directed([row[0] for row in rows], proxy), (SEEDS, 1))


@dataclass(frozen=True)
class _Searched:
    """What one seed searches.

    Attributes:
        places: Its records in the table.
        rules: The principles.
    """

    places: np.ndarray
    rules: list[Principle]


def _searched(source: str) -> Iterator[_Searched]:
    """What each seed searches."""
    table = load_table(TABLE)
    space, groups = table.search_space(), table.groups(table.search_space())
    if source != SOURCES[0]:
        rules, _ = carried_over(_mined(load_table(source)), space)
        yield from [_Searched(np.arange(table.n), rules)] * SEEDS
        return
    for seed in range(SEEDS):
        chosen = np.random.default_rng(seed).permutation(groups.max() + 1)
        first = np.isin(groups, chosen[: len(chosen) // 2])
        part = replace(table, records=tuple(table.records[int(place)] for place in np.flatnonzero(first)))
        yield _Searched(np.flatnonzero(~first), carried_over(_mined(part), space)[0])


def _mined(table: Table) -> list[Principle]:
    return mined_from(contrasted(table, table.search_space(), None, "10%", None), limits_of(0.95, 0.9, 0.0, 8, 0), 0)


def _rows(table: Table, source: str, searched: list[_Searched], name: str, scores: np.ndarray) -> Iterator[list[Any]]:
    regrets, stays, texts = np.empty((2, SEEDS, SCORED)), [], []
    for seed, one in enumerate(searched):
        columns = Columns(table.search_space(), [table.records[int(place)].architecture for place in one.places])
        rules = [principle.rule for principle in one.rules if principle.rule is not None]
        kept = hold_all(rules, columns)
        stays.append(float(kept.mean()))
        texts.append("; ".join(map(as_text, rules)))
        for side, mask in enumerate((np.ones_like(kept), kept)):
            of_it = table.oriented[one.places], scores[seed, one.places]
            regrets[side, seed] = _regrets(columns, *of_it, mask, seed)
    told = max(set(texts), key=texts.count)
    told += f" ({texts.count(told)} of {SEEDS} seeds)" if len(set(texts)) > 1 else ""
    for number in AT:
        yield [source, name, float(np.mean(stays)), number, *_compared(regrets, number), told]


def _regrets(columns: Columns, oriented: np.ndarray, score: np.ndarray, mask: np.ndarray, seed: int) -> np.ndarray:
    """(SCORED,) the regret after each scored architecture; that of the last one where no more are left."""
    order = evolve_records(coded_choices(columns), score, mask, SCORED, np.random.default_rng(seed))
    best = np.array([order[: i + 1][np.argmax(score[order[: i + 1]])] for i in range(len(order))])
    return np.asarray(oriented.max() - oriented[np.pad(best, (0, SCORED - len(best)), mode="edge")])


def _compared(regrets: np.ndarray, number: int) -> list[Any]:
    alone, inside = regrets[0, :, number - 1], regrets[1, :, number - 1]
    reached = regrets[1] <= alone[:, None]
    needed = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, SCORED)
    cells: list[Any] = [
        float(alone.mean()),
        float(inside.mean()),
        float((alone - inside).mean()),
        ends_of(alone - inside),
    ]
    return [*cells, float(needed.mean()), float((number - needed).mean()), ends_of((number - needed).astype(float))]


if __name__ == "__main__":
    main()
