"""What a regression is told of an architecture comes from one place, and is computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Known, Source
from lpzero.predictors.branches import BRANCHES
from lpzero.predictors.description import specified
from lpzero.proxy import load_proxy
from lpzero.spaces.features import features
from lpzero.spaces.space import SearchSpace

Drawn = Callable[[int], Any]


def test_every_group_has_its_numbers(source: Source, small: SearchSpace, drawn: Drawn) -> None:
    (one,) = drawn(1)
    (found,) = source.describe([one])
    counts = small.parameter_counts(one)
    wanted = {f"spec:{name}": value for name, value in features(one).items()}
    shape = {"depth": one.depth, "width": small.width(one), "params": counts["total"]}
    shape |= {"decoder_params": counts["nonembedding"], "attention_params": counts["attention"]}
    wanted |= {f"shape:{name}": np.log(value) for name, value in shape.items()}
    assert found.reason == ""
    assert {k: v for k, v in found.values.items() if not k.startswith("operands:")} == pytest.approx(wanted)
    assert {k for k in found.values if k.startswith("operands:")} == {f"operands:{branch}" for branch in BRANCHES}
    assert specified(one).values == {k: v for k, v in wanted.items() if k.startswith("spec:")}


def test_the_score_of_a_proxy_is_a_number_as_well(source: Source, drawn: Drawn) -> None:
    told = replace(source, groups=(), proxies=(load_proxy("params"), load_proxy("snip")))
    some = drawn(2)
    found = told.describe(some)
    for one, row in zip(some, found, strict=True):
        assert set(row.values) == {"proxy:params", "proxy:snip"}
        assert row.values["proxy:params"] == source.space.parameter_counts(one)["total"]


def test_what_cannot_be_described_has_a_reason(broken: Source, drawn: Drawn) -> None:
    unbuilt = replace(broken, probe=replace(broken.probe, seed=1))
    assert all("out of order" in row.reason and not row.values for row in unbuilt.describe(drawn(2)))
    scored = replace(unbuilt, groups=("spec",), proxies=(load_proxy("depth"), load_proxy("snip")))
    (row,) = scored.describe(drawn(1))
    assert row.reason.startswith("snip: ")
    assert replace(scored, proxies=(load_proxy("depth"),)).describe(drawn(1))[0].reason == ""


def test_nothing_and_what_is_no_group_is_refused(source: Source) -> None:
    with pytest.raises(
        InputError, match="`features`: expected some of spec, sums, shape, operands or proxies, found none"
    ):
        replace(source, groups=())
    with pytest.raises(InputError, match="found 'colour'"):
        replace(source, groups=("spec", "colour"))


def test_what_is_known_is_not_computed_again(source: Source, drawn: Drawn) -> None:
    first, second, third = drawn(3)
    asked: list[Any] = []

    class Counting:
        space = source.space

        def describe(self, architectures: Any) -> Any:
            asked.extend(architectures)
            return [specified(one) for one in architectures]

    known = Known.of(Counting(), [first, second])
    assert known.space is source.space
    found = known.describe([third, second, first])
    assert asked == [first, second, third]
    assert found == [specified(third), specified(second), specified(first)]
    known.describe([second])
    assert len(asked) == 3
