"""Where a formula's operands come from: tensors at sites, sketched for many models at once or exact for one.

Both kinds offer the same few operations, so that one evaluator serves both fidelities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor

from lpzero.operands.extract import Operands
from lpzero.operands.operand import OPERANDS, SITE_FAMILIES, SiteFamily
from lpzero.operands.sketch import Sketch, SketchedSites

Function = Callable[..., Tensor]


@dataclass(frozen=True)
class SiteRows:
    """Where the sites of one set stand.

    Attributes:
        cell: (sites,) int64, model index times ``layers`` plus layer index.
        models: Number of models.
        layers: Number of layers of the deepest model, the embedding and what follows the blocks included.
    """

    cell: Tensor
    models: int
    layers: int

    @cached_property
    def present(self) -> Tensor:
        """(models, layers) bool: which layers have a site at all."""
        mask = torch.zeros(self.models * self.layers, dtype=torch.bool, device=self.cell.device)
        mask[self.cell] = True
        return mask.reshape(self.models, self.layers)

    def gather(self, values: Tensor) -> Tensor:
        """Add the values of each layer's sites, (sites,) to (models, layers) float64."""
        out = torch.zeros(self.models * self.layers, dtype=torch.float64, device=self.cell.device)
        return out.index_add(0, self.cell, values.double()).reshape(self.models, self.layers)


class SketchWeights(Tensor):
    """The weights of a sketch's elements, (sites, elements) float32, with what follows from them.

    Every operation on it gives a plain tensor, as with a ``torch.nn.Parameter``.

    Attributes:
        counts: (sites,) float64, the weights of a row added up: the elements that the row stands for.
        repeats: That padding, an element of weight 0, has the value of the row's first element.
    """

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch does

    counts: Tensor
    repeats = True

    @classmethod
    def of(cls, weights: Tensor) -> SketchWeights:
        """Add up the weights once, for every reduction to come."""
        made: SketchWeights = weights.as_subclass(cls)
        made.counts = weights.double().sum(-1).round()
        return made


class TensorValue(Protocol):
    """One tensor at each site of a set."""

    @property
    def rows(self) -> SiteRows:
        """Where the sites stand."""
        ...

    def elementwise(self, function: Function, *others: Any) -> TensorValue:
        """Apply ``function(x, ...)`` to corresponding elements."""
        ...

    def normalise(self, function: Function) -> TensorValue:
        """Apply ``function(x, w)``, which looks at all elements of each tensor and keeps its shape."""
        ...

    def reduce(self, function: Function) -> Tensor:
        """Apply ``function(x, w)``, which makes one number of each tensor: (sites,)."""
        ...

    def axes(self, function: Function, *others: Any) -> TensorValue:
        """Apply ``function(x, ...)``, which looks at a tensor's axes and may change its shape."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory that the value holds, in bytes."""
        ...


@dataclass(frozen=True)
class SketchedTensor:
    """Sketched tensors of many models: values and element weights, each (sites, elements) float32."""

    rows: SiteRows
    values: Tensor
    weights: SketchWeights

    def elementwise(self, function: Function, *others: SketchedTensor) -> SketchedTensor:
        """See :class:`TensorValue`."""
        return SketchedTensor(self.rows, function(self.values, *(o.values for o in others)), self.weights)

    def normalise(self, function: Function) -> SketchedTensor:
        """See :class:`TensorValue`; sums over all elements are estimated."""
        return SketchedTensor(self.rows, function(self.values, self.weights), self.weights)

    def reduce(self, function: Function) -> Tensor:
        """See :class:`TensorValue`; the number is an estimate."""
        if not len(self.values):
            return self.values.new_zeros(0)
        return function(self.values, self.weights)

    def axes(self, function: Function, *others: SketchedTensor) -> SketchedTensor:  # noqa: ARG002
        """Never called: the evaluator refuses such formulas on sketches."""
        raise TypeError("a sketch has no axes")

    @property
    def nbytes(self) -> int:
        """See :class:`TensorValue`."""
        return self.values.nbytes


@dataclass(frozen=True)
class ExactTensor:
    """Whole tensors of one model, one a site, in their own shapes."""

    rows: SiteRows
    tensors: tuple[Tensor, ...]

    def elementwise(self, function: Function, *others: ExactTensor) -> ExactTensor:
        """See :class:`TensorValue`."""
        columns = zip(self.tensors, *(o.tensors for o in others), strict=True)
        return ExactTensor(self.rows, tuple(function(*column) for column in columns))

    def normalise(self, function: Function) -> ExactTensor:
        """See :class:`TensorValue`."""
        done = tuple(function(t.reshape(-1), None).reshape(t.shape) for t in self.tensors)
        return ExactTensor(self.rows, done)

    def reduce(self, function: Function) -> Tensor:
        """See :class:`TensorValue`."""
        values = [function(t.reshape(-1), None) for t in self.tensors]
        return torch.stack(values) if values else torch.zeros(0, device=self.rows.cell.device)

    def axes(self, function: Function, *others: ExactTensor) -> ExactTensor:
        """See :class:`TensorValue`."""
        return self.elementwise(function, *others)

    @property
    def nbytes(self) -> int:
        """See :class:`TensorValue`."""
        return sum(t.nbytes for t in self.tensors)


class Source(Protocol):
    """Operands of one or more models."""

    models: int
    exact: bool

    def tensor(self, name: str) -> TensorValue:
        """The value of an operand by its name."""
        ...


class SketchSource(Source):
    """The sketches of many models, joined into one matrix a family.

    Args:
        sketches: One a model, all with the same number of elements.
        device: Where the matrices live.
    """

    exact = False

    def __init__(self, sketches: Sequence[Sketch], device: str = "cpu") -> None:
        self.models = len(sketches)
        self._layers = 1 + max(s.layer for sketch in sketches for part in sketch.values() for s in part.sites)
        self._tensors: dict[str, SketchedTensor] = {}
        for family in SITE_FAMILIES:
            self._join(family, [sketch[family] for sketch in sketches], device)

    def _join(self, family: SiteFamily, parts: Sequence[SketchedSites], device: str) -> None:
        cells = torch.tensor([i * self._layers + site.layer for i, part in enumerate(parts) for site in part.sites])
        groups = [site.group for part in parts for site in part.sites]
        weights = torch.cat([part.weights for part in parts])
        values = {name: torch.cat([part.values[name] for part in parts]) for name in parts[0].values}
        rows = [row for row in OPERANDS.values() if row.site_family == family]
        for group in dict.fromkeys(row.group for row in rows):
            kept = torch.tensor([group in (None, g) for g in groups], dtype=torch.bool)
            place = SiteRows(cells[kept].long().to(device), self.models, self._layers)
            shared = SketchWeights.of(weights[kept].to(device))
            for row in rows:
                if row.group == group:
                    self._tensors[row.name] = SketchedTensor(place, values[row.family][kept].to(device), shared)

    def tensor(self, name: str) -> SketchedTensor:
        """The value of an operand by its name."""
        return self._tensors[name]


class ExactSource(Source):
    """The exact operands of one model."""

    exact = True
    models = 1

    def __init__(self, operands: Operands) -> None:
        self._operands = operands

    def tensor(self, name: str) -> ExactTensor:
        """The value of an operand by its name."""
        sites, tensors = self._operands.select(OPERANDS[name])
        device = tensors[0].device if tensors else "cpu"
        cells = torch.tensor([site.layer for site in sites], dtype=torch.int64, device=device)
        rows = SiteRows(cells, 1, self._operands.depth + 2)
        return ExactTensor(rows, tuple(t.float() for t in tensors))
