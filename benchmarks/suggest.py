"""How many trainings it takes to find one of the best architectures of a table, whose labels are told when asked for.

``lpzero suggest`` beside random search and two controls: a ridge regression on the specification that begins with eight
random architectures, and the same that begins with the four that have the most attention parameters.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from scipy import stats
from suggest_tasks import ALL, BAND, HALF, Task, drawn, tasks, whole

from lpzero.acquisition.suggester import Suggester
from lpzero.api.suggest import FEATURES, STOP
from lpzero.files import write_json
from lpzero.fitness.regression import expected
from lpzero.seeds import derived_seed

TABLES = ("gpt2-wt103", "transxl-wt103", "flexibert-glue", "gpt2-own", "flexibert-own", "llama-own")
FIRST, BATCH = 8, 4
STOPPED = 3
"""Seeds of which the whole of a table is gone on with until it says to stop."""
RESAMPLES = 10_000


Asks = Callable[[list[int]], list[int]]


def found_after(task: Task, asks: Asks) -> int:
    """Trainings until one of the best is among them; ``asks`` says what is next, by what was tried."""
    tried: list[int] = []
    while True:
        for one in asks(tried):
            tried.append(one)
            if one in task.best:
                return len(tried)


def ridge_control(task: Task, first: Sequence[int]) -> Asks:
    """Begins with some, and goes on with those of which a ridge on the specification expects most."""

    def asks(tried: list[int]) -> list[int]:
        if not tried:
            return list(first)
        left = [i for i in range(len(task.architectures)) if i not in set(tried)]
        said = expected(task.columns, task.oriented, tried, left)
        return [left[i] for i in np.argsort(-said, kind="stable")[:BATCH]]

    return asks


@dataclass
class Suggested:
    """A replay of ``lpzero suggest``.

    Attributes:
        found: Trainings until one of the best was found.
        stopped: Trainings when it said that more are not worth it; None where it never did.
        place: How good the best so far was then: the share of architectures that are better.
        inside: Of trainings with an interval, whether it held them.
    """

    found: int
    stopped: int | None
    place: float
    inside: list[bool]


def suggested(task: Task, seed: int, batch: int, *, to_the_stop: bool = False) -> Suggested:
    """Replay it with a seed."""
    asks = Suggester(
        *(task.pool, task.source, task.scoring),
        higher_is_better=task.higher_is_better,
        seed=seed,
    )
    result = Suggested(0, None, 0.0, [])
    tried: list[int] = []
    while not result.found or (to_the_stop and result.stopped is None and len(tried) < len(task.architectures)):
        asked = asks.ask(batch)
        if asked.chance is not None and asked.chance < STOP and result.stopped is None:
            result.stopped = len(tried)
            result.place = float((task.oriented > task.oriented[tried].max()).mean())
        for one in asked.suggestions:
            index = task.index[one.architecture.digest]
            tried.append(index)
            if one.low is not None and one.high is not None:
                result.inside.append(bool(one.low <= task.quality[index] <= one.high))
            if index in task.best and not result.found:
                result.found = len(tried)
            asks.tell(one.architecture, float(task.quality[index]))
    return result


@dataclass
class Played:
    """Everything that was played on one part of one table, one entry a seed."""

    label: str
    part: str
    number: int
    best: int
    chance: list[float]
    count: list[tuple[str, int]]
    random: list[int]
    attention: list[int]
    four: list[Suggested]
    one: list[int]

    def controls(self) -> tuple[float, float]:
        """Means of the two controls, one of which looks at labels: in a band an order by the strongest count."""
        dumb = [float(n) for _, n in self.count] if self.part == BAND else [float(n) for n in self.attention]
        return float(np.mean(self.random)), float(np.mean(dumb))


def play(task: Task, seed: int, into: dict[tuple[str, str], Played]) -> None:
    """Play a task with a seed."""
    rng = np.random.default_rng(derived_seed(seed, "replay", task.table, task.part))
    number = len(task.architectures)
    played = into.setdefault(
        (task.table, task.part),
        Played(f"{task.table}, {task.part}", task.part, number, len(task.best), [], [], [], [], [], []),
    )
    played.chance.append(task.by_chance())
    played.count.append(task.counted())
    played.random.append(found_after(task, ridge_control(task, rng.permutation(number)[:FIRST].tolist())))
    most = np.lexsort((rng.random(number), -task.attention))[:BATCH].tolist()
    played.attention.append(found_after(task, ridge_control(task, most)))
    played.four.append(suggested(task, seed, BATCH, to_the_stop=task.part == ALL and seed < STOPPED))
    played.one.append(suggested(task, seed, 1).found)


def difference(found: Sequence[float], control: Sequence[float]) -> str:
    """Mean of the paired differences with its 95 % percentile bootstrap interval over the seeds."""
    apart = np.asarray(found, dtype=np.float64) - np.asarray(control, dtype=np.float64)
    if np.ptp(apart) == 0:
        return f"{apart[0]:+.1f}"
    rng = np.random.default_rng(derived_seed(0, "bootstrap"))
    interval = stats.bootstrap((apart,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=rng)
    ends = interval.confidence_interval
    return f"{apart.mean():+.1f} [{ends.low:+.1f}, {ends.high:+.1f}]"


HEADER = (
    *("architectures of", "number", "best", "random search, expected", "random 8, ridge", "attention 4, ridge"),
    *("by the strongest count", "suggest, 4 at a time", "suggest, 1 at a time"),
    *("4 at a time less random 8", "less attention 4", "1 at a time less random 8", "its less attention 4"),
    *("4 at a time / better control", "1 at a time / better control"),
    *("says to stop after", "better architectures then, %", "intervals of 90 % hold"),
)


def row(played: Played) -> list[Any]:
    """The row of a part of a table."""
    four = [one.found for one in played.four]
    better = min(played.controls())
    names = ", ".join(dict.fromkeys(name for name, _ in played.count))
    stopped = [one for one in played.four if one.stopped is not None]
    inside = [one for each in played.four for one in each.inside]
    return [
        *(played.label, played.number, played.best, _mean(played.chance), _mean(played.random)),
        *(_mean(played.attention), f"{_mean([n for _, n in played.count])} ({names})", _mean(four), _mean(played.one)),
        *(difference(four, played.random), difference(four, played.attention)),
        *(difference(played.one, played.random), difference(played.one, played.attention)),
        *(round(np.mean(four) / better, 2), round(np.mean(played.one) / better, 2)),
        f"{_mean([one.stopped or 0 for one in stopped])} ({len(stopped)} of {min(STOPPED, len(four))})"
        if stopped
        else "-",
        round(100 * float(np.mean([one.place for one in stopped])), 1) if stopped else "-",
        round(float(np.mean(inside)), 3) if inside else "-",
    ]


def summary(label: str, some: Sequence[Played]) -> list[Any]:
    """The row of the mean over several parts; its intervals are over the seeds of that mean."""
    four = np.mean([[one.found for one in each.four] for each in some], axis=0)
    one, random, attention = (
        np.mean([getattr(each, name) for each in some], axis=0) for name in ("one", "random", "attention")
    )
    counts = np.mean([[n for _, n in each.count] for each in some], axis=0)
    inside = [hit for each in some for played in each.four for hit in played.inside]
    return [
        *(label, "-", "-", _mean([np.mean(each.chance) for each in some]), _mean(random), _mean(attention)),
        *(_mean(counts), _mean(four), _mean(one)),
        *(difference(four, random), difference(four, attention)),
        *(difference(one, random), difference(one, attention), "-", "-", "-", "-", round(float(np.mean(inside)), 3)),
    ]


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 1)


def replayed(name: str, seeds: int, share: float, features: Sequence[str], folder: Path | None) -> list[Played]:
    """Everything that is played on one table; what the folder has is not played again."""
    path = None if folder is None else folder / f"{name}-{seeds}-{share:g}-{'-'.join(features)}.json"
    if path is not None and path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        return [Played(**{**one, "four": [Suggested(**each) for each in one["four"]]}) for one in found]
    table = whole(name, features)
    fixed, played = list(tasks(table)), dict[tuple[str, str], Played]()
    for seed in range(seeds):
        for task in fixed if share >= 1 else tasks(drawn(table, share, seed)):
            play(task, seed, played)
        print(f"{name}: seed {seed}", file=sys.stderr, flush=True)
    every = list(played.values())
    if path is not None:
        write_json(path, [asdict(one) for one in every])
    return every


def main() -> None:
    """Replay the tables that are named, and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--share", type=float, default=1.0, help="Of each table, drawn anew with each seed.")
    parser.add_argument("--features", nargs="+", default=list(FEATURES), help="Of suggest alone.")
    parser.add_argument("--keep", type=Path, help="Keep what was played in this folder, and use what is there.")
    parser.add_argument("--name", default="suggest")
    given = parser.parse_args()
    every = [
        one for name in given.tables for one in replayed(name, given.seeds, given.share, given.features, given.keep)
    ]
    rows = [row(one) for one in every]
    rows.append(summary(f"mean over {ALL} and {HALF}", [one for one in every if one.part != BAND]))
    rows.append(summary(f"mean over {BAND}", [one for one in every if one.part == BAND]))
    command = f"python benchmarks/suggest.py --name {given.name} --tables {' '.join(given.tables)}"
    command += f" --seeds {given.seeds} --share {given.share}"
    if given.features != list(FEATURES):
        command += f" --features {' '.join(given.features)}"
    record(
        given.name,
        command,
        HEADER,
        rows,
        features=", ".join(given.features),
        figures="trainings until one of the best is found: means over the seeds",
        best="the best 1 %, of a band 3 %, at least one; a band has decoder parameters within 25 %",
        models="one that is listed several times has the mean of its qualities, and is trained once",
        seeds=f"0 to {given.seeds - 1}: random starts, equal counts in a random order"
        + ("" if given.share >= 1 else f", and a draw of {given.share:g} of each table"),
        strongest_count="chosen by the labels of all that it orders: nobody could have it before",
        better_control="the better of random 8 and attention 4; in a band of random 8 and the strongest count",
        intervals=f"95 %, of the mean paired difference: percentile bootstrap over the seeds, {RESAMPLES} resamples",
    )


if __name__ == "__main__":
    main()
