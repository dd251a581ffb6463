"""Sketches: a fixed number of elements of every operand tensor, from which reductions are estimated.

A sketch of a tensor with N elements keeps its extremes (so that a maximum is exact under every monotone primitive) and
a sample of the others, with replacement. Half of the draws are uniform, half go by size (of the gradient at parameter
sites, of the element itself elsewhere): gradients of embeddings have most of their mass in few elements, which a
uniform sample misses. Extremes weigh 1, a drawn element 1 / (draws x probability), scaled so that the weights add up to
N. Every element has at least half its probability in a uniform sample, so that the standard error of an estimated sum
is at most sqrt(2) times that of simple random sampling, whatever the formula; for what follows the sizes it is far
less. The maximum of a product of two operands is not kept, and is estimated from below.

A tensor with no more elements than the sketch is kept whole, every element weighing 1. The draws follow from the
sketch's seed, the site and the tensor; operands that share their sites (a weight and its gradient) share positions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lpzero.operands.batch import Batch
from lpzero.operands.brought import computed
from lpzero.operands.extract import Operands, Site, hand_over
from lpzero.operands.operand import FAMILIES, OPERANDS, SITE_FAMILIES, DerivedOperand, SiteFamily
from lpzero.operands.shape import ModelShape
from lpzero.spaces.models.sites import SiteMap

ROW = 64
ALIGNED: dict[SiteFamily, tuple[str, ...]] = {
    sites: tuple(dict.fromkeys(row.family for row in OPERANDS.values() if row.site_family == sites))
    for sites in SITE_FAMILIES
}
"""Families of operands that share their sites, and so the positions of a sketch; the sizes of the last one count."""


@dataclass(frozen=True)
class SketchedSites:
    """The sketches of one family of sites in one model.

    Attributes:
        sites: One entry a site.
        weights: (sites, elements) float32, how many elements each one stands for; 0 marks padding, which repeats the
            first column. A row adds up to the number of elements of the whole tensor.
        values: For each operand family, (sites, elements) float32, and for each derived operand that lives there.
    """

    sites: tuple[Site, ...]
    weights: Tensor
    values: dict[str, Tensor]


@dataclass(frozen=True)
class Sketch:
    """The sketch of one model.

    Attributes:
        sites: Of each family of sites.
        shape: What the model is, which a sketch keeps whole.
    """

    sites: Mapping[SiteFamily, SketchedSites]
    shape: ModelShape


def _extremes(tensor: Tensor) -> tuple[int, int]:
    flat = tensor.reshape(-1)
    if flat.is_cuda:
        return int(flat.argmin()), int(flat.argmax())
    # numpy's search is vectorised and several times as fast as torch's on a CPU
    array = flat.numpy()
    return int(array.argmin()), int(array.argmax())


@dataclass(frozen=True)
class RunningSizes:
    """Absolute values of a flat tensor, added up a row of ``ROW`` at a time.

    Attributes:
        elements: The tensor, flat.
        totals: (rows + 1,) float64, running sums of the sizes; what is left of the last row is in the last one.
    """

    elements: Tensor
    totals: Tensor

    @classmethod
    def of(cls, elements: Tensor) -> RunningSizes:
        """Add up the sizes of a flat tensor."""
        whole = len(elements) // ROW * ROW
        # absolute values first: torch's norm along an axis takes ten times as long on a CPU
        rows = elements[:whole].view(-1, ROW).abs().sum(1)
        rest = elements[whole:].abs().sum().reshape(1)
        return cls(elements, torch.cat([rows, rest]).double().cumsum(0))

    @property
    def mass(self) -> float:
        """The sum of all sizes."""
        return float(self.totals[-1])

    def positions(self, shares: np.ndarray) -> np.ndarray:
        """Where the running sum of sizes reaches the given shares of its total."""
        wanted = torch.from_numpy(shares).to(self.totals.device) * self.totals[-1]
        row = torch.searchsorted(self.totals, wanted).clamp(max=len(self.totals) - 1)
        before = torch.where(row > 0, self.totals[(row - 1).clamp(min=0)], 0.0)
        columns = row.unsqueeze(1) * ROW + torch.arange(ROW, device=row.device)
        last = len(self.elements) - 1
        picked = self.elements[columns.clamp(max=last)].abs().double().masked_fill(columns > last, 0.0)
        column = torch.searchsorted(picked.cumsum(1), (wanted - before).unsqueeze(1)).squeeze(1).clamp(max=ROW - 1)
        drawn: np.ndarray = (row * ROW + column).clamp(max=last).cpu().numpy()
        return drawn


def _kept(
    site: Site, family: SiteFamily, tensors: Sequence[Tensor], elements: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions in the flattened tensor and their weights, each (kept,) with kept at most ``elements``."""
    numel = tensors[0].numel()
    if numel <= elements:
        return np.arange(numel), np.ones(numel)
    extremes = np.unique([i for tensor in tensors for i in _extremes(tensor)])
    name = f"{seed}/{family}/{site.layer}/{site.role}/{numel}".encode()
    rng = np.random.default_rng(np.frombuffer(hashlib.sha256(name).digest(), dtype=np.uint32))
    draws = elements - len(extremes)
    drawn = rng.integers(0, numel, size=draws)
    shares = (np.arange(draws // 2) + rng.random(draws // 2)) / (draws // 2)
    sizes = RunningSizes.of(tensors[-1].reshape(-1))
    by_size = 0 < sizes.mass < np.inf
    if by_size:
        drawn[: draws // 2] = sizes.positions(shares)
    drawn = drawn[(drawn[:, None] != extremes).all(1)]
    probability = np.full(len(drawn), 1.0 / numel)
    if by_size:
        index = torch.from_numpy(drawn).to(sizes.elements.device)
        probability = 0.5 / numel + 0.5 * sizes.elements[index].abs().double().cpu().numpy() / sizes.mass
    weights = 1.0 / probability
    weights *= (numel - len(extremes)) / weights.sum()
    return np.concatenate([extremes, drawn]), np.concatenate([np.ones(len(extremes)), weights])


def sketch(operands: Operands, *, elements: int, seed: int, derived: Sequence[DerivedOperand] = ()) -> Sketch:
    """Sketch every operand of one pass.

    A derived operand is kept at the positions of the others at its sites, which do not depend on it: its extremes are
    kept where they are theirs, too.

    Args:
        operands: What the pass showed.
        elements: Elements to keep of each tensor, at least 16.
        seed: Seed of the positions.
        derived: Operands of other packages that are kept as well.

    Returns:
        Equal arguments give equal sketches.
    """
    rows: _Rows = {family: {} for family in SITE_FAMILIES}
    for family in SITE_FAMILIES:
        for row, site in enumerate(operands.sites[family]):
            tensors = {name: operands.tensors[name][row] for name in ALIGNED[family]}
            rows[family][row] = _sketched_site(site, family, tensors, derived, elements, seed)
    return _joined(operands, rows, derived, elements)


def sketch_pass(
    model: nn.Module,
    site_map: SiteMap,
    batch: Batch,
    *,
    elements: int,
    seed: int,
    derived: Sequence[DerivedOperand] = (),
) -> tuple[Operands, Sketch]:
    """The same of a pass that is made for it, whose tensors are sketched as they come and then let go.

    Args:
        model: As of :func:`lpzero.operands.extract.extract`.
        site_map: Likewise.
        batch: Likewise.
        elements: Elements to keep of each tensor, at least 16.
        seed: Seed of the positions.
        derived: Operands of other packages that are sketched too.

    Returns:
        What is known of the model beside its tensors, and the sketch. Raises as
        :func:`lpzero.operands.extract.extract` does.
    """
    rows: _Rows = {family: {} for family in SITE_FAMILIES}

    def take(family: SiteFamily, row: int, site: Site, tensors: Mapping[str, Tensor]) -> None:
        rows[family][row] = _sketched_site(site, family, tensors, derived, elements, seed)

    outline = hand_over(model, site_map, batch, frozenset(FAMILIES), take)
    return outline, _joined(outline, rows, derived, elements)


_Rows = dict[SiteFamily, dict[int, dict[str, Tensor]]]
_WEIGHTS = "weights"


def _sketched_site(
    site: Site,
    family: SiteFamily,
    tensors: Mapping[str, Tensor],
    derived: Sequence[DerivedOperand],
    elements: int,
    seed: int,
) -> dict[str, Tensor]:
    """The weights of the elements that are kept of a site, and their values by family of operands, each (elements,)."""
    aligned = {name: tensors[name] for name in ALIGNED[family]}
    positions, counts = _kept(site, family, list(aligned.values()), elements, seed)
    row = {_WEIGHTS: torch.zeros(elements)}
    row[_WEIGHTS][: len(positions)] = torch.from_numpy(counts).float()
    more = {operand.name: computed(operand, tensors) for operand in derived if operand.site_family == family}
    for name, tensor in {**aligned, **more}.items():
        index = torch.from_numpy(positions).to(tensor.device)
        picked = tensor.reshape(-1)[index].float().cpu()
        row[name] = torch.cat([picked, picked[:1].expand(elements - len(picked))])
    return row


def _joined(operands: Operands, rows: _Rows, derived: Sequence[DerivedOperand], elements: int) -> Sketch:
    found: dict[SiteFamily, SketchedSites] = {}
    for family in SITE_FAMILIES:
        more = [operand.name for operand in derived if operand.site_family == family]
        columns = {
            name: torch.stack(column) if (column := [rows[family][i][name] for i in sorted(rows[family])])
            else torch.zeros(0, elements)
            for name in (_WEIGHTS, *ALIGNED[family], *more)
        }  # fmt: skip
        found[family] = SketchedSites(operands.sites[family], columns.pop(_WEIGHTS), columns)
    return Sketch(found, operands.shape)
