"""The operations of FlexiBERT, against SciPy, transformers and sums by hand."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.fft import dctn
from torch import Tensor, nn
from transformers import ConvBertConfig
from transformers.models.convbert.modeling_convbert import ConvBertSelfAttention

from lpzero.spaces.flexibert.operations import (
    LinearTransform,
    MixedAttention,
    Mixing,
    SelfAttention,
    build_operation,
)
from lpzero.spaces.flexibert.plan import LayerPlan

GENERATOR = torch.Generator().manual_seed(0)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=GENERATOR)


def filled(module: nn.Module) -> nn.Module:
    """Draw every parameter, biases too, so that each one matters."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(noise(*parameter.shape) / 8)
    return module.eval()


def test_self_attention_is_the_one_of_torch() -> None:
    ours = filled(SelfAttention(32, 4, weighted=False))
    assert isinstance(ours, SelfAttention)
    theirs = nn.MultiheadAttention(32, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())
    x = noise(2, 7, 32)
    result, probabilities = ours(x)
    expected, attention = theirs(x, x, x, need_weights=True, average_attn_weights=False)
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(probabilities, attention)


def test_weighted_attention_scores_by_a_matrix() -> None:
    layer = filled(SelfAttention(6, 1, weighted=True))
    assert isinstance(layer, SelfAttention)
    assert layer.wma is not None
    x = noise(1, 3, 6)
    scores = layer.query(x) @ layer.wma.weight.T @ layer.key(x).transpose(1, 2) / math.sqrt(6)
    torch.testing.assert_close(layer(x)[1][:, 0], scores.softmax(-1))


def test_weighted_attention_with_the_identity_is_plain() -> None:
    weighted, plain = filled(SelfAttention(8, 2, weighted=True)), SelfAttention(8, 2, weighted=False)
    assert isinstance(weighted, SelfAttention)
    assert weighted.wma is not None
    with torch.no_grad():
        weighted.wma.weight.copy_(torch.eye(8))
    plain.load_state_dict({n: v for n, v in weighted.state_dict().items() if not n.startswith("wma")})
    x = noise(2, 5, 8)
    torch.testing.assert_close(weighted(x)[0], plain(x)[0])


def test_the_cosine_transform_is_scipys() -> None:
    x = noise(2, 9, 16)
    mixed = Mixing("DCT", unitary=False)(x)
    torch.testing.assert_close(mixed, torch.from_numpy(dctn(x.numpy(), type=2, axes=(1, 2), norm="ortho")))


def test_the_fourier_transform_is_the_sum_of_cosines() -> None:
    x = noise(3, 4).double()
    tokens, hidden = torch.arange(3).double(), torch.arange(4).double()
    mixed = Mixing("DFT", unitary=False)(x[None])[0]
    for p in range(3):
        for q in range(4):
            # the real part of sum x[t, h] exp(-2 pi i (p t / 3 + q h / 4))
            angle = 2 * math.pi * (p * tokens[:, None] / 3 + q * hidden[None] / 4)
            assert mixed[p, q].item() == pytest.approx((x * angle.cos()).sum().item(), abs=1e-10)


@pytest.mark.parametrize("heads", [2, 4])
@pytest.mark.parametrize("kernel", [5, 9])
def test_mixed_attention_is_convberts(heads: int, kernel: int) -> None:
    ours = filled(MixedAttention(32, heads, kernel=kernel))
    assert isinstance(ours, MixedAttention)
    config = ConvBertConfig(
        hidden_size=32, num_attention_heads=heads, head_ratio=2, conv_kernel_size=kernel, embedding_size=32
    )
    theirs = ConvBertSelfAttention(config).eval()
    weights = {
        f"{name}.{kind}": value
        for name in ("query", "key", "value")
        for kind, value in getattr(ours, name).state_dict().items()
    }
    for name, layer in (("conv_kernel_layer", ours.kernel), ("conv_out_layer", ours.conv_output)):
        weights |= {f"{name}.{kind}": value for kind, value in layer.state_dict().items()}
    weights["key_conv_attn_layer.depthwise.weight"] = ours.depthwise.weight
    weights["key_conv_attn_layer.pointwise.weight"] = ours.pointwise.weight[..., None]
    weights["key_conv_attn_layer.bias"] = ours.pointwise.bias[:, None]
    theirs.load_state_dict(weights)
    x = noise(2, 11, 32)
    context, attention = theirs(x)
    result, probabilities = ours(x)
    torch.testing.assert_close(result, ours.output(context))
    torch.testing.assert_close(probabilities, attention)


def test_a_linear_transform_puts_its_linear_layer_on_the_side_that_it_is_told() -> None:
    x = noise(2, 5, 8)
    for first in (True, False):
        operation = LinearTransform(8, kind="DCT", linear_first=first)
        with torch.no_grad():
            for parameter in operation.parameters():
                parameter.copy_(noise(*parameter.shape))
            linear, mix = operation.transform, operation.mix
            wanted = mix(linear(x)) if first else linear(mix(x))
            torch.testing.assert_close(operation(x)[0], wanted)
            other = linear(mix(x)) if first else mix(linear(x))
            assert not torch.allclose(wanted, other)


@pytest.mark.parametrize("kind", ["DFT", "DCT"])
def test_a_unitary_transform_differs_in_scale_alone(kind: str) -> None:
    x = noise(2, 5, 8)
    # the root of 5 tokens x 8 wide; a cosine transform is orthonormal anyway
    scale = math.sqrt(5 * 8) if kind == "DFT" else 1
    torch.testing.assert_close(Mixing(kind, unitary=True)(x) * scale, Mixing(kind, unitary=False)(x))


def test_a_unitary_transform_keeps_the_norm() -> None:
    x = noise(2, 7, 16).double()
    cosines = Mixing("DCT", unitary=True)(x)
    torch.testing.assert_close(cosines.norm(dim=(1, 2)), x.norm(dim=(1, 2)))
    # of the Fourier transform the real part is left, that of the even part of x
    mirrored = x.flip(1, 2).roll((1, 1), (1, 2))
    even = Mixing("DFT", unitary=True)((x + mirrored) / 2)
    torch.testing.assert_close(even.norm(dim=(1, 2)), ((x + mirrored) / 2).norm(dim=(1, 2)))
    torch.testing.assert_close(even, Mixing("DFT", unitary=True)(x))


@pytest.mark.parametrize("unitary", [True, False])
def test_an_operation_is_as_unitary_as_its_plan(unitary: bool) -> None:
    built = build_operation(8, LayerPlan("LT", "DFT", None, (16,), wrapped=True, unitary=unitary))
    assert isinstance(built, LinearTransform)
    filled(built)
    x = noise(2, 5, 8)
    torch.testing.assert_close(built(x)[0], built.transform(Mixing("DFT", unitary=unitary)(x)))
