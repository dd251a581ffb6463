"""Features that spaces declare."""

from __future__ import annotations

import pytest

from lpzero.principles.language.feature import are_numbers, declared, digest_of_space, shared
from lpzero.spaces import SPACES, get_space

NAMES = ("flexibert", "gpt2", "transfo-xl", "hwgpt", "hat-mt", "rnn")


@pytest.mark.parametrize("name", NAMES)
def test_every_space_declares_its_choices(name: str) -> None:
    space = get_space(name)
    features, choices = declared(space), space.choices
    assert {"depth", "width", "params.attention", "params.feed_forward", "params.embedding"} <= set(features)
    for choice in choices.whole:
        assert all(features[one].kind == "choice" for one in choice.names)
    for choice in (*choices.layer, *choices.front):
        for one in choice.names:
            assert features[one].kind == "layers"
            assert {feature.name for feature in features.values() if feature.of == one} > {one, f"{one}[0]"}
    assert all(feature.name == name for name, feature in features.items())


def test_a_layer_that_no_architecture_has_is_no_feature() -> None:
    features = declared(get_space("hat-mt"))
    assert "encoder_ffn_embed_dim[5]" in features
    assert "encoder_ffn_embed_dim[6]" not in features
    assert "decoder_ffn_embed_dim[5]" in features
    assert "decoder_ffn_embed_dim[6]" not in features


def test_values_without_an_order_have_shares_of_the_layers() -> None:
    features = declared(get_space("flexibert"))
    assert "operation.mean" not in features
    assert [features[f"operation=DSC.{part}"].kind for part in ("mean", "first", "last")] == ["number"] * 3
    # text and numbers side by side
    assert features["parameter=5.mean"].of == "parameter"
    assert not are_numbers(features["parameter"].values)


def test_a_space_is_known_by_its_choices() -> None:
    digests = {name: digest_of_space(get_space(name)) for name in NAMES}
    assert len(set(digests.values())) == len(NAMES)
    assert digest_of_space(get_space("hwgpt", "m")) != digests["hwgpt"]
    assert digest_of_space(get_space("hat-mt", "wmt14enfr")) == digests["hat-mt"]
    assert set(NAMES) <= set(SPACES)


def test_features_that_mean_the_same_in_two_spaces() -> None:
    small, middle = get_space("hwgpt", "s"), get_space("hwgpt", "m")
    both = shared(small, middle)
    assert both == shared(middle, small)
    # 10 to 12 layers against 22 to 24; 4, 8, 12 heads against 8, 12, 16
    assert not both & {"depth", "heads.last", "heads[0]", "hidden_size"}
    assert {"mlp_ratio[0]", "mlp_ratio.last", "heads.trend", "bias", "width"} <= both
    # of a layer that the shallower one lacks nothing is said
    assert "mlp_ratio[12]" not in both
    assert shared(small, small) == frozenset(declared(small))
