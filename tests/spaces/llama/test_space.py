"""The LLaMA space: its choices around each base, its keys, its counts and operations, and what it refuses."""

from __future__ import annotations

import pickle
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.fitness.strata import matched
from lpzero.spaces import Architecture
from lpzero.spaces.architecture import Value
from lpzero.spaces.choices import Cell
from lpzero.spaces.llama.bands import BANDS, inside
from lpzero.spaces.llama.plan import BASES, LlamaPlan, parameter_counts, whole_plan
from lpzero.spaces.llama.space import Llama
from lpzero.spaces.models import weights as space_weights
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import count_parameters

LAYER: dict[str, Value] = {"intermediate_size": 384, "heads": 6, "kv_heads": 3}
SMALL = Architecture.of("llama", {"hidden_size": 192}, [LAYER, LAYER | {"intermediate_size": 768}, LAYER])
OWN_LAYER: dict[str, Value] = {"intermediate_size": 48, "heads": 4, "kv_heads": 2}
OWN = Architecture.of("llama", {}, [OWN_LAYER, OWN_LAYER | {"heads": 2}])
EACH = pytest.mark.parametrize("protocol", BASES)


def draws(space: Llama, number: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(number)]


def test_the_bases_have_the_published_numbers_of_parameters() -> None:
    totals = {name: parameter_counts(whole_plan(base))["total"] for name, base in BASES.items()}
    # JackFram/llama-160m, TinyLlama 1.1B and LLaMA-7B, as their papers and model cards have them
    assert totals["160m"] == 162_417_408
    assert totals["1b"] == 1_100_048_384
    assert totals["7b"] == 6_738_415_616
    assert totals["own"] < 1_500_000


def test_size() -> None:
    # 4 widths; 8 inner widths; heads 3, 6, 9, 12 have 2, 4, 3 and 6 divisors
    assert Llama("160m").size == 4 * sum((8 * 15) ** depth for depth in range(3, 13))
    # heads 8, 16, 24, 32 with 1, 2 or 4 groups, but 24 with 3 as well
    assert Llama("1b").size == 4 * sum((8 * 13) ** depth for depth in range(5, 23))
    # heads 8, 16, 24, 32 have 4, 5, 8 and 6 divisors
    assert Llama("7b").size == 4 * sum((8 * 23) ** depth for depth in range(8, 33))
    # 1 to 4 groups with 1 or 2 heads each
    assert Llama("own").size == sum((8 * 8) ** depth for depth in range(2, 7))
    # 4 widths; 8 inner widths; heads 2, 4, 6, 8 with 1, 2 or 4 groups, but 6 with 1, 2 or 3
    assert Llama("scratch").size == 4 * sum((8 * 11) ** depth for depth in range(2, 9))


@EACH
def test_the_largest_architecture_is_the_base(protocol: str) -> None:
    space, base = Llama(protocol), BASES[protocol]
    whole: dict[str, Value] = {} if space.pretrained else {"hidden_size": base.width}
    layer: dict[str, Value] = {
        "intermediate_size": base.inner_width,
        "heads": base.heads,
        "kv_heads": base.kv_heads,
    }
    assert space.plan(Architecture.of("llama", whole, [layer] * base.depth)) == whole_plan(base)
    for architecture in draws(space, 50):
        plan = space.plan(architecture)
        assert plan.depth <= base.depth
        assert plan.width <= base.width
        assert plan.width % base.head_width == 0
        assert max(plan.inner_widths) <= base.inner_width
        assert max(plan.heads) <= base.heads
        assert max(plan.kv_heads) <= base.kv_heads
        assert all(heads % groups == 0 for heads, groups in zip(plan.heads, plan.kv_heads, strict=True))
        assert space.width(architecture) == plan.width


def test_sub_networks_keep_as_many_heads_in_each_group() -> None:
    pairs = {values for choice in Llama("own").choices.layer[1:] for values in choice.values}
    assert pairs == {(1, 1), (2, 1), (2, 2), (4, 2), (3, 3), (6, 3), (4, 4), (8, 4)}


