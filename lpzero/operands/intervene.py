"""Interventions: operands with a part of what they know taken out, to see what a formula's score lives on.

Each one leaves sites and shapes as they are and puts other numbers into some families. Nothing is changed in place:
the tensors of an extraction are views of live parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor

from lpzero.errors import unknown_name
from lpzero.operands.extract import Operands
from lpzero.operands.operand import FAMILIES, GRADIENTS, OPERANDS, Family
from lpzero.seeds import derived_seed

Change = Callable[[Tensor, torch.Generator], Tensor]


def zero(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Zeros in the shape of a tensor."""
    del generator
    return torch.zeros_like(tensor)


def gaussian(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal numbers in the shape of a tensor."""
    # drawn on the CPU, so that every device sees the same numbers
    return torch.randn(tensor.shape, generator=generator).to(tensor.device)


def gaussian_of_scale(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Normal numbers with mean 0 and the root mean square of a tensor, in its shape."""
    return gaussian(tensor, generator) * tensor.float().square().mean().sqrt()


def permuted(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """The elements of a tensor in another order: its shape and every statistic of its values stay."""
    order = torch.randperm(tensor.numel(), generator=generator).to(tensor.device)
    return tensor.reshape(-1)[order].reshape(tensor.shape)


INTERVENTIONS: Mapping[str, Mapping[Family, Change]] = MappingProxyType(
    {
        "gradients_zero": dict.fromkeys(GRADIENTS, zero),
        "gradients_random": dict.fromkeys(GRADIENTS, gaussian_of_scale),
        "shape_permuted": {**dict.fromkeys(FAMILIES, gaussian), "weight": permuted},
        "shape_gaussian": dict.fromkeys(FAMILIES, gaussian),
    }
)
"""What each intervention puts into which families; a family that is not named stays as it is."""


def intervene(name: str, operands: Operands, *, families: Collection[Family], seed: int) -> Operands:
    """Apply an intervention to the operands of one model.

    Args:
        name: One of ``INTERVENTIONS``.
        operands: What a pass showed; left unchanged.
        families: The families that will be looked at; the others are not worked on.
        seed: Seed of the random numbers; a tensor's numbers follow from it, the family and the site alone.

    Returns:
        The same sites with other tensors, each in the shape of the one that it stands for.

    Raises:
        InputError: There is no such intervention.
    """
    if name not in INTERVENTIONS:
        raise unknown_name("intervention", name, INTERVENTIONS)
    tensors = dict(operands.tensors)
    for family, change in INTERVENTIONS[name].items():
        if family in families:
            tensors[family] = _changed(operands, family, change, seed)
    return replace(operands, tensors=tensors)


def _changed(operands: Operands, family: Family, change: Change, seed: int) -> tuple[Tensor, ...]:
    sites = operands.sites[OPERANDS[family].site_family]
    seeds = (derived_seed(seed, family, str(site.layer), site.role) for site in sites)
    return tuple(
        change(tensor, torch.Generator().manual_seed(one))
        for tensor, one in zip(operands.tensors[family], seeds, strict=True)
    )
