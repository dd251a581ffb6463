"""What predicts how well a sub-network recovers: columns of a table, and formulas evolved on it, on sealed records.

The table is one of ``lpzero tables build --sub-networks``. Of each seed a formula is evolved on half of its records;
on the other half it stands beside every column, and a ridge regression on the columns that is fitted to the same
half. A further control is the joint divergence of each cut model from the full one, on the calibration windows that
the estimates are of: the loss before is of the windows that the loss after is measured on. Runs lie in ``--runs``, and
those that are finished are read again.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from record import record

import lpzero
from lpzero.compression.proof import mean_divergence
from lpzero.compression.sub_networks.recovery import texts_of
from lpzero.compression.sub_networks.space import SubNetworks, checkpoint_of, cut_of
from lpzero.fitness import correlate, tau_a_interval
from lpzero.fitness.compare import compare
from lpzero.fitness.regression import expected
from lpzero.progress import Progress
from lpzero.proxy.discovery import EvolveResult
from lpzero.reporting.articles.scores import read_scores
from lpzero.tables import Table, load_table
from lpzero.tables.folder import read_folder

FITTED, JOINT = "ridge on the columns", "joint divergence"


def tell(progress: Progress) -> None:
    """Say how far an evolution is."""
    print(f"{progress.step} {100 * progress.share:3.0f} %  {progress.facts}", flush=True)


def evolved(table: Path, seed: int, runs: Path, evaluations: int) -> tuple[EvolveResult, Path]:
    """The run of a seed, carried to its end."""
    folder = runs / f"{table.name}-{seed}"
    if folder.exists():
        return lpzero.evolve(resume=folder, watch=tell), folder
    settings: dict[str, Any] = {"max_evals": evaluations}
    return lpzero.evolve(table, seed=seed, output=folder, watch=tell, device="cpu", **settings), folder


def directed(table: Table, settings: dict[str, Any], calibration: Path) -> dict[str, np.ndarray]:
    """Every column that is not the same all over and the joint divergence, higher is better."""
    found = {}
    for column in table.beside.columns:
        values = np.array(column.values)
        if len(np.unique(values)) > 1:
            found[column.name] = values if column.higher_is_better else -values
    return {**found, JOINT: -joint(table, settings, calibration)}


def joint(table: Table, settings: dict[str, Any], calibration: Path) -> np.ndarray:
    """(records,) how far each cut model is from the full one, in nats a token of the calibration text."""
    space = table.search_space()
    assert isinstance(space, SubNetworks)
    numbers = {"context": settings["context"], "looking": settings["looking"], "held_out": 2, "seed": settings["seed"]}
    looking = texts_of(space.opened.checkpoint, calibration, calibration, **numbers).looking
    whole = checkpoint_of(space)
    return np.array([mean_divergence(whole, cut_of(space, one.architecture), looking) for one in table.records])


def sealed_rows(
    table: Table, columns: dict[str, np.ndarray], seed: int, result: EvolveResult, folder: Path
) -> list[list[Any]]:
    """The formula of a run and every control on its sealed records; one a row."""
    places = {one.id: place for place, one in enumerate(table.records)}
    scores = read_scores(folder)
    test = np.array([places[name] for name in scores.id[scores.part == "test"]])
    seen = np.array([places[name] for name in scores.id[scores.part != "test"]])
    better = 1 if result.best.direction == "higher" else -1
    formula = better * scores.score[scores.part == "test"]
    quality = table.oriented
    controls = {name: values[test] for name, values in columns.items()}
    controls[FITTED] = expected(np.column_stack(list(columns.values())), quality, seen.tolist(), test.tolist())
    # sub-networks that were drawn twice stay together
    groups = table.groups(table.search_space())[test]
    every = compare(formula, np.vstack(list(controls.values())), quality[test], groups, np.random.default_rng(0))
    rows = [
        [
            seed,
            f"`{result.best.formula}` ({result.best.direction})",
            *_tau(formula, quality[test], groups),
            "-",
            "-",
            "-",
        ]
    ]
    for (name, values), versus in zip(controls.items(), every, strict=True):
        rows.append(
            [seed, name, *_tau(values, quality[test], groups), versus.difference, ends(versus.interval), versus.p_holm]
        )
    return rows


def joint_less(table: Table, columns: dict[str, np.ndarray], groups: np.ndarray) -> dict[str, dict[str, Any]]:
    """How much better the joint divergence ranks all records than every other column, paired."""
    others = {name: values for name, values in columns.items() if name != JOINT}
    every = np.vstack(list(others.values()))
    found = compare(columns[JOINT], every, table.oriented, groups, np.random.default_rng(0))
    return {
        name: {"difference": round(one.difference, 3), "interval": ends(one.interval), "p_holm": round(one.p_holm, 4)}
        for name, one in zip(others, found, strict=True)
    }


def _tau(scores: np.ndarray, quality: np.ndarray, groups: np.ndarray) -> tuple[float, str]:
    interval = tau_a_interval(scores, quality, groups, np.random.default_rng(0))
    return correlate(scores, quality).tau_a, ends(interval)


def ends(interval: tuple[float, float]) -> str:
    """An interval in words."""
    return f"{interval[0]:+.3f} to {interval[1]:+.3f}"


def main() -> None:
    """Evolve, judge, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True, help="the text that the table was built with")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=3000)
    parser.add_argument("--name", default="what-recovers")
    parser.add_argument("--what", default="", help="what the checkpoint is, for the record")
    given = parser.parse_args()
    table, card = load_table(str(given.table)), read_folder(given.table).card
    assert card.recovery is not None
    groups = table.groups(table.search_space())
    columns = directed(table, card.recovery["settings"], given.calibration)
    rows: list[list[Any]] = [
        ["all", name, *_tau(values, table.oriented, groups), "-", "-", "-"] for name, values in columns.items()
    ]
    for seed in range(given.seeds):
        rows += sealed_rows(table, columns, seed, *evolved(given.table, seed, given.runs, given.evaluations))
        print(rows[-len(columns) - 2 :], flush=True)
    taus: dict[str, list[float]] = {}
    for row in rows:
        if row[0] != "all":
            taus.setdefault("formula" if row[1].startswith("`") else row[1], []).append(row[2])
    record(
        given.name,
        f"python benchmarks/what_recovers.py --table DIR --calibration TEXT --runs DIR --seeds {given.seeds} "
        f"--evaluations {given.evaluations}",
        ["seed", "what", "tau-a", "95 %", "formula less this", "its 95 %", "p (Holm)"],
        rows,
        checkpoint=given.what,
        sub_networks=table.n,
        noise=card.recovery["noise"],
        settings=card.recovery["settings"],
        full=card.recovery["checkpoint_loss"],
        before=card.recovery["before"],
        after=card.recovery["after"],
        joint_less=joint_less(table, columns, groups),
        medians={name: round(statistics.median(found), 3) for name, found in taus.items()},
    )


if __name__ == "__main__":
    main()
