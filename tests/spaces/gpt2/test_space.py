"""The GPT-2 space: its size, its keys, the published parameter counts, and the choices of its protocol `own`."""

from __future__ import annotations

import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, Gpt2
from lpzero.spaces.architecture import Value
from lpzero.spaces.gpt2.model import Gpt2Model
from lpzero.spaces.gpt2.own_model import Gpt2OwnModel
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan
from lpzero.spaces.models.weights import build_blank, count_parameters

WHOLE: dict[str, Value] = {"d_model": 64, "d_embed": 128, "div_val": 1}
LAYER: dict[str, Value] = {"d_inner": 512, "heads": 2}
SMALL = Architecture.of("gpt2", WHOLE, [LAYER, LAYER])
OWN_LAYER: dict[str, Value] = {"d_inner": 64, "heads": 2}
OWN = Architecture.of("gpt2", {"d_model": 96}, [OWN_LAYER, {"d_inner": 160, "heads": 8}])


def test_size() -> None:
    # 4 x 3 x 3 whole values; a layer has 1537 inner widths x 3 heads
    assert Gpt2().size == 36 * sum((1537 * 3) ** depth for depth in range(2, 17))


def test_keys_are_stable() -> None:
    assert Gpt2().key(SMALL) == "5c7223cda8cc49cc47da1cc5dddf1d2878147035a07a72a63e316c2de0b5eb8c"
    assert Gpt2().model_key(SMALL) == Gpt2().key(SMALL)


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"d_model": 100}, {}, "architecture: d_model is 100: expected one of 64, 128, 256, 512"),
        ({"div_val": 3}, {}, "architecture: div_val is 3: expected one of 1, 2, 4"),
        ({}, {"d_inner": 511}, "layer 1: d_inner is 511: expected int from 512 to 2048"),
        ({}, {"heads": 3}, "layer 1: heads is 3: expected one of 2, 4, 8"),
    ],
)
def test_a_wrong_value_is_named(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Gpt2().model_key(Architecture.of("gpt2", WHOLE | whole, [LAYER, LAYER | layer]))


def test_a_wrong_depth_is_named() -> None:
    with pytest.raises(InputError, match="depth is 17: expected int from 2 to 16"):
        Gpt2().validate(Architecture.of("gpt2", WHOLE, [LAYER] * 17))


def test_the_counts_are_the_published_ones(wikitext: list[tuple[Architecture, dict[str, float]]]) -> None:
    names = {
        "embedding": "AdaEmb",
        "attention": "Attn",
        "feed_forward": "FFN",
        "nonembedding": "nonembedding",
        "total": "total",
    }
    space = Gpt2()
    assert len(wikitext) == 200
    for architecture, published in wikitext:
        space.validate(architecture)
        counts = space.parameter_counts(architecture)
        assert counts == {ours: published[theirs] for ours, theirs in names.items()}


@pytest.mark.parametrize("d_model", [64, 128, 256, 512])
@pytest.mark.parametrize("d_embed", [128, 256, 512])
@pytest.mark.parametrize("div_val", [1, 2, 4])
def test_the_closed_form_counts_the_model(d_model: int, d_embed: int, div_val: int) -> None:
    architecture = Architecture.of(
        "gpt2",
        {"d_model": d_model, "d_embed": d_embed, "div_val": div_val},
        [{"d_inner": 700, "heads": 4}, {"d_inner": 513, "heads": 8}, LAYER],
    )
    plan = Gpt2().plan(architecture)
    assert Gpt2().parameter_counts(architecture) == count_parameters(build_blank(lambda: Gpt2Model(plan)))


def test_size_under_own() -> None:
    # 5 widths; a layer has 15 inner widths (64, 96, ..., 512) x 3 heads
    assert Gpt2("own").size == 5 * sum(45**depth for depth in range(2, 9))
    assert Gpt2("own-4096").size == Gpt2("own").size


def test_keys_are_stable_under_own() -> None:
    key = "f0fabe16e507f64d37f4629cc5428bbb0bff1da1f205c5290babb07ddd90f38f"
    assert Gpt2("own").key(OWN) == Gpt2("own").model_key(OWN) == Gpt2("own-4096").model_key(OWN) == key


def test_own_plans_what_is_listed() -> None:
    assert Gpt2("own").plan(OWN) == Gpt2OwnPlan(width=96, inner_widths=(64, 160), heads=(2, 8), vocabulary=257)
    assert Gpt2("own-300").plan(OWN) == Gpt2OwnPlan(width=96, inner_widths=(64, 160), heads=(2, 8), vocabulary=300)
    assert Gpt2("own").width(OWN) == 96


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"d_model": 512}, {}, "architecture: d_model is 512: expected one of 64, 96, 128, 192, 256"),
        ({"d_embed": 128}, {}, "architecture: found the names d_embed, d_model: expected d_model"),
        ({}, {"d_inner": 100}, "layer 1: d_inner is 100: expected"),
        ({}, {"heads": 1}, "layer 1: heads is 1: expected one of 2, 4, 8"),
    ],
)
def test_a_wrong_value_is_named_under_own(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Gpt2("own").build(Architecture.of("gpt2", {"d_model": 64} | whole, [OWN_LAYER, OWN_LAYER | layer]), seed=0)


def test_neither_protocol_takes_the_architectures_of_the_other() -> None:
    for protocol, stranger in (("own", SMALL), ("own-4096", SMALL), ("lts", OWN)):
        with pytest.raises(InputError, match="architecture: found the names"):
            Gpt2(protocol).validate(stranger)
    with pytest.raises(InputError, match="depth is 9: expected one of 2, 3, 4, 5, 6, 7, 8"):
        Gpt2("own").validate(Architecture.of("gpt2", {"d_model": 64}, [OWN_LAYER] * 9))


@pytest.mark.parametrize("protocol", ["own", "own-4096"])
def test_the_counts_under_own_are_those_of_the_built_model(protocol: str) -> None:
    built = Gpt2(protocol).build(OWN, seed=0)
    assert isinstance(built, Gpt2OwnModel)
    assert Gpt2(protocol).parameter_counts(OWN) == count_parameters(built)
