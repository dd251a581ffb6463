"""The table of NAS-Bench-201 that lies beside a checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.nb201_table import read_nb201


def test_every_cell_is_there_once(data: Path) -> None:
    if not (data / "nb201").is_dir():
        pytest.skip("no tables of NAS-Bench-201: they have no licence, and come with no release")
    table = read_nb201(data, "imagenet")
    space = table.search_space()
    assert table.n == space.size == len({record.architecture for record in table.records})
    assert table.duplicates() == ()
    # the best accuracies, and what the best 16 reach, as published
    assert (table.qualities.min(), table.qualities.max()) == pytest.approx((0.83, 46.73), abs=0.01)
    assert np.sort(table.oriented)[-16] == pytest.approx(46.27, abs=0.01)
