"""Scores of replacements stand where their records do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lpzero.compression.choices.scores import evaluator_of
from lpzero.formula import parse
from tests.compression.choices.made import made


def test_scores_stand_in_the_order_of_the_records_that_are_wanted(tmp_path: Path) -> None:
    table = made(tmp_path, depth=3)
    formula, other = parse("sum_units(unit_weight_out)"), parse("removed_share + layer_place")
    whole = evaluator_of([table], [range(len(table.records))])
    every = whole.scores(formula)
    for record, score in zip(table.records, every, strict=True):
        part = next(part for part, _ in table.parts() if (part.layer, part.kind) == (record.layer, record.part))
        weights = table.units(part).arrays["unit_weight_out"]
        assert np.isclose(score, float(weights[list(record.removed)].sum()), rtol=1e-5)
    some = [place for place, record in enumerate(table.records) if record.layer != 1][::-1]
    np.testing.assert_allclose(evaluator_of([table], [some]).scores(formula), every[some])
    twice = evaluator_of([table, table], [some, range(len(table.records))]).scores(formula)
    np.testing.assert_allclose(twice, np.concatenate([every[some], every]))
    both = whole.score_all([formula, other])
    np.testing.assert_allclose(both.values[0], every)
    assert both.exhausted.tolist() == [False, False]
    mixed = whole.scores_by_kind({"groups": formula, "neurons": other})
    kinds = np.array([record.part for record in table.records])
    np.testing.assert_allclose(mixed, np.where(kinds == "groups", every, whole.scores(other)))
