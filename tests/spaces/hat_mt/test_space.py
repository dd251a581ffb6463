"""The space of HAT: the laws of a space, its size, its keys, what is built and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, HatMt, get_space
from lpzero.spaces.architecture import Value
from lpzero.spaces.features import features
from lpzero.spaces.hat_mt.plan import DecoderLayer, EncoderLayer, HatMtPlan
from lpzero.testing import check_space

WHOLE: dict[str, Value] = {"encoder_embed_dim": 640, "decoder_embed_dim": 512}
ENCODER: dict[str, Value] = {"encoder_ffn_embed_dim": 2048, "encoder_self_attention_heads": 8}
DECODER: dict[str, Value] = {
    "decoder_ffn_embed_dim": 3072,
    "decoder_self_attention_heads": 4,
    "decoder_ende_attention_heads": 8,
    "decoder_arbitrary_ende_attn": 2,
}
SMALL = Architecture.of("hat-mt", WHOLE, [ENCODER] * 6 + [DECODER] * 2)


def changed(index: int, **values: Value) -> Architecture:
    layers: list[Any] = [dict(layer) for layer in SMALL.layers]
    layers[index].update(values)
    return Architecture.of("hat-mt", WHOLE, layers)


def test_it_keeps_the_laws_of_a_space() -> None:
    check_space(HatMt())


def test_size() -> None:
    # two widths each; 3 x 2 of an encoder's layer, 3 x 2 x 2 x 3 of a decoder's
    assert HatMt().size == 4 * 6**6 * sum(36**depth for depth in range(1, 7))
    assert len(HatMt().cells) == 6 * 2


def test_keys_are_stable_and_the_tasks_differ_in_their_ids_alone() -> None:
    assert HatMt().key(SMALL) == "110746c05ccfc7caac3f72c65f2cba88e7b577795db2534f391587aed562652f"
    assert HatMt().model_key(SMALL) == HatMt().key(SMALL)
    tasks = [get_space("hat-mt", task) for task in ("wmt14ende", "wmt14enfr", "wmt19ende")]
    assert [space.vocabulary for space in tasks] == [32768, 44512, 49600]
    assert {space.parameter_counts(SMALL)["nonembedding"] for space in tasks} == {34406912}
    with pytest.raises(InputError, match="unknown protocol 'wmt16': expected one of wmt14ende, wmt14enfr, wmt19ende"):
        HatMt("wmt16")


def test_a_plan_is_what_is_listed() -> None:
    assert HatMt().plan(SMALL) == HatMtPlan(
        32768, 640, 512, (EncoderLayer(2048, 8),) * 6, (DecoderLayer(3072, 4, 8, 3),) * 2
    )
    spans = [HatMt().plan(changed(7, decoder_arbitrary_ende_attn=value)).decoder[1].span for value in (-1, 1, 2)]
    assert spans == [1, 2, 3]
    assert (HatMt().width(SMALL), HatMt().objective, HatMt().pretrained) == (512, "seq2seq", False)


def test_the_features_add_up_what_each_stack_has() -> None:
    assert features(SMALL) == {
        "depth": 8.0,
        "encoder_embed_dim": 640.0,
        "decoder_embed_dim": 512.0,
        "encoder_ffn_embed_dim": 6 * 2048.0,
        "encoder_self_attention_heads": 48.0,
        "decoder_ffn_embed_dim": 2 * 3072.0,
        "decoder_self_attention_heads": 8.0,
        "decoder_ende_attention_heads": 16.0,
        "decoder_arbitrary_ende_attn": 4.0,
    }


def test_the_encoder_keeps_its_layers() -> None:
    space, rng = HatMt(), np.random.default_rng(0)
    architecture = SMALL
    for _ in range(100):
        architecture = space.mutate(architecture, rng)
        names = [set(architecture.layer(index)) for index in range(architecture.depth)]
        assert names == [set(ENCODER)] * 6 + [set(DECODER)] * (architecture.depth - 6)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (changed(0, encoder_ffn_embed_dim=512), "layer 0: encoder_ffn_embed_dim is 512: expected one of 1024, 2048"),
        (changed(7, decoder_arbitrary_ende_attn=0), "layer 7: decoder_arbitrary_ende_attn is 0: expected one of -1, 1"),
        (changed(6, encoder_self_attention_heads=4), "layer 6: found the names decoder_arbitrary_ende_attn"),
        (Architecture.of("hat-mt", WHOLE, [ENCODER] * 6), "depth is 6: expected one of 7, 8, 9, 10, 11, 12"),
        (
            Architecture.of("hat-mt", WHOLE, [ENCODER] * 5 + [DECODER] * 2),
            "layer 5: found the names decoder_arbitrary_ende_attn",
        ),
        (
            Architecture.of("hat-mt", WHOLE | {"encoder_embed_dim": 768}, [ENCODER] * 6 + [DECODER]),
            "encoder_embed_dim is 768: expected one of 512, 640",
        ),
    ],
)
def test_what_is_not_in_the_space_is_named(architecture: Architecture, message: str) -> None:
    with pytest.raises(InputError, match=message):
        HatMt().plan(architecture)
