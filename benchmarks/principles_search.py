"""Principles and a proxy together: how many architectures are scored for the same regret as with the proxy alone?

``python benchmarks/principles_search.py``, from the checkout. A search scores architectures of a table, one after the
other, and would train the one with the best score; its regret is what the best of the table is better by. Searches of
a seed inside the rules and on the whole table share everything else. The rules are mined on other records than are
searched: on the other half of the table, drawn anew for each seed, or on another table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.principles import ends_of  # noqa: E402
from benchmarks.record import record  # noqa: E402
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
PROXIES = ("snip", "decoder_params", "random")
SEEDS, SCORED = 20, 60
AT = (5, 10, 20, 40)
HEADER = ["rules from", "proxy", "stays", "scored", "regret alone", "regret inside", "less", "95 %", "needed inside"]
HEADER += ["fewer", "its 95 %", "rules"]


def main() -> None:
    """Search, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    table = load_table(TABLE)
    scores = _scores(table, options.jobs)
    rows = [row for source in SOURCES for row in _rows(table, source, scores)]
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
    )


def _scores(table: Table, jobs: int) -> dict[str, np.ndarray]:
    """(records,) of each proxy, higher is better."""
    space = table.search_space()
    names = [name for name in PROXIES if name != "random"]
    proxies = [load_proxy(name) for name in names]
    architectures = [one.architecture for one in table.records]
    with Workers(jobs=jobs).open("cpu") as engine:
        rows = score_architectures(space, architectures, proxies, Probe(), engine=engine, progress=lambda *_: None)
    return {
        name: directed([row[place] for row in rows], proxy)
        for place, (name, proxy) in enumerate(zip(names, proxies, strict=True))
    }


@dataclass(frozen=True)
class _Searched:
    """What one seed searches.

    Attributes:
        places: Its records in the table.
        rules: The principles.
    """

    places: np.ndarray
    rules: list[Principle]


def _searched(table: Table, source: str, seed: int, mined: dict[str, list[Principle]]) -> _Searched:
    space = table.search_space()
    if source in mined:
        return _Searched(np.arange(table.n), mined[source])
    if source != SOURCES[0]:
        other = load_table(source)
        mined[source], _ = carried_over(_mined(other), space)
        return _Searched(np.arange(table.n), mined[source])
    groups = table.groups(space)
    chosen = np.random.default_rng(seed).permutation(groups.max() + 1)
    first = np.isin(groups, chosen[: len(chosen) // 2])
    part = replace(table, records=tuple(table.records[int(place)] for place in np.flatnonzero(first)))
    rules, _ = carried_over(_mined(part), space)
    return _Searched(np.flatnonzero(~first), rules)


def _mined(table: Table) -> list[Principle]:
    return mined_from(contrasted(table, table.search_space(), None, "10%", None), limits_of(0.95, 0.9, 0.0, 8, 0), 0)


def _rows(table: Table, source: str, scores: dict[str, np.ndarray]) -> Iterator[list[Any]]:
    space = table.search_space()
    mined: dict[str, list[Principle]] = {}
    regrets = {name: np.empty((2, SEEDS, SCORED)) for name in PROXIES}
    stays, texts = [], []
    for seed in range(SEEDS):
        searched = _searched(table, source, seed, mined)
        columns = Columns(space, [table.records[int(place)].architecture for place in searched.places])
        oriented = table.oriented[searched.places]
        kept = hold_all([one.rule for one in searched.rules if one.rule is not None], columns)
        stays.append(float(kept.mean()))
        texts.append("; ".join(as_text(one.rule) for one in searched.rules if one.rule is not None))
        for name in PROXIES:
            noise = np.random.default_rng(seed).random(table.n)
            score = scores.get(name, noise)[searched.places]
            for side, mask in enumerate((np.ones_like(kept), kept)):
                regrets[name][side, seed] = _regrets(columns, oriented, score, mask, seed)
    told = max(set(texts), key=texts.count)
    told += f" ({texts.count(told)} of {SEEDS} seeds)" if len(set(texts)) > 1 else ""
    for name in PROXIES:
        for number in AT:
            yield [source, name, float(np.mean(stays)), number, *_compared(regrets[name], number), told]


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
