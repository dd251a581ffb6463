"""The operations of a FlexiBERT block: each maps (batch, tokens, hidden) to the same shape.

Every weight belongs to a child module whose name is the role of its site.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.spaces.flexibert.plan import LayerPlan
from lpzero.spaces.models.attention import attend, split_heads
from lpzero.spaces.models.weights import Conv1d, Linear

Result = tuple[Tensor, Tensor | None]


class SelfAttention(nn.Module):
    """Multi-head self-attention: scaled dot product or weighted multiplicative.

    The weighted one scores (q W) k^T / sqrt(size) with a further hidden x hidden matrix W (Tuli et al. 2022,
    https://arxiv.org/abs/2205.11656).

    Args:
        hidden: Width of the input, a multiple of ``heads``.
        heads: Number of heads.
        weighted: Whether there is a W.
    """

    def __init__(self, hidden: int, heads: int, *, weighted: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(hidden, hidden)
        self.key = Linear(hidden, hidden)
        self.value = Linear(hidden, hidden)
        self.wma = Linear(hidden, hidden, bias=False) if weighted else None
        self.output = Linear(hidden, hidden)

    def forward(self, x: Tensor) -> Result:
        """Returns the output and the probabilities (batch, heads, tokens, tokens)."""
        query = self.query(x)
        if self.wma is not None:
            query = self.wma(query)
        key, value = split_heads(self.key(x), self.heads), split_heads(self.value(x), self.heads)
        context, probabilities = attend(split_heads(query, self.heads), key, value)
        return self.output(context), probabilities


class Mixing(nn.Module):
    """A transform without weights over tokens and hidden.

    ``"DFT"`` is the real part of the two-dimensional discrete Fourier transform, not normalised (FNet,
    Lee-Thorp et al. 2021, https://arxiv.org/abs/2105.03824) unless it shall be unitary; ``"DCT"`` the orthonormal
    two-dimensional DCT-II.
    """

    def __init__(self, kind: str, *, unitary: bool) -> None:
        super().__init__()
        self.kind = kind
        self.scaling = "ortho" if unitary else "backward"

    def forward(self, x: Tensor) -> Tensor:
        """Transform the last two axes."""
        if self.kind == "DFT":
            spectrum: Tensor = torch.fft.fft2(x, norm=self.scaling)
            return spectrum.real
        return _cosine_basis(x.shape[-2], like=x) @ x @ _cosine_basis(x.shape[-1], like=x).T


class LinearTransform(nn.Module):
    """Mixing by a transform without weights, and a linear layer behind or before it.

    Args:
        hidden: Width of the input.
        kind: ``"DFT"`` or ``"DCT"``.
        linear_first: Whether the linear layer comes before the transform, as in the models that the published
            scores were computed on: their head confidence (mean of maxima near .95 behind the first block)
            has the scale of a linear layer's output, not of a transform's. Otherwise it projects the output.
        unitary: Whether a Fourier transform is scaled to keep the norm of its input.
    """

    def __init__(self, hidden: int, *, kind: str, linear_first: bool, unitary: bool = False) -> None:
        super().__init__()
        self.linear_first = linear_first
        self.transform = Linear(hidden, hidden)
        self.mix = Mixing(kind, unitary=unitary)

    def forward(self, x: Tensor) -> Result:
        """Returns the output and None, since there is no attention."""
        return (self.mix(self.transform(x)) if self.linear_first else self.transform(self.mix(x))), None


def _cosine_basis(size: int, *, like: Tensor) -> Tensor:
    """The orthonormal DCT-II matrix (frequencies, positions), computed in double precision."""
    index = torch.arange(size, dtype=torch.float64, device=like.device)
    basis = torch.cos(math.pi / size * torch.outer(index, index + 0.5)) * math.sqrt(2 / size)
    basis[0] /= math.sqrt(2)
    return basis.to(like.dtype)


class MixedAttention(nn.Module):
    """Self-attention beside span-based dynamic convolution, half of the heads each (ConvBERT).

    Jiang et al. 2020 (https://arxiv.org/abs/2008.02496): a separable convolution of the input, times the
    query, gives each token and head a kernel over its neighbours, normalised by a softmax. Each part has
    m = max(1, heads / 2) heads and is m x (hidden / heads) wide; side by side they go into the output
    projection.

    Args:
        hidden: Width of the input.
        heads: Number of heads of both parts together, even.
        kernel: Number of tokens that the convolution spans, odd.
    """

    def __init__(self, hidden: int, heads: int, *, kernel: int) -> None:
        super().__init__()
        self.heads = max(1, heads // 2)
        self.span = kernel
        width = self.heads * (hidden // heads)
        self.query = Linear(hidden, width)
        self.key = Linear(hidden, width)
        self.value = Linear(hidden, width)
        self.depthwise = Conv1d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden, bias=False)
        self.pointwise = Linear(hidden, width)
        self.kernel = Linear(width, self.heads * kernel)
        self.conv_output = Linear(hidden, width)
        self.output = Linear(2 * width, hidden)

    def forward(self, x: Tensor) -> Result:
        """Returns the output and the probabilities of the attention, (batch, m, tokens, tokens)."""
        query = self.query(x)
        key, value = split_heads(self.key(x), self.heads), split_heads(self.value(x), self.heads)
        context, probabilities = attend(split_heads(query, self.heads), key, value)
        return self.output(torch.cat([context, self._convolve(x, query)], dim=-1)), probabilities

    def _convolve(self, x: Tensor, query: Tensor) -> Tensor:
        spans = self.pointwise(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        kernels = self.kernel(spans * query).view(*x.shape[:2], self.heads, self.span, 1).softmax(dim=-2)
        reach = self.span // 2
        padded = nn.functional.pad(self.conv_output(x), (0, 0, reach, reach))
        windows = padded.unfold(1, self.span, 1)
        windows = windows.reshape(*x.shape[:2], self.heads, -1, self.span)
        convolved: Tensor = (windows @ kernels).flatten(2)
        return convolved


def build_operation(hidden: int, layer: LayerPlan) -> SelfAttention | LinearTransform | MixedAttention:
    """The operation that a layer's plan asks for."""
    if layer.heads is None:
        kind = str(layer.parameter)
        return LinearTransform(hidden, kind=kind, linear_first=not layer.wrapped, unitary=layer.unitary)
    if layer.operation == "SA":
        return SelfAttention(hidden, layer.heads, weighted=layer.parameter == "WMA")
    return MixedAttention(hidden, layer.heads, kernel=int(layer.parameter))
