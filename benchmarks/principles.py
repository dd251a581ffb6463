"""What mined principles are worth elsewhere: another task, another half of the table, another space, equal size.

``python benchmarks/principles.py``, from the checkout. Nothing of what principles are judged on is looked at before
they are fixed. Of NAS-Bench-201, how much of the space and of the top has to stay is set so that about 1 % of the space
does, which the source alone decides. At equal size, what the miner is set is chosen on halves of the source: of each
setting, what is mined on one half is judged on the other, and the largest mean difference at matched size wins.
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
from lpzero.principles import Principle, Rule, as_text, hold_all, sizes_of  # noqa: E402
from lpzero.principles.language.columns import Columns  # noqa: E402
from lpzero.principles.replay import coded_choices, evolve_records  # noqa: E402
from lpzero.principles.transfer import carried_over, kept_less_dropped  # noqa: E402
from lpzero.spaces.space import SearchSpace  # noqa: E402
from lpzero.tables import Table, load_table  # noqa: E402
from lpzero.tables.locate import data_folders  # noqa: E402

HEADER = ["part", "from", "to", "kept", "top kept", "difference", "95 %", "at matched size", "its 95 %"]
HEADER += ["inside", "outside", "rules"]
NONE = "-"
HALVES, MORE_HALVES, SEEDS = 5, 40, 200
AT_SIZE = 1.25
LIMITS = ((0.95, 4.0), (0.8, 2.0), (0.8, 1.0), (0.5, 2.0), (0.5, 1.0))
SETTINGS = [(top, *limits) for top in ("25%", "45%") for limits in LIMITS]
"""Of mining at equal size: the top, how much of it has to stay, and what losing it costs."""
RESAMPLES = 2000
CHOSEN_ON, CHOICES = 2000, 8
"""Records that settings are chosen on at most, and halves."""
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
        inside=f"share of {SEEDS} searches that reach the best 0.1 % (the best 1 % of the tables of language models): "
        "regularised evolution inside the rules",
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
        kept, oriented = hold_all(_hard(principles), mined.columns), tables[target].oriented
        best = np.sort(oriented)[-round(0.001 * len(oriented))]
        for trials in (20, 5):
            inside, outside = (
                _reached(mined.columns, oriented, mask, trials, float(best)) for mask in (kept, np.ones_like(kept))
            )
            kept_ = [float(kept.mean()), float(kept[oriented >= best].mean())]
            name = f"nb201-{target}, {trials} evaluations"
            yield [tables[source].name, name, *kept_, *[NONE] * 4, inside, outside, _told(principles)]


def searches() -> Iterator[list[Any]]:
    """The same searches on tables of language models, for the best 1 %."""
    pairs = (("gpt2-wt103", "transxl-wt103"), ("transxl-wt103", "gpt2-wt103"), ("flexibert-own", "flexibert-glue"))
    for source, target in pairs:
        mined_on, judged_on = load_table(source), load_table(target)
        space = judged_on.search_space()
        found = contrasted(mined_on, mined_on.search_space(), None, "10%", None)
        rules, _ = carried_over(mined_from(found, limits_of(0.95, 0.9, 0.0, 8, 0), 0, for_=space), space)
        columns, oriented = contrasted(judged_on, space, None, "10%", None).columns, judged_on.oriented
        kept = hold_all([one.rule for one in rules if one.rule is not None], columns)
        best = float(np.sort(oriented)[-round(0.01 * len(oriented))])
        shares = [float(kept.mean()), float(kept[oriented >= best].mean())]
        for trials in (20, 5):
            reached = [_reached(columns, oriented, mask, trials, best) for mask in (kept, np.ones_like(kept))]
            yield [source, f"{target}, {trials} evaluations", *shares, *[NONE] * 4, *reached, _told(rules)]


def _reached(columns: Columns, oriented: Any, mask: Any, trials: int, best: float) -> float:
    codes = coded_choices(columns)
    found = (evolve_records(codes, oriented, mask, trials, np.random.default_rng(seed)) for seed in range(SEEDS))
    return float(np.mean([oriented[one].max() >= best for one in found]))


def halves() -> Iterator[list[Any]]:
    """Mined on one half of FlexiBERT, judged on the other; records that build one model stay together."""
    table = load_table("flexibert-glue")
    space = table.search_space()
    groups = table.groups(space)
    found = []
    for half in range(MORE_HALVES):
        chosen = np.random.default_rng(half).permutation(groups.max() + 1)
        first = np.isin(groups, chosen[: len(chosen) // 2])
        parts = [_part(table, np.flatnonzero(side)) for side in (first, ~first)]
        mined = contrasted(parts[0], space, None, "10%", None)
        principles = mined_from(mined, limits_of(0.95, 0.9, 0.0, 8, 0), 0)
        other = contrasted(parts[1], space, None, "10%", None)
        kept, oriented = hold_all(_hard(principles), other.columns), parts[1].oriented
        up = float(oriented[kept].mean() - oriented.mean())
        found.append((float(kept.mean()), float(kept[other.top].mean()), up))
        if half < HALVES:
            yield [f"half {half}", "the other", *found[-1], *[NONE] * 5, _told(principles)]
    passed = sum(kept <= 0.4 and top >= 0.95 and up >= 3 for kept, top, up in found)
    said = f"{passed} of {MORE_HALVES} halves: at most 40 % kept, at least 95 % of the top, at least 3 points up"
    worst = [max(one[0] for one in found), min(one[1] for one in found), min(one[2] for one in found)]
    yield [f"{MORE_HALVES} halves, the worst", "the other", *worst, *[NONE] * 5, said]


def _hard(principles: list[Principle]) -> list[Rule]:
    return [one.rule for one in principles if one.strength == "hard" and one.rule is not None]


def _part(table: Table, places: Any) -> Table:
    from dataclasses import replace

    return replace(table, records=tuple(table.records[int(place)] for place in places))


def translation() -> Iterator[list[Any]]:
    """From English-German to two other tasks, of the same 30 architectures."""
    for target in ("hat-mt-wmt14enfr", "hat-mt-wmt19ende"):
        yield from _transfer("hat-mt-wmt14ende", target, None)


def at_size() -> Iterator[list[Any]]:
    """Mined at equal size, and judged at matched size."""
    for source, target in (
        ("gpt2-wt103", "transxl-wt103"),
        ("transxl-wt103", "gpt2-wt103"),
        ("hwgpt-s", "hwgpt-m"),
    ):
        yield from _transfer(source, target, AT_SIZE)


def _transfer(source: str, target: str, size: float | None) -> Iterator[list[Any]]:
    table, other = load_table(source), load_table(target).search_space()
    sizes = sizes_of(table.search_space(), [one.architecture for one in table.records])
    top, keep, price = ("30%", 0.95, 4.0) if size is None else _chosen(table, sizes, other)
    principles = _mined(table, sizes, other, size, (top, keep, price))
    with_ = "" if size is None else f"; top {top}, keep {keep:g}, price {price:g}"
    if not _hard(principles):
        yield [source, target, *[NONE] * 8, f"no hard rule was mined: {_told(principles)}{with_}"]
        return
    found = judged(source, principles, target, Judging(top="20%" if size is None else "10%", seeds=2, trials=1))
    cells: list[Any] = [found.target.kept, found.target.top_kept]
    for one in (found.difference, found.matched_size):
        cells += [NONE, NONE] if one is None else [one.difference, _ends(one.interval)]
    left = "".join(f"; left behind: {one.id}: {one.reason}" for one in found.left_behind)
    yield [source, target, *cells, NONE, NONE, _told(principles) + left + with_]


def _mined(
    table: Table, sizes: Any, other: SearchSpace, size: float | None, setting: tuple[str, float, float]
) -> list[Principle]:
    top, keep, price = setting
    found = contrasted(table, table.search_space(), sizes, top, size)
    return mined_from(found, limits_of(keep, 0.9, 0.0, 8, 0, price), 0, for_=other)


def _chosen(table: Table, sizes: Any, other: SearchSpace) -> tuple[str, float, float]:
    """The setting whose rules, mined on one half of the table, are worth the most at matched size on the other half."""
    rng = np.random.default_rng(0)
    places = np.sort(rng.permutation(table.n)[:CHOSEN_ON])
    firsts = [rng.permutation(len(places)) < len(places) // 2 for _ in range(CHOICES)]
    halves = [(places[first], places[~first]) for first in firsts]
    return max(SETTINGS, key=lambda one: np.mean([_worth(table, sizes, other, one, *half) for half in halves]))


def _worth(
    table: Table, sizes: Any, other: SearchSpace, setting: tuple[str, float, float], first: Any, second: Any
) -> float:
    hard = _hard(_mined(_part(table, first), sizes[first], other, AT_SIZE, setting))
    left = _part(table, second)
    kept = hold_all(hard, Columns(table.search_space(), [one.architecture for one in left.records]))
    found = kept_less_dropped(left.oriented, kept, sizes[second], AT_SIZE, 0)
    # rules that drop nothing, or leave nothing, are worth nothing
    return 0.0 if found is None else found.difference


def ends_of(values: np.ndarray) -> str:
    """The ends of the 95 % interval of a mean over seeds, which are resampled."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return f"{low:+.3f} to {high:+.3f}"


def _ends(interval: list[float] | None) -> str:
    return NONE if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"


PARTS = {"translation": translation, "nb201": nb201, "searches": searches, "at size": at_size, "halves": halves}


if __name__ == "__main__":
    main()
