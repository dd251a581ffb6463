"""The plan of a FlexiBERT model: what a protocol really builds from an architecture."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, cast

from lpzero.spaces.architecture import Architecture

Protocol = Literal["trained", "listed", "legacy"]
Operation = Literal["SA", "LT", "DSC"]

VOCABULARY = 30522
MAX_TOKENS = 512
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
        wrapped: Whether a residual connection and a LayerNorm follow the operation.
    """

    operation: Operation
    parameter: str | int
    heads: int | None
    widths: tuple[int, ...]
    wrapped: bool


@dataclass(frozen=True)
class Plan:
    """A whole model: its hidden size and its blocks."""

    hidden: int
    layers: tuple[LayerPlan, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the plan as canonical JSON, 64 hexadecimal digits."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def plan(architecture: Architecture, protocol: Protocol) -> Plan:
    """Say what ``protocol`` builds from a valid architecture.

    ``trained``: plain self-attention in every layer and a first feed-forward layer of 4 x hidden, as the
    training code of Serianni & Kalita 2023 (https://arxiv.org/abs/2306.00288) did, whatever was listed.
    ``listed``: everything as the specification lists it. ``legacy``: the operations as listed, but hidden
    size 256 and feed-forward width 1024 for all, and linear transforms bare, as in their PyTorch models.
    """
    hidden = LEGACY_HIDDEN if protocol == "legacy" else cast(int, architecture["hidden_size"])
    return Plan(hidden, tuple(_layer(architecture, i, protocol, hidden) for i in range(architecture.depth)))


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
