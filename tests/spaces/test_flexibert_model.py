"""The FlexiBERT model: its blocks, its loss and its sites."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.spaces.flexibert_model import FlexiBertModel, build
from lpzero.spaces.flexibert_plan import LayerPlan, Plan

PLAIN = LayerPlan("SA", "SDP", 2, (16, 24), wrapped=True)
IDS = torch.randint(30522, (2, 10), generator=torch.Generator().manual_seed(0))


def model(*layers: LayerPlan, hidden: int = 32) -> FlexiBertModel:
    return build(Plan(hidden, layers), seed=0)


def states(built: FlexiBertModel) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = built(IDS, IDS, output_hidden_states=True).hidden_states
    return hidden


def test_the_loss_starts_near_the_entropy_of_the_vocabulary() -> None:
    # labels that have nothing to do with the input: nothing in the hidden state points to them
    labels = IDS.flip(1)
    assert abs(model(PLAIN, hidden=256)(IDS, labels).loss.item() - math.log(30522)) < 0.5
    assert abs(model(PLAIN, hidden=128)(IDS, labels).loss.item() - math.log(30522)) < 0.5


def test_the_loss_is_the_cross_entropy_at_the_labels() -> None:
    labels = torch.full_like(IDS, -100)
    labels[0, 3], labels[1, 9] = 17, 4
    built = model(PLAIN)
    assert built.embedding_projection is not None
    last = states(built)[-1]
    logits = last @ built.embedding_projection.weight @ built.embedding.word.weight.T
    # torch's own rule for -100, over the logits of every position
    expected = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(built(IDS, labels).loss, expected)


def test_without_a_projection_the_embedding_is_the_first_state() -> None:
    built = model(PLAIN, hidden=128)
    assert built.embedding_projection is None
    torch.testing.assert_close(states(built)[0], built.embedding(IDS))
    words = built.embedding.word.weight[IDS]
    places = built.embedding.position.weight[:10] + built.embedding.token_type.weight[0]
    torch.testing.assert_close(built.embedding(IDS), built.embedding.norm(words + places))


def test_a_wrapped_operation_has_residual_and_norm_and_a_bare_one_neither() -> None:
    for wrapped in (True, False):
        built = model(LayerPlan("LT", "DCT", None, (16,), wrapped=wrapped))
        before, after = states(built)
        block = built.blocks[0]
        mixed = block.operation(before)[0]
        x = nn.functional.layer_norm(before + mixed, (32,), eps=1e-12) if wrapped else mixed
        first, last = block.feed_forward.layers
        inner = last(nn.functional.gelu(first(x)))
        torch.testing.assert_close(after, nn.functional.layer_norm(x + inner, (32,), eps=1e-12))


def test_the_sites_of_each_operation() -> None:
    built = model(
        PLAIN,
        LayerPlan("SA", "WMA", 2, (16,), wrapped=True),
        LayerPlan("LT", "DFT", None, (16,), wrapped=False),
        LayerPlan("DSC", 5, 4, (16,), wrapped=True),
    )
    sites = built.site_map()

    def roles(layer: int) -> set[str]:
        return {s.role for s in sites.parameters if s.layer == layer and s.group in ("operation", "embedding")}

    def heads(layer: int) -> list[tuple[str, str]]:
        return [(s.role, s.take) for s in sites.outputs if s.layer == layer and s.family == "head"]

    convolution = {"depthwise", "pointwise", "kernel", "conv_output"}
    outputs = [("query", "output"), ("key", "output"), ("value", "output")]
    assert roles(0) == {"word", "position", "token_type", "projection"}
    assert roles(1) == {"query", "key", "value", "output"}
    assert roles(2) == roles(1) | {"wma"}
    assert roles(3) == {"transform"}
    assert roles(4) == roles(1) | convolution
    assert heads(1) == heads(4) == outputs
    assert heads(2) == [*outputs, ("wma", "output")]
    assert heads(3) == [("transform", "input")]
    assert [s.role for s in sites.parameters if s.layer == 1 and s.group == "feed_forward"] == [
        "feed_forward_0",
        "feed_forward_1",
        "feed_forward_2",
    ]
    assert [s.role for s in sites.outputs if s.layer == 1 and s.family == "activation"] == [
        "feed_forward_0",
        "feed_forward_1",
    ]


def test_only_attention_has_probabilities() -> None:
    built = model(LayerPlan("DSC", 5, 4, (16,), wrapped=True), LayerPlan("LT", "DFT", None, (16,), wrapped=True), PLAIN)
    mixed, transform, plain = built(IDS, IDS, output_attentions=True).attentions
    assert mixed.shape == plain.shape == (2, 2, 10, 10)
    assert transform is None
