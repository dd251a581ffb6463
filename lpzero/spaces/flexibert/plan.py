"""The plan of a FlexiBERT model: what a protocol really builds from an architecture."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal, cast

from lpzero.spaces import own
from lpzero.spaces.architecture import Architecture, digest_of

Protocol = Literal["trained", "listed", "legacy", "own"]
Operation = Literal["SA", "LT", "DSC"]

VOCABULARY = 30522
MAX_TOKENS = 512
EMBEDDING_WIDTH = 128
LEGACY_HIDDEN = 256
LEGACY_FEED_FORWARD = 1024


@dataclass(frozen=True)
class LayerPlan:
    """One block.

    Attributes:
        operation: Self-attention, linear transform, or mixed attention and dynamic span-based convolution.
        parameter: ``"SDP"`` or ``"WMA"``, ``"DFT"`` or ``"DCT"``, or the kernel size.
        heads: Number of heads, None for a linear transform, which has none.
        widths: Inner widths of the feed-forward, first to last.
        wrapped: Whether a residual connection and a LayerNorm go with the operation.
        unitary: Whether a Fourier transform is scaled to keep the norm of its input.
    """

    operation: Operation
    parameter: str | int
    heads: int | None
    widths: tuple[int, ...]
    wrapped: bool
    unitary: bool = False


@dataclass(frozen=True)
class FlexiBertPlan:
    """A whole model.

    Attributes:
        hidden: Width of the residual stream.
        layers: Its blocks.
        embedding_width: Width of the embedding, which is projected where it is not ``hidden``.
        vocabulary: Number of token ids.
        max_tokens: The longest sequence.
        pre_norm: Whether the norms lie before the operations and feed-forwards, with one more behind the last
            block, and the weights are Xavier's; else they lie behind them, and the weights have deviation .02.
    """

    hidden: int
    layers: tuple[LayerPlan, ...]
    embedding_width: int = EMBEDDING_WIDTH
    vocabulary: int = VOCABULARY
    max_tokens: int = MAX_TOKENS
    pre_norm: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the plan as canonical JSON, 64 hexadecimal digits."""
        return digest_of(asdict(self))


def plan(architecture: Architecture, protocol: Protocol, vocabulary: int) -> FlexiBertPlan:
    """Say what ``protocol`` builds from a valid architecture.

    ``trained``: plain self-attention in every layer and a first feed-forward layer of 4 x hidden, as the
    training code of Serianni & Kalita 2023 (https://arxiv.org/abs/2306.00288) did, whatever was listed.
    ``listed``: everything as the specification lists it. ``legacy``: the operations as listed, but hidden
    size 256 and feed-forward width 1024 for all, and linear transforms bare, as in their PyTorch models.
    ``own``: the operations as listed, in blocks that learn within minutes: pre-norm, Xavier's weights, half
    the listed hidden size and a quarter of the listed feed-forward width. Fourier transforms are unitary there:
    without a norm behind them, FNet's own scale would drown the rest of the residual stream.

    Args:
        architecture: A valid architecture of the space.
        protocol: One of these.
        vocabulary: Number of token ids.
    """
    listed = cast(int, architecture["hidden_size"])
    if protocol == "own":
        layers = tuple(_own_layer(architecture, i) for i in range(architecture.depth))
        return FlexiBertPlan(listed // 2, layers, listed // 2, vocabulary, own.MAX_TOKENS, pre_norm=True)
    hidden = LEGACY_HIDDEN if protocol == "legacy" else listed
    layers = tuple(_layer(architecture, i, protocol, hidden) for i in range(architecture.depth))
    return FlexiBertPlan(hidden, layers, vocabulary=vocabulary)


def _own_layer(architecture: Architecture, index: int) -> LayerPlan:
    planned = _layer(architecture, index, "listed", hidden=0)
    return replace(planned, widths=tuple(width // 4 for width in planned.widths), unitary=True)


def _layer(architecture: Architecture, index: int, protocol: Protocol, hidden: int) -> LayerPlan:
    listed = architecture.layer(index)
    heads, width = cast(int, listed["heads"]), cast(int, listed["feed_forward"])
    layers = cast(int, listed["feed_forward_layers"])
    if protocol == "trained":
        return LayerPlan("SA", "SDP", heads, (4 * hidden, *(width,) * (layers - 1)), wrapped=True)
    operation = cast(Operation, listed["operation"])
    bare = operation == "LT"
    return LayerPlan(
        operation=operation,
        parameter=cast("str | int", listed["parameter"]),
        heads=None if bare else heads,
        widths=(LEGACY_FEED_FORWARD if protocol == "legacy" else width,) * layers,
        wrapped=protocol == "listed" or not bare,
    )
