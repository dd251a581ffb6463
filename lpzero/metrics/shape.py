"""Metrics that are plain counts: the baselines that every proxy has to beat."""

from __future__ import annotations

from lpzero.errors import InputError
from lpzero.metrics.metric import Shape

DEPTH_BITS, WIDTH_BITS, PARAMETER_BITS = 8, 14, 31


def params(shape: Shape) -> float:
    """All parameters."""
    return float(shape.params)


def decoder_params(shape: Shape) -> float:
    """Parameters without the embeddings."""
    return float(shape.decoder_params)


def attention_params(shape: Shape) -> float:
    """Parameters of the operations."""
    return float(shape.attention_params)


def depth(shape: Shape) -> float:
    """Number of blocks."""
    return float(shape.depth)


def width(shape: Shape) -> float:
    """Hidden width of the blocks."""
    return float(shape.width)


def width_then_shallow(shape: Shape) -> float:
    """Hidden width first, fewer blocks where widths are equal: width - depth / 2^8.

    What ranks models that were trained for so short a time that every further block only costs them.

    Raises:
        InputError: The depth is not below 2^8 or the width not below 2^14.
    """
    _pack(("width", shape.width, WIDTH_BITS), ("depth", shape.depth, DEPTH_BITS))
    return shape.width - shape.depth / (1 << DEPTH_BITS)


def depth_then_hidden(shape: Shape) -> float:
    """Depth first, hidden width where depths are equal: depth + width / 2^14.

    Raises:
        InputError: The depth is not below 2^8 or the width not below 2^14.
    """
    return depth_hidden_params(Shape(shape.depth, shape.width, 0, 0, 0))


def depth_hidden_params(shape: Shape) -> float:
    """Depth first, then hidden width, then all parameters: depth + width / 2^14 + parameters / 2^45.

    The three fill the 53 bits of a float64 without overlap, so that different triples never share a score.
    It is the strongest known baseline without labels on FlexiBERT.

    Raises:
        InputError: The depth is not below 2^8, the width not below 2^14 or the parameters not below 2^31.
    """
    packed = _pack(
        ("depth", shape.depth, DEPTH_BITS),
        ("width", shape.width, WIDTH_BITS),
        ("number of parameters", shape.params, PARAMETER_BITS),
    )
    return packed / (1 << WIDTH_BITS + PARAMETER_BITS)


def _pack(*counts: tuple[str, int, int]) -> int:
    """One integer that orders by the first count, then the second, ...; raises InputError where they would overlap.

    Args:
        counts: (name, value, bits) each.
    """
    packed = 0
    for name, value, bits in counts:
        if not 0 <= value < 2**bits:
            raise InputError(f"expected a {name} from 0 to {2**bits - 1}, found {value}")
        packed = (packed << bits) + value
    return packed
