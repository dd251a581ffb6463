"""What every document says of a space and of what describes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lpzero.predictors import Source
from lpzero.predictors.kept.document import KeptProxy, shared_fields, space_digest
from lpzero.proxy import load_proxy
from lpzero.spaces import get_space


def test_a_space_is_told_from_another() -> None:
    names = (("gpt2", "own"), ("gpt2", "lts"), ("hat-mt", "wmt14ende"), ("hat-mt", "wmt19ende"))
    assert len({space_digest(get_space(*name)) for name in names}) == 4


def test_the_fields_say_where_the_numbers_come_from(source: Source, drawn: Callable[[int], Any]) -> None:
    found = shared_fields(source, drawn(2))
    assert (found["space"], found["protocol"], found["features"]) == ("gpt2", "own", ["spec", "shape", "operands"])
    assert found["labels"] == [one.to_json() for one in drawn(2)]
    assert (found["probe"].batch, found["probe"].tokens) == (1, 8)
    assert {"lpzero", "numpy", "scikit-learn"} <= set(found["versions"])
    assert KeptProxy.of(load_proxy("params")).metric == "params"
