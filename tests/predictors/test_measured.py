"""What a table was published with, as a predictor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Labelled, Measured, PredictionStatus
from lpzero.tables import load_table
from lpzero.tables.measured import Beside, Column


def test_what_was_measured_is_said_and_nothing_else() -> None:
    whole = load_table("gpt2-own")
    few = replace(whole, records=whole.records[:4])
    columns = (
        Column("guess", "a guess", whole.unit, False, "expensive", True, (1.0, 2.0, 3.0, 4.0)),
        Column("size", "a size", "bytes", True, "cheap", False, (4.0, 3.0, 2.0, 1.0)),
    )
    table = replace(few, beside=Beside(columns))
    guess, size = Measured.of(table, "guess"), Measured.of(table, "size")
    assert (guess.name, guess.cost, guess.higher_is_better, guess.in_unit) == ("lookup:guess", "expensive", False, True)
    assert (size.name, size.cost, size.higher_is_better, size.in_unit) == ("lookup:size", "cheap", True, False)
    architectures = tuple(record.architecture for record in whole.records[:6])
    labelled = Labelled(architectures[:2], np.array([1.0, 2.0]), higher_is_better=False)
    found = guess.fit(labelled).predict(architectures[::-1])
    assert [one.value for one in found] == [None, None, 4.0, 3.0, 2.0, 1.0]
    assert [one.status for one in found[1:3]] == [PredictionStatus.FAILED, PredictionStatus.OK]
    assert found[0].reason == "the table does not have it"
    with pytest.raises(InputError, match="unknown column 'gues': expected one of guess, size"):
        Measured.of(table, "gues")