@EACH
def test_every_draw_mutant_and_child_is_valid(protocol: str) -> None:
    space, rng = Llama(protocol), np.random.default_rng(1)
    for first, second in pairwise(draws(space, 40)):
        mutant, child = space.mutate(first, rng), space.crossover(first, second, rng)
        assert mutant != first
        for architecture in (first, mutant, child):
            space.validate(architecture)
            assert Architecture.from_json(architecture.to_json()) == architecture
            assert space.key(architecture) == space.model_key(architecture)
    if protocol != "scratch":
        assert len(space.cells) == len(space.choices.depths) * (1 if space.pretrained else 4)


def test_keys_are_stable() -> None:
    assert Llama().key(SMALL) == "00e44d3628014c7b4b998eef51c49dcaab310eb5610202b1754103256ff46f16"
    assert Llama("own").model_key(OWN) == "7d462bd0ab344802311cb22692047afd3f5aec9b680601212f9c05eb0dad6c27"


def test_draws_are_stable() -> None:
    # the table llama-scratch-own grows from the same draw
    assert {name: draws(Llama(name), 1)[0].digest[:16] for name in BASES} == {
        "160m": "c85a5c98ccd60181",
        "1b": "fb3260dfafa1e149",
        "7b": "c0bf3523fc5a91d9",
        "own": "319e1d76405182f2",
        "scratch": "8a980173a9e9dad6",
    }
    space, rng = Llama("scratch"), np.random.default_rng(0)
    assert space.sample(rng, space.cells[0]).digest[:16] == "ebed626b81cef786"


def test_any_two_decoders_of_a_size_band_are_of_matched_size() -> None:
    space, rng = Llama("scratch"), np.random.default_rng(2)
    widths = [values[0] for values in space.choices.whole[0].values]
    sizes: dict[int, list[int]] = {middle: [] for middle in BANDS}
    for cell in space.cells:
        (middle,) = (m for m, shapes in BANDS.items() if (cell.depth, widths[cell.width]) in shapes)
        for architecture in (space.sample(rng, cell) for _ in range(10)):
            assert (architecture.depth, architecture["hidden_size"]) == (cell.depth, widths[cell.width])
            sizes[middle].append(space.parameter_counts(architecture)["nonembedding"])
    assert len(space.cells) == len(set(space.cells)) == sum(map(len, BANDS.values()))
    for middle, found in sizes.items():
        pairs = matched(np.array(found))
        assert pairs.sum() == len(found) * (len(found) - 1)
        assert min(found) < middle < max(found)
    # no choice is lost to the bands
    inner = {width for cell in space.cells for width in space.sample(rng, cell).integers("intermediate_size")}
    assert inner == {values[0] for values in space.choices.layer[0].values}


def test_a_draw_from_the_whole_of_scratch_knows_no_bands() -> None:
    sizes = [Llama("scratch").parameter_counts(a)["nonembedding"] for a in draws(Llama("scratch"), 200)]
    assert not all(any(inside(size, middle) for middle in BANDS) for size in sizes)


def test_a_cell_without_a_size_band_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected a cell with a size band, found Cell\(depth=8, width=3\): take one"):
        Llama("scratch").sample(np.random.default_rng(0), Cell(8, 3))


def test_scratch_takes_its_vocabulary_from_the_protocol() -> None:
    bytes_alone, pairs = Llama("scratch"), Llama("scratch-512")
    assert (bytes_alone.vocabulary, pairs.vocabulary, pairs.max_tokens) == (257, 512, 64)
    assert (pairs.choices, pairs.cells, pairs.pretrained) == (bytes_alone.choices, bytes_alone.cells, False)
    architecture = draws(pairs, 1)[0]
    counts = [space.parameter_counts(architecture) for space in (bytes_alone, pairs)]
    assert counts[1]["embedding"] - counts[0]["embedding"] == (512 - 257) * int(architecture["hidden_size"])
    assert counts[1]["nonembedding"] == counts[0]["nonembedding"]
    assert count_parameters(pairs.build(architecture, seed=0)) == counts[1]


@EACH
def test_the_closed_forms_are_those_of_the_model(protocol: str) -> None:
    space = Llama(protocol)
    # a count takes seconds: one for each, of other lengths
    for architecture, tokens in zip(draws(space, 2), (1, 13), strict=True):
        blank = space.blank(architecture)
        assert all(parameter.is_meta for parameter in blank.parameters())
        assert space.parameter_counts(architecture) == count_parameters(blank)
        ids = torch.zeros((1, tokens), dtype=torch.int64, device="meta")
        assert space.flops(architecture, tokens) == counted_flops(blank, ids)


