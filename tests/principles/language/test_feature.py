"""Features that spaces declare."""

from __future__ import annotations

import pytest

from lpzero.principles.language.feature import are_numbers, declared, digest_of_space
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
