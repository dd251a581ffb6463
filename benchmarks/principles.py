"""What mined principles are worth elsewhere: another task, another half of the table, another space, equal size.

``python benchmarks/principles.py``, from the checkout. Nothing of what principles are judged on is looked at before
they are fixed. Of NAS-Bench-201, the share of the top that has to stay is set so that at most 1 % of the space does,
which the source alone decides.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.nb201_table import TASKS, read_nb201  # noqa: E402
from benchmarks.record import RESULTS, record  # noqa: E402
from lpzero.api.principles import contrasted, limits_of, mined_from  # noqa: E402
from lpzero.api.principles_transfer import Judging, judged  # noqa: E402
from lpzero.principles import Principle, as_text, hold_all, sizes_of  # noqa: E402
from lpzero.principles.language.columns import Columns  # noqa: E402
from lpzero.principles.replay import coded_choices, evolve_records  # noqa: E402
from lpzero.tables import Table, load_table  # noqa: E402
from lpzero.tables.locate import data_folders  # noqa: E402

HEADER = ["part", "from", "to", "kept", "top kept", "difference", "95 %", "at matched size", "its 95 %"]
HEADER += ["inside", "outside", "rules"]
NONE = "-"
HALVES, SEEDS = 5, 200
AT_SIZE, TOP_AT_SIZE = 1.25, "25%"
NB_TOP, NB_KEEP, NB_SHRINK, NB_RULES = 50, 0.7, 0.999, 12


def main() -> None:
    """Judge, and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=PARTS, help="these alone; the others stay as recorded")
    options = parser.parse_args()
    rows = _recorded()
    for part in options.part or PARTS:
        rows[part] = [[part, *row] for row in PARTS[part]()]
        # what is finished is kept, whenever the rest is
        _record([row for name in PARTS for row in rows.get(name, [])])


def _recorded() -> dict[str, list[list[Any]]]:
    file = RESULTS / "principles.json"
    listed = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.exists() else []
    return {part: [row for row in listed if row[0] == part] for part in PARTS}


def _record(rows: list[list[Any]]) -> None:
    record(
        "principles",
        "python benchmarks/principles.py",
        HEADER,
        rows,
        kept="share of the records of the other table",
        top_kept="share of its own top tenth, of the best 0.1 % for nb201, of the best fifth for hat-mt",
        difference="mean quality of kept less dropped, better above 0, over all pairs and over pairs of sizes within "
        f"{AT_SIZE}; of the halves of flexibert-glue, of kept less all",
        inside=f"share of {SEEDS} searches that reach the best 0.1 %: regularised evolution inside the rules",
        outside="the same searches on the whole table",
        seeds=SEEDS,
    )


def _told(principles: list[Principle]) -> str:
    texts = [(as_text(one.rule), one.strength) for one in principles if one.rule is not None]
    return "; ".join(text if strength == "hard" else f"{text} (soft)" for text, strength in texts)


def nb201() -> Iterator[list[Any]]:
    """From each of two tasks to the other, searches of 20 and of 5 evaluations."""
    folder = next(folder for folder in data_folders() if (folder / "nb201").is_dir())
    tables = {task: read_nb201(folder, task) for task in TASKS}
    for source, target in (("imagenet", "cifar10"), ("cifar10", "imagenet")):
        mined = contrasted(tables[source], tables[source].search_space(), None, NB_TOP, None)
        principles = mined_from(mined, limits_of(NB_KEEP, NB_SHRINK, 0.0, NB_RULES, 0), 0)
        hard = [one.rule for one in principles if one.strength == "hard" and one.rule is not None]
        kept, oriented = hold_all(hard, mined.columns), tables[target].oriented
        best = np.sort(oriented)[-round(0.001 * len(oriented))]
        for trials in (20, 5):
            inside, outside = (
                _reached(mined.columns, oriented, mask, trials, float(best)) for mask in (kept, np.ones_like(kept))
            )
            kept_ = [float(kept.mean()), float(kept[oriented >= best].mean())]
            name = f"nb201-{target}, {trials} evaluations"
            yield [tables[source].name, name, *kept_, *[NONE] * 4, inside, outside, _told(principles)]


def _reached(columns: Columns, oriented: Any, mask: Any, trials: int, best: float) -> float:
    codes = coded_choices(columns)
    found = (evolve_records(codes, oriented, mask, trials, np.random.default_rng(seed)) for seed in range(SEEDS))
    return float(np.mean([oriented[one].max() >= best for one in found]))


def halves() -> Iterator[list[Any]]:
    """Mined on one half of FlexiBERT, judged on the other; records that build one model stay together."""
    table = load_table("flexibert-glue")
    space = table.search_space()
    groups = table.groups(space)
    for half in range(HALVES):
        chosen = np.random.default_rng(half).permutation(groups.max() + 1)
        first = np.isin(groups, chosen[: len(chosen) // 2])
        parts = [_part(table, np.flatnonzero(side)) for side in (first, ~first)]
        mined = contrasted(parts[0], space, None, "10%", None)
        principles = mined_from(mined, limits_of(0.95, 0.9, 0.0, 8, 0), 0)
        other = contrasted(parts[1], space, None, "10%", None)
        hard = [one.rule for one in principles if one.strength == "hard" and one.rule is not None]
        kept, oriented = hold_all(hard, other.columns), parts[1].oriented
        up = oriented[kept].mean() - oriented.mean()
        shares = [float(kept.mean()), float(kept[other.top].mean())]
        yield [f"half {half}", "the other", *shares, float(up), *[NONE] * 5, _told(principles)]


def _part(table: Table, places: Any) -> Table:
    from dataclasses import replace

    return replace(table, records=tuple(table.records[int(place)] for place in places))


def translation() -> Iterator[list[Any]]:
    """From English-German to two other tasks, of the same 30 architectures."""
    for target in ("hat-mt-wmt14enfr", "hat-mt-wmt19ende"):
        yield from _transfer("hat-mt-wmt14ende", target, "30%", None)


def at_size() -> Iterator[list[Any]]:
    """Mined at equal size, and judged at matched size."""
    for source, target in (
        ("gpt2-wt103", "transxl-wt103"),
        ("transxl-wt103", "gpt2-wt103"),
        ("hwgpt-s", "hwgpt-m"),
    ):
        yield from _transfer(source, target, TOP_AT_SIZE, AT_SIZE)


def _transfer(source: str, target: str, top: str, size: float | None) -> Iterator[list[Any]]:
    table = load_table(source)
    space = table.search_space()
    sizes = sizes_of(space, [one.architecture for one in table.records])
    principles = mined_from(contrasted(table, space, sizes, top, size), limits_of(0.95, 0.9, 0.0, 8, 0), 0)
    if not any(one.strength == "hard" for one in principles):
        yield [source, target, *[NONE] * 8, f"no hard rule was mined: {_told(principles)}"]
        return
    found = judged(source, principles, target, Judging(top="20%" if size is None else "10%", seeds=2, trials=1))
    cells: list[Any] = [found.target.kept, found.target.top_kept]
    for one in (found.difference, found.matched_size):
        cells += [NONE, NONE] if one is None else [one.difference, _ends(one.interval)]
    left = "".join(f"; left behind: {one.id}: {one.reason}" for one in found.left_behind)
    yield [source, target, *cells, NONE, NONE, _told(principles) + left]


def _ends(interval: list[float] | None) -> str:
    return NONE if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"


PARTS = {"translation": translation, "nb201": nb201, "at size": at_size, "halves": halves}


if __name__ == "__main__":
    main()
