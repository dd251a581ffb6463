"""The run folder of a discovery: which records were for what, and the front as a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.folder import FRONT, SPLIT
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.fitness import Split
from lpzero.proxy.discovery import FrontFormula

IDS = [f"r{i}" for i in range(8)]
PARTS = Split(search=(0, 2, 4), validation=(6,), test=(1, 3))


@pytest.fixture
def run(tmp_path: Path) -> EvolutionRunFolder:
    """A new run."""
    config = EvolveConfig(space="gpt2", protocol="own", table="gpt2-own")
    return EvolutionRunFolder.create(tmp_path / "run", config)


def test_a_split_is_kept_by_ids(run: EvolutionRunFolder) -> None:
    run.keep_split(PARTS, IDS, "a" * 64)
    document = json.loads((run.path / SPLIT).read_text())
    assert (document["search"], document["validation"]) == (["r0", "r2", "r4"], ["r6"])
    assert document["test"] == ["r1", "r3"]
    # a run that goes on keeps it again
    run.keep_split(PARTS, IDS, "a" * 64)
    assert json.loads((run.path / SPLIT).read_text()) == document


@pytest.mark.parametrize(
    ("parts", "ids", "digest"),
    [
        (Split(search=(0, 2, 5), validation=(6,), test=(1, 3)), IDS, "a" * 64),
        (PARTS, ["other", *IDS[1:]], "a" * 64),
        (PARTS, IDS, "b" * 64),
    ],
)
def test_another_split_or_table_is_refused_and_the_kept_one_stays(
    run: EvolutionRunFolder, parts: Split, ids: list[str], digest: str
) -> None:
    run.keep_split(PARTS, IDS, "a" * 64)
    before = (run.path / SPLIT).read_bytes()
    with pytest.raises(InputError, match=r"split\.json: the table or its split is not that .*: begin a new run$"):
        run.keep_split(parts, ids, digest)
    assert (run.path / SPLIT).read_bytes() == before


def test_the_front_is_a_table_whose_cells_come_back(run: EvolutionRunFolder) -> None:
    front = [
        FrontFormula(formula="sum(l1(weight))", direction="higher", size=3, search=0.1, validation=None, both=1 / 3),
        FrontFormula(formula="sum(l1(weight) + l1(grad))", direction="lower", size=6, search=-0.5, both=0.25),
    ]
    run.write_front(front)
    with (run.path / FRONT).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["formula"] for row in rows] == [one.formula for one in front]
    assert [float(row["both"]) for row in rows] == [one.both for one in front]
    assert rows[0]["validation"] == ""
    assert rows[1]["direction"] == "lower"
    assert b"\r" not in (run.path / FRONT).read_bytes()
