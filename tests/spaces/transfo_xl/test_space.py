"""The Transformer-XL space: its size, its keys and the published parameter counts."""

from __future__ import annotations

import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, TransfoXl
from lpzero.spaces.architecture import Value
from lpzero.spaces.models.weights import build_blank, count_parameters
from lpzero.spaces.transfo_xl.model import TransfoXlModel

WHOLE: dict[str, Value] = {"d_model": 64, "d_embed": 128, "div_val": 1}
LAYER: dict[str, Value] = {"d_inner": 512, "heads": 2}
SMALL = Architecture.of("transfo-xl", WHOLE, [LAYER] * 5)
NAMES = {
    "embedding": "AdaEmb",
    "attention": "Attn",
    "feed_forward": "FFN",
    "nonembedding": "nonembedding",
    "total": "total",
}


def test_size() -> None:
    # 4 x 3 x 3 whole values; a layer has 1537 inner widths x 3 heads
    assert TransfoXl().size == 36 * sum((1537 * 3) ** depth for depth in range(5, 9))


def test_keys_are_stable() -> None:
    assert TransfoXl().key(SMALL) == "d84112fd5bc1c2cc467195bfae7afb4f09f43d74c8280d5acdec877e88366511"
    assert TransfoXl().model_key(SMALL) == TransfoXl().key(SMALL)


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"d_model": 100}, {}, "architecture: d_model is 100: expected one of 64, 128, 256, 512"),
        ({"d_embed": 64}, {}, "architecture: d_embed is 64: expected one of 128, 256, 512"),
        ({"div_val": 3}, {}, "architecture: div_val is 3: expected one of 1, 2, 4"),
        ({}, {"d_inner": 2049}, "layer 4: d_inner is 2049: expected int from 512 to 2048"),
        ({}, {"heads": 3}, "layer 4: heads is 3: expected one of 2, 4, 8"),
    ],
)
def test_a_wrong_value_is_named(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TransfoXl().model_key(Architecture.of("transfo-xl", WHOLE | whole, [LAYER] * 4 + [LAYER | layer]))


@pytest.mark.parametrize("depth", [4, 9])
def test_a_wrong_depth_is_named(depth: int) -> None:
    with pytest.raises(InputError, match=f"depth is {depth}: expected one of 5, 6, 7, 8"):
        TransfoXl().validate(Architecture.of("transfo-xl", WHOLE, [LAYER] * depth))


def test_the_counts_are_the_published_ones(transxl: list[tuple[Architecture, dict[str, float]]]) -> None:
    space = TransfoXl()
    assert len(transxl) == 200
    for architecture, published in transxl:
        space.validate(architecture)
        counts = space.parameter_counts(architecture)
        assert counts == {ours: published[theirs] for ours, theirs in NAMES.items()}


def test_the_models_have_the_published_counts(transxl: list[tuple[Architecture, dict[str, float]]]) -> None:
    for architecture, published in transxl[::10]:
        plan = TransfoXl().plan(architecture)
        counts = count_parameters(build_blank(lambda plan=plan: TransfoXlModel(plan)))
        assert counts == {ours: published[theirs] for ours, theirs in NAMES.items()}


@pytest.mark.parametrize("d_model", [64, 128, 256, 512])
@pytest.mark.parametrize("d_embed", [128, 256, 512])
@pytest.mark.parametrize("div_val", [1, 2, 4])
def test_the_closed_form_counts_the_model(d_model: int, d_embed: int, div_val: int) -> None:
    architecture = Architecture.of(
        "transfo-xl",
        {"d_model": d_model, "d_embed": d_embed, "div_val": div_val},
        [{"d_inner": 700, "heads": 4}, {"d_inner": 513, "heads": 8}, LAYER, LAYER, LAYER],
    )
    plan = TransfoXl().plan(architecture)
    assert TransfoXl().parameter_counts(architecture) == count_parameters(build_blank(lambda: TransfoXlModel(plan)))
