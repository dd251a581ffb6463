"""What the catalogue says of the tables of LLM-PP, against the tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lpzero.spaces.hat_mt.plan import VOCABULARIES
from lpzero.tables import Table, load_table
from lpzero.tables.translation import HAT_MT


@pytest.fixture(scope="module")
def tables(data: Path) -> dict[str, Table]:
    return {task: load_table(f"hat-mt-{task}", data=data) for task in VOCABULARIES}


def test_there_is_a_table_for_every_task() -> None:
    assert [entry.name for entry in HAT_MT] == [f"hat-mt-{task}" for task in VOCABULARIES]
    assert [entry.protocols for entry in HAT_MT] == [(task,) for task in VOCABULARIES]


def test_the_notes_are_true(tables: dict[str, Table]) -> None:
    for table in tables.values():
        assert Counter(record.architecture.depth - 6 for record in table.records) == {1: 12, 2: 12, 3: 6}
        assert table.duplicates() == ()
        for name in ("hat", "sandwich", "layer-wise-mos", "neuron-wise-mos"):
            bias = table.qualities - np.array(table.beside.column(name).values)
            assert bias.min() > 0
            # about the same amount: what differs is a third of it
            assert bias.std() < 0.45 * bias.mean()
    equal = {
        task: sum(
            one == other
            for one, other in zip(*(table.beside.column(n).values for n in ("hat", "sandwich")), strict=True)
        )
        for task, table in tables.items()
    }
    assert equal == {"wmt14ende": 15, "wmt14enfr": 0, "wmt19ende": 30}
