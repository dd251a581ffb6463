"""Read the tables of NAS-Bench-201 that lie beside a checkout; they have no licence, and are used by tests alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from lpzero.spaces.nb201.space import parse_cell
from lpzero.tables.table import Record, Table

TASKS = {"cifar10": "CIFAR-10", "imagenet": "ImageNet16-120"}


def read_nb201(data: Path, task: str) -> Table:
    """All 15,625 cells with their validation accuracy after 200 epochs.

    Args:
        data: The data folder.
        task: One of ``TASKS``.
    """
    with gzip.open(data / "nb201" / f"nasbench201_{task}.json.gz", "rt", encoding="utf-8") as file:
        document = json.load(file)
    records = tuple(
        Record(str(place), parse_cell(text), float(values["val_acc_200"]))
        for place, (text, values) in enumerate(sorted(document.items()))
    )
    return Table(
        name=f"nb201-{task}",
        space="nb201",
        protocols=("cell",),
        quality=f"validation accuracy on {TASKS[task]}",
        unit="points of 100",
        higher_is_better=True,
        records=records,
        source="Dong & Yang 2020, by https://github.com/milkmilk511/LAPT",
        licence="none stated",
        notes=(),
    )
