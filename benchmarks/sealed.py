"""Recorded formulas on the sealed test beside every control, over all pairs and at matched size.

The formulas are those of ``evolve.py`` or ``enumerate.py``, one a seed, or a shipped proxy with the seed of its run:
they are judged anew on the sealed test, as the final report of their command judges them, without the search. A run of
the command itself ends with the same figures where it finds the same formula, which another processor need not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
from dataclasses import dataclass
from typing import Any

from record import RESULTS, record

from lpzero.api.discovery import completed
from lpzero.engines import open_engine
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.report import baseline_names, beside_figures
from lpzero.evolution.run import prepare
from lpzero.fitness.figures import ComparisonFigures
from lpzero.formula import parse
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.discovery import BaselineFigures, SealedFigures
from lpzero.proxy.score import directed, score_architectures
from lpzero.settings import check_settings

HEADER = ["seed", "what", "labels", "tau-a", "95 %", "rho", "matched size", "its 95 %", "pairs"]
HEADER += ["formula less this", "its 95 % ", "p (Holm)", "at matched size", "its 95 %  ", "its p (Holm)"]
_FORMULA = re.compile(r"`(?P<formula>.+)` \((?P<direction>higher|lower)\)")


@dataclass(frozen=True)
class Found:
    """A formula that a run found.

    Attributes:
        seed: Of the run.
        formula: Its text.
        higher_is_better: Its direction.
    """

    seed: int
    formula: str
    higher_is_better: bool


def recorded(name: str) -> list[Found]:
    """The formulas of a record, one a seed."""
    document = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    found = []
    for row in document["rows"]:
        matched = _FORMULA.fullmatch(row[document["header"].index("formula")])
        assert matched is not None
        found.append(Found(row[0], matched["formula"], matched["direction"] == "higher"))
    return found


def shipped(name: str) -> tuple[str, str, list[Found]]:
    """Table, protocol and formula of a shipped proxy."""
    proxy = load_proxy(name)
    assert proxy.provenance is not None
    found = Found(proxy.provenance.seed, str(proxy.formula), proxy.higher_is_better)
    return proxy.provenance.table, proxy.provenance.protocol, [found]


@dataclass(frozen=True)
class Judged:
    """A formula on the sealed test.

    Attributes:
        found: The formula.
        test: Its figures.
        beside: What stands beside it.
        labels: Qualities that it was chosen on, and the controls were fitted to.
    """

    found: Found
    test: SealedFigures
    beside: list[BaselineFigures]
    labels: int


def judged(table: str, protocol: str, found: Found, jobs: int) -> Judged:
    """What the final report of a run says of the sealed test; the parts that it was chosen on are not scored again."""
    facts, measured = completed(
        table=table, space=None, protocol=protocol, device="cpu", search_size=None, validation_size=None
    )
    setting = prepare(check_settings(EvolveConfig, {**facts, "seed": found.seed}), measured)
    best = Proxy(found.formula, parse(found.formula), None, found.higher_is_better)
    proxies = [best, *(load_proxy(name) for name in baseline_names(setting.space))]
    test, records = list(setting.parts.test), setting.table.records
    with open_engine(jobs=jobs) as engine:
        rows = score_architectures(
            setting.space,
            [records[i].architecture for i in test],
            proxies,
            setting.probe,
            engine=engine,
            progress=progress,
        )
    scores = [directed([row[i] for row in rows], proxy) for i, proxy in enumerate(proxies)]
    made = beside_figures(setting, test, scores, proxies)
    return Judged(found, made.test, made.baselines, len(setting.seen))


def progress(done: int, total: int) -> None:
    """Say now and then how far the scoring is."""
    if done % 50 == 0 or done == total:
        print(f"{done} of {total} scored", file=sys.stderr, flush=True)


def cells(test: SealedFigures) -> list[Any]:
    """Tau-a over all pairs and at matched size, with their intervals."""
    close = test.matched_size
    assert close is not None
    return [test.tau_a, ends(test.interval), test.rho, close.tau_a, ends(close.interval), close.pairs]


def less(versus: ComparisonFigures) -> list[Any]:
    """The formula less something, both ways, with intervals and corrected p-values."""
    row: list[Any] = []
    for found in (versus, versus.matched_size):
        row += ["-"] * 3 if found is None else [found.difference, ends(found.interval, "+"), found.p_holm]
    return row


def rows_of(made: Judged) -> list[list[Any]]:
    """The formula, the strongest baseline without labels, and the controls; one a row."""
    seed, beside = made.found.seed, made.beside
    free = [row for row in beside if row.labels is None and row.test.tau_a is not None and row.proxy != "text_loss"]
    strongest = max(free, key=lambda row: row.test.tau_a or -1)
    direction = "higher" if made.found.higher_is_better else "lower"
    rows = [[seed, f"formula: `{made.found.formula}` ({direction})", made.labels, *cells(made.test), *["-"] * 6]]
    shown = [row for row in beside if row is strongest or row.labels is not None or row.proxy == "text_loss"]
    for row in shown:
        name = f"baseline: {row.proxy}" if row is strongest else row.proxy + (f": {row.what}" if row.what else "")
        rows.append([seed, name, row.labels or 0, *cells(row.test), *less(row.versus)])
    return rows


def median(rows: list[list[Any]], name: str, column: str) -> float:
    """Over the seeds."""
    return statistics.median(row[HEADER.index(column)] for row in rows if row[1].split(":")[0] == name)


def ends(interval: list[float] | None, sign: str = "") -> str:
    """Both ends of an interval."""
    return "-" if interval is None else f"[{interval[0]:{sign}.3f}, {interval[1]:{sign}.3f}]"


def main() -> None:
    """Judge and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", default="evolve", help="evolve, enumerate, or the name of a shipped proxy.")
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    table, protocol = options.table, options.protocol
    if options.of in ("evolve", "enumerate"):
        name, formulas = f"{options.of}-{table}-{protocol}", recorded(f"{options.of}-{table}-{protocol}")
        command = f"python benchmarks/sealed.py --of {options.of} --table {table} --protocol {protocol}"
    else:
        table, protocol, formulas = shipped(options.of)
        name, command = options.of.replace("/", "-"), f"python benchmarks/sealed.py --of {options.of}"
    rows: list[list[Any]] = []
    for found in formulas:
        made = judged(table, protocol, found, options.jobs)
        rows += rows_of(made)
        print(*rows_of(made), sep="\n", flush=True)
    medians = {
        f"median_{name}_{short}": median(rows, name, column)
        for name in ("formula", "baseline", "spec_ridge", "shape_quadratic", "strongest_feature")
        for short, column in (("tau_a", "tau-a"), ("matched", "matched size"))
    }
    record(f"sealed-{name}", command, HEADER, rows, architectures=made.test.n, **medians)


if __name__ == "__main__":
    main()
