"""The GPT-2 space: its size, its keys and the published parameter counts."""

from __future__ import annotations

import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, Gpt2
from lpzero.spaces.architecture import Value
from lpzero.spaces.gpt2_model import Gpt2Model
from lpzero.spaces.weights import build_blank, count_parameters

WHOLE: dict[str, Value] = {"d_model": 64, "d_embed": 128, "div_val": 1}
LAYER: dict[str, Value] = {"d_inner": 512, "heads": 2}
SMALL = Architecture.of("gpt2", WHOLE, [LAYER, LAYER])


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
