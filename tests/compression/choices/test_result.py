"""The result of an evolution on tables of choices reads back."""

from __future__ import annotations

from lpzero.compression.choices.result import ChoicesResult, ChoicesTest, FoundImportance, ImportanceFigures
from lpzero.result import read_result

RESULT = ChoicesResult(
    run="r",
    tables=["a"],
    seed=0,
    evaluated=3,
    duplicates=0,
    pruned={},
    generations=1,
    seconds=0.5,
    stopped_by="generations",
    best=FoundImportance(formula="sum_units(unit_weight_in)", direction="higher", size=2, search=0.5, validation=None),
    front=[],
    tests=[
        ChoicesTest(
            table="a", checkpoint="c", sealed=True, layers=[1], n=2, importances=[ImportanceFigures(name="found")]
        )
    ],
)


def test_it_reads_back() -> None:
    document = RESULT.to_json()
    assert read_result(ChoicesResult, document, "r", of="a run", remedy="again").to_json() == document
