"""Students of a ridge on hat-mt: what they keep of their teacher, where they are sure, and what teaching takes."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from threadpoolctl import threadpool_limits

from lpzero import get_space, load_table
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of
from lpzero.engines import Workers
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.predictors import Known, Labelled, Regression
from lpzero.predictors.distilled import BOOSTING, MLP, Student, draw_pool
from lpzero.predictors.distilled.agreement import agreement
from lpzero.predictors.evaluation import Split, published_splits
from lpzero.predictors.labels import labels_of, read_architectures
from lpzero.predictors.prediction import Prediction
from lpzero.progress import unwatched
from lpzero.spaces.architecture import Architecture
from lpzero.tables import Table

HELD_OUT, DEEP = 500, 6 + 4
"""Architectures that both are compared on, and the depth from which no label is: an encoder of 6, a decoder of 4."""
HEADER = (
    *("task", "split", "student", "taught", "teacher is sure of", "tau-a with the teacher", "mean difference"),
    *("gold: error of the teacher", "of the student (error)", "tau-a of the teacher", "of the student (tau-a)"),
    *("deep decoders outside", "seconds of CPU", "seconds"),
)


def gold(said: Sequence[Prediction], quality: np.ndarray) -> tuple[float, float]:
    """Mean absolute error and tau-a on architectures that were trained."""
    values = np.array([one.value for one in said], dtype=np.float64)
    signs = np.sign(values[:, None] - values) * np.sign(quality[:, None] - quality)
    n = len(values)
    return float(np.abs(values - quality).mean()), float(signs.sum() / (n * (n - 1)))


def row(
    table: Table, split: Split, name: str, kind: str, pool: tuple[Architecture, ...], others: Sequence[Architecture]
) -> list[Any]:
    """Fit the teacher to the labels of a split, teach the student, and compare."""
    space = get_space(table.space, table.protocol(None))
    source = described_by(space, ["spec"], probe_of(0, BATCH, TOKENS, "cpu"), Workers(), unwatched)
    labelled: Labelled = labels_of(table, split.labelled.tolist(), None)
    teacher = Regression("ridge", source).fit(labelled)
    described, said = source.describe(pool), teacher.predict(pool)
    wall, cpu = time.perf_counter(), time.process_time()
    student = Student.taught(kind, teacher, Known.of(source, pool), described, said, seed=0)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    known = [one for one, found in zip(others, teacher.predict(others), strict=True) if found.in_support][:HELD_OUT]
    assert len(known) == HELD_OUT, f"only {len(known)} inside the support"
    both = agreement(teacher.predict(known), student.predict(known))
    asked = [table.records[i].architecture for i in split.asked]
    quality = table.qualities[split.asked]
    (error, tau), (own_error, own_tau) = (gold(one.predict(asked), quality) for one in (teacher, student))
    deep = [one for one in pool if one.depth >= DEEP]
    outside = sum(not one.in_support for one in student.predict(deep))
    return [
        *(table.name, name, kind, student.learnt, sum(bool(one.in_support) for one in said)),
        *(both.tau_a, both.mae, error, own_error, tau, own_tau, f"{outside} of {len(deep)}", cpu, wall),
    ]


def spread(rows: Sequence[Sequence[Any]], kind: str) -> list[Any]:
    """The row of a kind of student over all splits."""
    mine = [one for one in rows if one[HEADER.index("student")] == kind]
    found = [mine[0][0], "all", kind]
    for place in range(3, len(HEADER)):
        column = [one[place] for one in mine]
        numbers = all(isinstance(cell, (int, float)) for cell in column)
        found.append(f"{np.mean(column):.3f} ({np.std(column, ddof=1):.3f})" if numbers else " / ".join(column))
    return found


def main() -> None:
    """Teach students on a task, and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="hat-mt-wmt14ende")
    parser.add_argument("--network-splits", type=int, default=3, help="splits that the network is taught on")
    parser.add_argument("--threads", type=int, default=1, help="of the linear algebra")
    parser.add_argument(
        "--architectures", type=Path, help="folder of the unlabelled ones  [default: beside the published tables]"
    )
    given = parser.parse_args()
    space = get_space("hat-mt")
    folder = given.architectures or Path(os.environ["LPZERO_DATA"]) / "llmpp" / "unlabelled"
    files = sorted(folder.glob("*.jsonl.gz"))
    pool = tuple(dict.fromkeys(one for path in files for one in read_architectures(path, space).architectures))
    taught = set(pool)
    others = [one for one in draw_pool(space, 2500, 1) if one not in taught]
    rows = []
    table = load_table(given.task)
    with threadpool_limits(given.threads):
        for index, (split, named) in enumerate(zip(published_splits(table), table.beside.splits, strict=True)):
            for kind in (MLP, BOOSTING) if index < given.network_splits else (BOOSTING,):
                rows.append(row(table, split, named.name, kind, pool, others))
                print(*rows[-1], flush=True)
    command = f"python benchmarks/distilled.py --task {given.task} --network-splits {given.network_splits}"
    command += f" --threads {given.threads}"
    facts = {
        "teacher": "a ridge on the specification, fitted to the 10 labels of the split",
        "held_out": f"{HELD_OUT} architectures that were not taught, inside the teacher's support",
        "gold": "the 20 trained architectures of the split",
        "threads": given.threads,
        "seconds": f"of teaching, on the wall, beside other work: {os.getloadavg()[0]:.1f} processes wanted 2 cores",
        "spread": "the mean over the splits, and the standard deviation between them in brackets",
    }
    rows += [spread(rows, kind) for kind in (MLP, BOOSTING) if given.network_splits > 1 or kind == BOOSTING]
    record(f"distilled-{given.task}", command, HEADER, rows, **facts)


if __name__ == "__main__":
    main()
