"""Sketches: a fixed number of elements of every operand tensor, from which reductions are estimated.

A sketch of a tensor with N elements keeps its extremes (so that a maximum is exact under every monotone
primitive) and a simple random sample of the others. Kept extremes weigh 1, the sampled elements weigh
(N - extremes) / sampled, so that a weighted sum estimates the sum over all elements without bias. A tensor with
no more elements than the sketch is kept whole, every element weighing 1.

The positions are drawn from the sketch's seed, the site and N alone. Operands that share their sites (a weight
and its gradient) share the positions, the extremes of both included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lpzero.operands.extract import Operands, Site
from lpzero.operands.operand import SITE_FAMILIES, SiteFamily

ALIGNED: dict[SiteFamily, tuple[str, ...]] = {
    family: ("weight", "grad") if family == "parameter" else (family,) for family in SITE_FAMILIES
}


@dataclass(frozen=True)
class SketchedSites:
    """The sketches of one family of sites in one model.

    Attributes:
        sites: One entry a site.
        numel: (sites,) int64, elements of the whole tensor.
        extremes: (sites,) int64, how many of the leading columns are extremes.
        kept: (sites,) int64, how many columns are filled; the rest repeats the first column and weighs 0.
        values: For each operand family, (sites, elements) float32.
    """

    sites: tuple[Site, ...]
    numel: Tensor
    extremes: Tensor
    kept: Tensor
    values: dict[str, Tensor]


Sketch = dict[SiteFamily, SketchedSites]


def element_weights(numel: Tensor, extremes: Tensor, kept: Tensor, elements: int) -> Tensor:
    """The weight of every kept element, (sites, elements) float32; padding weighs 0.

    >>> n, e, k = torch.tensor([10]), torch.tensor([2]), torch.tensor([4])
    >>> element_weights(n, e, k, 5).tolist()
    [[1.0, 1.0, 4.0, 4.0, 0.0]]
    """
    column = torch.arange(elements)
    sampled = (kept - extremes).clamp(min=1)
    share = ((numel - extremes) / sampled).unsqueeze(1)
    weights = torch.where(column < extremes.unsqueeze(1), torch.ones_like(share), share)
    return torch.where(column < kept.unsqueeze(1), weights, torch.zeros_like(share)).float()


def _drawn(site: Site, family: SiteFamily, numel: int, elements: int, seed: int) -> np.ndarray:
    name = f"{seed}/{family}/{site.layer}/{site.role}/{numel}".encode()
    rng = np.random.default_rng(np.frombuffer(hashlib.sha256(name).digest(), dtype=np.uint32))
    return rng.integers(0, numel, size=elements)


def _extremes(tensor: Tensor) -> tuple[int, int]:
    flat = tensor.reshape(-1)
    if flat.is_cuda:
        return int(flat.argmin()), int(flat.argmax())
    # numpy's search is vectorised and several times as fast as torch's on a CPU
    array = flat.numpy()
    return int(array.argmin()), int(array.argmax())


def _positions(
    site: Site, family: SiteFamily, tensors: Sequence[Tensor], elements: int, seed: int
) -> tuple[np.ndarray, int]:
    """Positions to keep in the flattened tensor, extremes first, and how many extremes there are."""
    numel = tensors[0].numel()
    if numel <= elements:
        return np.arange(numel), numel
    extremes = np.unique([i for tensor in tensors for i in _extremes(tensor)])
    draws = _drawn(site, family, numel, elements, seed)
    sampled = draws[~np.isin(draws, extremes)][: elements - len(extremes)]
    return np.concatenate([extremes, sampled]), len(extremes)


def sketch(operands: Operands, *, elements: int, seed: int) -> Sketch:
    """Sketch every operand of one pass.

    Args:
        operands: What the pass showed.
        elements: Elements to keep of each tensor, at least 16.
        seed: Seed of the positions.

    Returns:
        The sketches by family of sites; equal arguments give equal sketches.
    """
    return {family: _sketched_family(operands, family, elements=elements, seed=seed) for family in SITE_FAMILIES}


def _sketched_family(operands: Operands, family: SiteFamily, *, elements: int, seed: int) -> SketchedSites:
    sites = operands.sites[family]
    names = ALIGNED[family]
    numel = torch.zeros(len(sites), dtype=torch.int64)
    extremes, kept = torch.zeros_like(numel), torch.zeros_like(numel)
    values = {name: torch.zeros(len(sites), elements) for name in names}
    for row, site in enumerate(sites):
        tensors = [operands.tensors[name][row] for name in names]
        positions, count = _positions(site, family, tensors, elements, seed)
        index = torch.from_numpy(positions).to(tensors[0].device)
        numel[row], extremes[row], kept[row] = tensors[0].numel(), count, len(positions)
        for name, tensor in zip(names, tensors, strict=True):
            picked = tensor.reshape(-1)[index].float().cpu()
            values[name][row, : len(positions)] = picked
            values[name][row, len(positions) :] = picked[0]
    return SketchedSites(sites, numel, extremes, kept, values)
