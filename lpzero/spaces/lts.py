"""The protocol ``lts``: the decoders of LiteTransformerSearch, whose choices are those of its configurations.

Javaheripi et al. 2022 (https://arxiv.org/abs/2203.02094).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.models.adaptive_plan import AdaptiveDecoderPlan

NAME = "lts"

Plan = TypeVar("Plan", bound=AdaptiveDecoderPlan)


def choices(space: str, depths: Iterable[int]) -> Choices:
    """The choices of a space of such decoders.

    Args:
        space: Its name.
        depths: The numbers of layers that it has.

    >>> choices("gpt2", range(2, 17)).whole[0].names
    ('d_model',)
    """
    return Choices(
        space=space,
        depths=tuple(depths),
        whole=(
            Choice.of("d_model", 64, 128, 256, 512),
            Choice.of("d_embed", 128, 256, 512),
            Choice.of("div_val", 1, 2, 4),
        ),
        layer=(Choice.of("d_inner", *range(512, 2049)), Choice.of("heads", 2, 4, 8)),
    )


def plan_of(kind: type[Plan], architecture: Architecture) -> Plan:
    """The plan of a valid architecture, of the kind that a space builds."""
    return kind(
        width=int(architecture["d_model"]),
        embedding_width=int(architecture["d_embed"]),
        shrink=int(architecture["div_val"]),
        inner_widths=architecture.integers("d_inner"),
        heads=architecture.integers("heads"),
    )
