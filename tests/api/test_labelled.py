"""Where labels come from: a table or a file, never both, and what must stand beside either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lpzero.api.labelled import LabelSource, direction_of, is_higher
from lpzero.errors import InputError
from lpzero.predictors.prompted import Task
from lpzero.tables import load_table

TABLE = LabelSource(None, None, None, None, "gpt2-own", 12, "quality", None, 0)


def test_a_table_lends_some_of_its_records_by_the_seed() -> None:
    space, labelled, task = TABLE.read()
    assert task == Task.of(load_table("gpt2-own"))
    qualities = {record.architecture: record.quality for record in load_table("gpt2-own").records}
    assert (space.name, space.protocol, len(labelled.architectures)) == ("gpt2", "own", 12)
    assert [qualities[one] for one in labelled.architectures] == labelled.quality.tolist()
    assert labelled.noise == pytest.approx(0.008229, abs=1e-6)
    assert replace(TABLE, noise=0.5).read()[1].noise == 0.5
    other = replace(TABLE, seed=1).read()[1]
    assert set(other.architectures) != set(labelled.architectures)
    more = replace(TABLE, number=20).read()[1]
    assert np.array_equal(more.quality[:12], labelled.quality)
    assert len(replace(TABLE, number=None).read()[1].architectures) == 128


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    file = LabelSource(tmp_path / "mine.csv", "gpt2", "own", "lower", None, None, "quality", None, 0)
    file.check()
    for source, message in (
        (replace(TABLE, table=None), "expected `labels` or a `table`, found neither"),
        (replace(file, table="gpt2-own"), "expected `labels` or a `table`, found both"),
        (replace(file, space=None), "`space` is missing"),
        (replace(file, direction=None), "`direction` is missing"),
        (replace(file, direction="up"), "`direction`: expected higher or lower"),  # type: ignore[arg-type]
        (replace(file, number=3), "`number` draws from a `table`"),
        (replace(TABLE, space="gpt2"), "a `table` says its space and direction"),
    ):
        with pytest.raises(InputError) as caught:
            source.check()
        assert str(caught.value).startswith(message)


def test_a_direction_is_one_of_two() -> None:
    for direction in ("higher", "lower"):
        assert direction_of(higher_is_better=is_higher(direction)) == direction
