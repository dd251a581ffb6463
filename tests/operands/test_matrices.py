"""The matrices of many sketches: every site where its model stands, padded, of a size known before they are filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.matrices import LANES, SETS, TYPES, Extent, extent_of, fill, outline_of, padded
from lpzero.operands.operand import OPERANDS
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.operands.sketch import Sketch, sketch
from lpzero.spaces import get_space


@pytest.fixture(scope="module")
def sketches() -> list[Sketch]:
    """Sketches of three models of different depths."""
    space, probe, found = get_space("gpt2", "own"), Probe(batch=2, tokens=4, elements=16), dict[int, Sketch]()
    rng = np.random.default_rng(0)
    while len(found) < 3:
        architecture = space.sample(rng)
        if architecture.depth not in found:
            operands = extract(*untrained_model(space, architecture, probe), probe_batch(space, probe))
            found[architecture.depth] = sketch(operands, elements=16, seed=0)
    return list(found.values())


def extent(sketches: list[Sketch]) -> Extent:
    """How large the matrices are."""
    return extent_of([outline_of(one) for one in sketches])


def filled(sketches: list[Sketch]) -> tuple[Extent, dict[str, np.ndarray]]:
    """The arrays, with what was never put left as it was."""
    large = extent(sketches)
    arrays = {
        name: np.full(shape, -7 if kind is TYPES["I64"] else np.nan, kind)
        for name, (kind, shape) in large.shapes().items()
    }

    def put(name: str, row: int, part: np.ndarray) -> None:
        assert len(part) + row <= len(arrays[name])
        arrays[name][row : row + len(part)] = part

    fill(sketches, large, put)
    return large, arrays


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_padding_ends_at_the_next_whole_vector(number: int) -> None:
    assert padded(number) % LANES == 0
    assert 0 <= padded(number) - number < LANES


def test_every_operand_is_in_one_set_with_those_that_share_its_sites() -> None:
    assert sorted(one.name for operands in SETS.values() for one in operands) == sorted(OPERANDS)
    for operands in SETS.values():
        assert len({(one.site_family, one.group) for one in operands}) == 1


def test_the_extent_is_that_of_the_sketches(sketches: list[Sketch]) -> None:
    large = extent(sketches)
    assert (large.models, large.elements) == (3, 16)
    assert large.layers == 1 + max(site.layer for one in sketches for part in one.sites.values() for site in part.sites)
    assert large.sites["hidden"] == sum(len(one.sites["hidden"].sites) for one in sketches)
    # a group of the parameters is a part of them
    assert large.sites["parameter"] > large.sites["parameter/operation"] > 0


def test_rows_stand_in_the_order_of_the_models_and_say_where_they_belong(sketches: list[Sketch]) -> None:
    large, arrays = filled(sketches)
    assert arrays["about"].tolist() == [3, large.layers, 16]
    for name, operands in SETS.items():
        begins = arrays[f"{name}.begins"]
        assert begins[0] == 0
        assert begins[-1] == large.sites[name]
        for model, one in enumerate(sketches):
            part = one.sites[operands[0].site_family]
            chosen = [i for i, site in enumerate(part.sites) if operands[0].group in (None, site.group)]
            first, last = int(begins[model]), int(begins[model + 1])
            assert last - first == len(chosen)
            cells = arrays[f"{name}.cells"][first:last]
            assert (cells // large.layers == model).all()
            assert (cells % large.layers).tolist() == [part.sites[i].layer for i in chosen]
            np.testing.assert_array_equal(arrays[f"{name}.weights"][first:last], part.weights[chosen].numpy())
            for operand in operands:
                wanted = part.values[operand.family][chosen].numpy()
                np.testing.assert_array_equal(arrays[f"{operand.name}.values"][first:last], wanted)


def test_counts_are_the_elements_of_whole_tensors(tiny: Any, tokens: Batch) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    _, arrays = filled([sketch(operands, elements=16, seed=0)])
    numbers = [tensor.numel() for tensor in operands.tensors["weight"]]
    assert any(number > 16 for number in numbers)
    assert arrays["parameter.counts"][: len(numbers)].tolist() == numbers


def test_every_slice_can_be_a_whole_number_of_vectors_long(sketches: list[Sketch]) -> None:
    large, arrays = filled(sketches)
    for name in SETS:
        begins, rows = arrays[f"{name}.begins"].tolist(), len(arrays[f"{name}.weights"])
        for first in range(large.models):
            for last in range(first, large.models + 1):
                assert begins[first] + padded(begins[last] - begins[first]) <= rows
        assert rows % LANES == 0
        # what is behind the last site was never put
        assert np.isnan(arrays[f"{name}.weights"][begins[-1] :]).all()


def test_one_sketch_is_in_memory_at_a_time(sketches: list[Sketch]) -> None:
    order: list[str] = []

    def one_by_one() -> Any:
        for number, one in enumerate(sketches):
            order.append(f"read {number}")
            yield one

    fill(one_by_one(), extent(sketches), lambda name, _row, _part: order.append(name))
    assert order.index("read 1") > order.index("weight.values") > order.index("read 0")
    assert order[-1] == "about"


def test_large_arrays_begin_where_vectors_like_it(sketches: list[Sketch]) -> None:
    place = 0
    for name, (kind, shape) in extent(sketches).shapes().items():
        if len(shape) > 1:
            assert place % 64 == 0, name
        place += kind.itemsize * int(np.prod(shape))


def test_what_does_not_fit_together_is_refused(sketches: list[Sketch], tiny: Any, tokens: Batch) -> None:
    other = sketch(extract(tiny, tiny.site_map(), tokens), elements=20, seed=0)
    with pytest.raises(InputError, match=r"^expected sketches with one number of elements, found \[16, 20\]$"):
        extent([sketches[0], other])
    with pytest.raises(InputError, match=r"^expected sketches with one number of elements, found no sketch$"):
        extent([])
    mixed = replace(sketches[0], sites={**sketches[0].sites, "hidden": other.sites["hidden"]})
    with pytest.raises(InputError, match=r"^expected a sketch with one number of elements, found \[16, 20\]$"):
        outline_of(mixed)
    assert torch.get_num_threads() == 1
