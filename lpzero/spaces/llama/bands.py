"""Size bands of the protocol ``scratch``: decoders of about one size that spend it in different ways.

A table drawn evenly over depth and width holds few pairs of one size, and a count of parameters ranks the rest. In a
band any two decoders are of matched size, whatever their depth, width and layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

RATIO = 1.25
"""The largest decoder of a band has at most so many times the parameters of the smallest one.

It is what :data:`lpzero.fitness.strata.RATIO` calls the same size.
"""

BANDS: Mapping[int, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        150_000: ((2, 48), (3, 48), (4, 48), (2, 96), (2, 144)),
        400_000: ((8, 48), (5, 96), (3, 96), (3, 144), (2, 192)),
        1_000_000: ((8, 96), (7, 144), (5, 144), (4, 192), (3, 192)),
    }
)
"""Decoder parameters in the middle of a band -> its pairs of depth and width, each of one band alone.

Aspect ratios, width by depth, are 12 to 72, 6 to 96 and 12 to 64. Of the architectures of a pair 4 to 53 in a hundred
have the size of its band.
"""


def inside(parameters: int, middle: int) -> bool:
    """Whether a decoder belongs to the band around a size.

    Args:
        parameters: Of the decoder, without the embedding.
        middle: A key of ``BANDS``.

    >>> inside(440_000, 400_000), inside(450_000, 400_000)
    (True, False)
    """
    ends = math.sqrt(RATIO)
    return middle / ends <= parameters <= middle * ends
