"""The card of a table of sub-networks, and the table that it makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lpzero.compression.sub_networks.build import Built, build_sub_networks
from lpzero.compression.sub_networks.card import card_of, columns_of, noise_of, ranking_of, records_of
from lpzero.engines import Serial
from lpzero.fitness import correlate
from lpzero.tables import load_table
from lpzero.tables.card_columns import ColumnDocument
from lpzero.tables.folder import write_folder
from tests.compression.sub_networks.small import SETTINGS, source


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    folder = tmp_path_factory.mktemp("card")
    with build_sub_networks(source(folder), folder / "table", SETTINGS, number=5, repeated=2, engine=Serial()) as built:
        write_folder(folder / "table", card_of(built, "small", ("mine",)), records_of(built))
    return built, folder / "table"


def test_the_folder_is_a_table_whose_columns_stand_beside_the_quality(table: tuple[Built, Path]) -> None:
    built, folder = table
    read = load_table(str(folder))
    assert [record.quality for record in read.records] == [one.after for one in built.recoveries[:5]]
    assert read.search_space() == built.space
    assert read.beside.column("before").values == tuple(one.before for one in built.recoveries[:5])
    sizes = read.beside.column("parameters").values
    assert all(0.9 * SETTINGS.max_params <= size <= SETTINGS.max_params for size in sizes)
    assert read.notes[-1] == "mine" and "ceiling" in read.notes[0]


def test_noise_is_that_of_the_repeated_ones(table: tuple[Built, Path]) -> None:
    built, _ = table
    noise = noise_of(built)
    assert noise is not None
    pairs = [(built.recoveries[i].after, built.recoveries[5 + i].after) for i in range(2)]
    expected = np.sqrt(sum((a - b) ** 2 / 2 for a, b in pairs) / 2)
    assert noise["repeated"] == 2
    assert noise["sd"] == pytest.approx(expected, abs=1e-6)


def test_a_control_is_ranked_in_its_direction(table: tuple[Built, Path]) -> None:
    built, _ = table
    after = np.array([one.after for one in built.recoveries[:5]])
    by_name = {column.name: column for column in columns_of(built)}
    found = ranking_of(by_name["before"], after)
    expected = correlate(np.array([one.before for one in built.recoveries[:5]]), after).tau_a
    assert found["tau_a"] == pytest.approx(expected, abs=1e-6)
    flat = ColumnDocument(
        name="flat", meaning="", unit="", higher_is_better=True, cost="cheap", of_quality=False, values=(1.0,) * 5
    )
    assert ranking_of(flat, after) == {"tau_a": None, "interval": None}
    # more of what stays is better
    assert by_name["parameters"].higher_is_better and not by_name["expected"].higher_is_better
