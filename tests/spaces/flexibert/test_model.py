"""The FlexiBERT model: its blocks, its loss and its sites."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS
from lpzero.spaces import Architecture, FlexiBert
from lpzero.spaces.flexibert.model import FlexiBertModel, build
from lpzero.spaces.flexibert.operations import LinearTransform
from lpzero.spaces.flexibert.plan import FlexiBertPlan, LayerPlan

PLAIN = LayerPlan("SA", "SDP", 2, (16, 24), wrapped=True)
IDS = torch.randint(30522, (2, 10), generator=torch.Generator().manual_seed(0))

EACH = (
    LayerPlan("SA", "SDP", 2, (16, 24), wrapped=True, unitary=True),
    LayerPlan("SA", "WMA", 4, (16,), wrapped=True, unitary=True),
    LayerPlan("LT", "DFT", None, (16,), wrapped=True, unitary=True),
    LayerPlan("LT", "DCT", None, (24,), wrapped=True, unitary=True),
    LayerPlan("DSC", 5, 2, (16,), wrapped=True, unitary=True),
    LayerPlan("DSC", 9, 4, (16,), wrapped=True, unitary=True),
)
OWN = FlexiBertPlan(32, EACH, embedding_width=32, vocabulary=257, max_tokens=64, pre_norm=True)
BYTES = IDS % 257


def model(*layers: LayerPlan, hidden: int = 32) -> FlexiBertModel:
    return build(FlexiBertPlan(hidden, layers), seed=0)


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


@pytest.fixture
def own() -> FlexiBertModel:
    """Every operation in pre-norm blocks; all parameters are drawn, biases and norms too, so that each one matters."""
    built = build(OWN, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
    return built


def own_states(built: FlexiBertModel, ids: Tensor = BYTES) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = built(ids, ids, output_hidden_states=True).hidden_states
    return hidden


def silence(*layers: nn.Module) -> None:
    with torch.no_grad():
        for parameter in (p for layer in layers for p in layer.parameters()):
            parameter.zero_()


def last_of_operation(operation: nn.Module) -> nn.Module:
    last = operation.transform if isinstance(operation, LinearTransform) else operation.output
    assert isinstance(last, nn.Module)
    return last


def test_without_output_weights_the_residual_stream_of_own_goes_through_unchanged(own: FlexiBertModel) -> None:
    for block in own.blocks:
        silence(last_of_operation(block.operation), block.feed_forward.layers[-1])
    first, *rest = own_states(own)
    assert len(rest) == len(EACH)
    for state in rest:
        assert torch.equal(state, first)


def test_each_part_of_own_adds_what_it_makes_of_the_normed_stream(own: FlexiBertModel) -> None:
    through = own_states(own)
    for block, before, after in zip(own.blocks, through, through[1:], strict=False):
        norms = [(norm.weight, norm.bias) for norm in (block.operation_norm, block.feed_forward_norm)]
        middle = before + block.operation(nn.functional.layer_norm(before, (32,), *norms[0], eps=1e-12))[0]
        x = nn.functional.layer_norm(middle, (32,), *norms[1], eps=1e-12)
        *inner, last = block.feed_forward.layers
        for layer in inner:
            x = nn.functional.gelu(layer(x))
        torch.testing.assert_close(after, middle + last(x))


def test_a_linear_transform_of_own_projects_behind_the_mixing(own: FlexiBertModel) -> None:
    transforms = [block.operation for block in own.blocks if isinstance(block.operation, LinearTransform)]
    assert [transform.linear_first for transform in transforms] == [False, False]
    assert [transform.mix.scaling for transform in transforms] == ["ortho", "ortho"]


def test_the_embedding_of_own_is_a_plain_sum(own: FlexiBertModel) -> None:
    assert own.embedding_projection is None
    assert own.embedding.norm is None
    words = own.embedding.word.weight[BYTES]
    expected = words + own.embedding.position.weight[:10] + own.embedding.token_type.weight[0]
    torch.testing.assert_close(own_states(own)[0], expected)


def test_the_loss_of_own_is_the_cross_entropy_of_a_normed_linear_head(own: FlexiBertModel) -> None:
    labels = torch.full_like(BYTES, -100)
    labels[0, 3], labels[1, 9] = 17, 4
    assert own.final_norm is not None
    assert own.output is not None
    logits = own.output(own.final_norm(own_states(own)[-1]))
    expected = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(own(BYTES, labels).loss, expected)
    assert own.output.weight is not own.embedding.word.weight


def test_labels_decide_where_the_loss_looks_and_change_no_state(own: FlexiBertModel) -> None:
    labels = torch.full_like(BYTES, -100)
    labels[0, 3] = 17
    other = labels.clone()
    other[1, 2] = 200
    one, two = (own(BYTES, given, output_hidden_states=True) for given in (labels, other))
    assert not torch.equal(one.loss, two.loss)
    assert all(torch.equal(a, b) for a, b in zip(one.hidden_states, two.hidden_states, strict=True))
    # two labels: the mean of their losses
    other[0, 3] = -100
    torch.testing.assert_close(two.loss, (one.loss + own(BYTES, other).loss) / 2)


@pytest.mark.parametrize("layer", EACH, ids=lambda layer: f"{layer.operation}-{layer.parameter}")
def test_an_encoder_of_own_sees_later_tokens(layer: LayerPlan) -> None:
    built = build(FlexiBertPlan(32, (layer,), embedding_width=32, vocabulary=257, max_tokens=64, pre_norm=True), seed=0)
    changed = BYTES.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 257
    moved = (own_states(built)[1] - own_states(built, changed)[1]).abs().amax(-1)
    # a span of 5 reaches two tokens back; whatever attends or transforms reaches all
    assert (moved[:, -3:] > 1e-6).all()


def test_the_loss_of_own_starts_near_the_entropy_of_the_vocabulary() -> None:
    for vocabulary in (257, 4096):
        plan = FlexiBertPlan(64, (EACH[0],), embedding_width=64, vocabulary=vocabulary, max_tokens=64, pre_norm=True)
        # Xavier's head on a normed state of 64: logits of variance 2 x 64 / (64 + vocabulary)
        allowed = 0.3 + 64 / (64 + vocabulary)
        assert abs(build(plan, seed=0)(BYTES, BYTES.flip(1)).loss.item() - math.log(vocabulary)) < allowed


@pytest.mark.parametrize("protocol", ["own", "own-4096"])
def test_every_operand_of_own_is_there(protocol: str) -> None:
    space = FlexiBert(protocol)
    pairs = [("SA", "WMA"), ("LT", "DFT"), ("DSC", 9), ("SA", "SDP")]
    layers = [
        {"operation": o, "parameter": p, "heads": 4, "feed_forward": 512, "feed_forward_layers": 3} for o, p in pairs
    ]
    built = space.build(Architecture.of("flexibert", {"hidden_size": 128}, layers), seed=0)
    batch = random_batch(space.vocabulary, "masked", np.random.default_rng(0), batch=2, tokens=8)
    operands = extract(built, built.site_map(), batch)
    assert not operands.absent
    for name, operand in OPERANDS.items():
        sites, tensors = operands.select(operand)
        assert tensors, name
        assert all(tensor.isfinite().all() and tensor.abs().max() > 0 for tensor in tensors), name
        layers_of = {site.layer for site in sites}
        if operand.group in ("operation", "feed_forward") or operand.site_family in ("activation", "head"):
            assert layers_of == {1, 2, 3, 4}, name
        if name == "attention":
            # the transform attends to nothing, and half of the heads of a mixed layer are convolutions
            assert layers_of == {1, 3, 4}
            assert [tensor.shape[1] for tensor in tensors] == [4, 2, 4]
    outputs = [site for site in built.site_map().parameters if site.layer == 5]
    assert [(site.role, site.group, site.parameter) for site in outputs] == [("vocabulary", "output", "output.weight")]


def test_equal_seeds_give_own_equal_weights_and_others_none() -> None:
    one, same, other = (build(OWN, seed=seed) for seed in (3, 3, 4))
    for (name, a), b, c in zip(one.named_parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name
        assert torch.equal(a, c) == (a.ndim == 1), name