def test_what_is_built_is_what_is_counted() -> None:
    space = Llama()
    built = space.build(SMALL, seed=0)
    assert space.parameter_counts(SMALL) == count_parameters(built)
    assert not built.training
    # normal weights with deviation 0.02
    assert built.embedding.weight.std().item() == pytest.approx(0.02, rel=0.01)


def test_a_plan_is_what_is_listed() -> None:
    assert Llama().plan(SMALL) == LlamaPlan(BASES["160m"], 192, (384, 768, 384), (6, 6, 6), (3, 3, 3))
    assert Llama("own").plan(OWN) == LlamaPlan(BASES["own"], 128, (48, 48), (4, 2), (2, 2))


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"hidden_size": 200}, {}, "architecture: hidden_size is 200: expected one of 192, 384, 576, 768"),
        ({}, {"intermediate_size": 385}, "layer 1: intermediate_size is 385: expected one of 384, 768,"),
        ({}, {"heads": 5}, "layer 1: heads is 5: expected one of 3, 6, 9, 12"),
        ({}, {"kv_heads": 4}, "layer 1: kv_heads is 4: expected one of 1, 2, 3, 6"),
        ({}, {"groups": 1}, "layer 1: found the names groups, heads, intermediate_size, kv_heads: expected heads"),
    ],
)
def test_a_wrong_value_is_named(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Llama().model_key(Architecture.of("llama", {"hidden_size": 192} | whole, [LAYER, LAYER | layer, LAYER]))


def test_a_wrong_depth_is_named() -> None:
    with pytest.raises(InputError, match="depth is 33: expected int from 8 to 32"):
        Llama("7b").validate(Architecture.of("llama", {"hidden_size": 1024}, [LAYER] * 33))


def test_neither_kind_takes_the_architectures_of_the_other() -> None:
    with pytest.raises(InputError, match="architecture: found the names none: expected hidden_size"):
        Llama().validate(Architecture.of("llama", {}, [OWN_LAYER] * 3))
    with pytest.raises(InputError, match="architecture: found the names hidden_size: expected"):
        Llama("own").validate(SMALL)


def test_only_sub_networks_are_trained() -> None:
    assert [name for name in BASES if Llama(name).pretrained] == ["own"]


@pytest.mark.parametrize("protocol", ["own-4096", "scratch-257", "13b", "subnet-0000000000000000"])
def test_an_unknown_protocol_is_refused(protocol: str) -> None:
    with pytest.raises(InputError, match=f"unknown protocol '{protocol}': expected one of 160m, 1b, 7b, own, scratch"):
        Llama(protocol)


def test_a_space_is_a_value() -> None:
    assert Llama() == Llama("160m")
    assert pickle.loads(pickle.dumps(Llama("7b"))) == Llama("7b")  # noqa: S301 - what it just wrote
    assert (Llama("7b").reference, Llama("7b").protocols) == ("llama", ("160m", "1b", "7b", "own", "scratch"))


def test_a_model_that_does_not_fit_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_weights, "free_memory", lambda: 3 << 30)
    architecture = max(draws(Llama("7b"), 20), key=lambda a: Llama("7b").parameter_counts(a)["total"])
    number = Llama("7b").parameter_counts(architecture)["total"]
    message = f"a model of {number:,} parameters needs about {4 * number / 2**30:.1f} GiB"
    started = time.monotonic()
    with pytest.raises(InputError, match=re.escape(message)):
        Llama("7b").build(architecture, seed=0)
    assert time.monotonic() - started < 5


def test_a_thousand_architectures_of_7b_take_seconds() -> None:
    space, started = Llama("7b"), time.monotonic()
    for architecture in draws(space, 1000):
        space.validate(architecture)
        space.parameter_counts(architecture)
        space.flops(architecture, 2048)
    # 1 s alone on a core: the limit leaves room for a busy machine
    assert time.monotonic() - started < 10


def test_the_checkpoint_of_the_package_is_the_base_of_own() -> None:
    from lpzero.spaces.llama.space import OWN_DIGEST, OWN_FOLDER, own_checkpoint

    checkpoint = own_checkpoint()
    assert checkpoint.base == BASES["own"]
    assert checkpoint.digest == OWN_DIGEST
    assert sorted(path.name for path in Path(OWN_FOLDER).iterdir()) == ["config.json", "model.safetensors"]
