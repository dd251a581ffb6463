"""Where a formula's operands come from: tensors at sites, sketched for many models at once or exact for one.

Both kinds offer the same few operations, so that one evaluator serves both fidelities.

Sketches of some models give the bits that they give among all others. What a primitive makes of a number depends on
where the number stands in one case only: at the end of an array, where too few are left for the vectors of a processor.
So arrays of sketches are as long as whole vectors, with rows and models behind the last one that nobody asks for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError, LpzeroError
from lpzero.formula.formula import Formula
from lpzero.operands.brought import known_operand
from lpzero.operands.extract import Operands
from lpzero.operands.matrices import WEIGHTS, padded
from lpzero.operands.packed import Packed
from lpzero.operands.sketch import Sketch

Function = Callable[..., Tensor]


@dataclass(frozen=True)
class SiteRows:
    """Where the sites of one set stand.

    Attributes:
        cell: (sites,) int64, model index times ``layers`` plus layer index.
        models: Number of models, those that fill up a vector included.
        layers: Number of layers of the deepest model, the embedding and what follows the blocks included.
        first: Index of the first model: sites of some models keep the cells that they have among all.
    """

    cell: Tensor
    models: int
    layers: int
    first: int = 0

    @cached_property
    def present(self) -> Tensor:
        """(models, layers) bool: which layers have a site at all."""
        mask = torch.zeros(self.models * self.layers, dtype=torch.bool, device=self.cell.device)
        mask[self._place] = True
        return mask.reshape(self.models, self.layers)

    def gather(self, values: Tensor) -> Tensor:
        """Add the values of each layer's sites, (sites,) to (models, layers) float64."""
        out = torch.zeros(self.models * self.layers, dtype=torch.float64, device=self.cell.device)
        return out.index_add(0, self._place, values.double()).reshape(self.models, self.layers)

    @property
    def _place(self) -> Tensor:
        # made when it is needed: it would take memory for every site of every model
        return self.cell - self.first * self.layers if self.first else self.cell


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
        return cls.counted(weights, weights.double().sum(-1).round())

    @classmethod
    def counted(cls, weights: Tensor, counts: Tensor) -> SketchWeights:
        """The same where they were added up before."""
        made: SketchWeights = weights.as_subclass(cls)
        made.counts = counts
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
    """Sketched tensors of many models.

    Attributes:
        rows: Where the sites stand.
        values: (rows, elements) float32, one row a site; rows behind the last site fill up a vector.
        weights: Of the same shape, the weights of the elements.
    """

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
        return function(self.values, self.weights)[: len(self.rows.cell)]

    def axes(self, function: Function, *others: SketchedTensor) -> SketchedTensor:  # noqa: ARG002
        """Never called: the evaluator refuses such formulas on sketches."""
        raise TypeError("a sketch has no axes")

    @property
    def nbytes(self) -> int:
        """See :class:`TensorValue`."""
        return self.values.nbytes


@dataclass(frozen=True)
class ExactTensor:
    """Whole tensors of one model, one a site, in their own shapes.

    Attributes:
        rows: Where the sites stand.
        tensors: One a site.
        loose: Why nothing can be said of their axes; empty where they are known.
    """

    rows: SiteRows
    tensors: tuple[Tensor, ...]
    loose: str = ""

    def elementwise(self, function: Function, *others: ExactTensor) -> ExactTensor:
        """See :class:`TensorValue`."""
        columns = zip(self.tensors, *(o.tensors for o in others), strict=True)
        return ExactTensor(self.rows, tuple(function(*column) for column in columns), self.loose)

    def normalise(self, function: Function) -> ExactTensor:
        """See :class:`TensorValue`."""
        done = tuple(function(t.reshape(-1), None).reshape(t.shape) for t in self.tensors)
        return ExactTensor(self.rows, done, self.loose)

    def reduce(self, function: Function) -> Tensor:
        """See :class:`TensorValue`."""
        values = [function(t.reshape(-1), None) for t in self.tensors]
        return torch.stack(values) if values else torch.zeros(0, device=self.rows.cell.device)

    def axes(self, function: Function, *others: ExactTensor) -> ExactTensor:
        """See :class:`TensorValue`; raises LpzeroError where the axes are not known."""
        if self.loose:
            raise LpzeroError(self.loose)
        return self.elementwise(function, *others)

    @property
    def nbytes(self) -> int:
        """See :class:`TensorValue`."""
        return sum(t.nbytes for t in self.tensors)


class OperandSource(Protocol):
    """Operands of one or more models."""

    models: int
    exact: bool

    def tensor(self, name: str) -> TensorValue:
        """The value of an operand by its name."""
        ...

    def reduced(self, formula: Formula) -> tuple[SiteRows, Tensor] | None:  # noqa: ARG002
        """The values of a reduction, (sites,) float32, and where the sites stand; None where it is to be computed."""
        return None

    def count(self, name: str) -> Tensor:
        """A count of the shape, (models,) float64."""
        ...

    def fans(self, name: str) -> tuple[SiteRows, Tensor]:
        """A fan of the weights, (sites,) float64, and where the sites stand."""
        ...

    def filled(self, value: float) -> Tensor:
        """One number for every model, (models,) float64."""
        ...


class SketchSource(OperandSource):
    """The sketches of many models, one matrix a family.

    Args:
        sketches: One a model, all with the same number of elements; or what they were packed into, whose memory is
            then used as it is and never written to.
        device: Where the matrices live; they are copied to where they do not lie yet.
        part: Which models to take, some in a row; None for all.
    """

    exact = False

    def __init__(self, sketches: Sequence[Sketch] | Packed, device: str = "cpu", part: range | None = None) -> None:
        self._packed = sketches if isinstance(sketches, Packed) else Packed.of_sketches(sketches)
        self._part = range(self._packed.models) if part is None else part
        self._device = device
        self.models = len(self._part)
        self._sites: dict[str, tuple[SiteRows, SketchWeights]] = {}
        self._tensors: dict[str, SketchedTensor] = {}

    def tensor(self, name: str) -> SketchedTensor:
        """The value of an operand by its name."""
        found = self._tensors.get(name)
        if found is None:
            sites = known_operand(name).sites
            if sites not in self._sites:
                self._sites[sites] = self._shared(sites)
            rows, weights = self._sites[sites]
            found = self._tensors[name] = SketchedTensor(rows, self._rows(f"{name}.values", sites), weights)
        return found

    def count(self, name: str) -> Tensor:
        """See :class:`OperandSource`; NaN of a model that does not show it."""
        first = self._part.start
        return self._moved(self._packed.arrays[f"{name}.values"][first : first + padded(self.models)])

    def fans(self, name: str) -> tuple[SiteRows, Tensor]:
        """See :class:`OperandSource`."""
        rows = self.tensor("weight").rows
        return rows, self._rows(f"{name}.values", WEIGHTS)[: len(rows.cell)]

    def filled(self, value: float) -> Tensor:
        """See :class:`OperandSource`."""
        return torch.full((padded(self.models),), value, dtype=torch.float64, device=self._device)

    def _shared(self, sites: str) -> tuple[SiteRows, SketchWeights]:
        """What all operands of a set of sites share."""
        first, last = self._ends(sites)
        cell = self._moved(self._packed.arrays[f"{sites}.cells"][first:last])
        rows = SiteRows(cell, padded(self.models), self._packed.layers, self._part.start)
        counts = self._rows(f"{sites}.counts", sites)
        return rows, SketchWeights.counted(self._rows(f"{sites}.weights", sites), counts)

    def _rows(self, array: str, sites: str) -> Tensor:
        first, last = self._ends(sites)
        if array not in self._packed.arrays:
            raise InputError(f"expected sketches with the operand {array.removesuffix('.values')}, found none")
        return self._moved(self._packed.arrays[array][first : first + padded(last - first)])

    def _ends(self, sites: str) -> tuple[int, int]:
        begins = self._packed.arrays[f"{sites}.begins"]
        return int(begins[self._part.start]), int(begins[self._part.stop])

    def _moved(self, array: np.ndarray) -> Tensor:
        with warnings.catch_warnings():
            # torch knows no tensor that must not be written to; no primitive writes to its input
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(array).to(self._device)


class ExactSource(OperandSource):
    """The exact operands of one model."""

    exact = True
    models = 1

    def __init__(self, operands: Operands) -> None:
        self._operands = operands

    def tensor(self, name: str) -> ExactTensor:
        """The value of an operand by its name."""
        sites, tensors = self._operands.select(known_operand(name))
        device = tensors[0].device if tensors else "cpu"
        cells = torch.tensor([site.layer for site in sites], dtype=torch.int64, device=device)
        rows = SiteRows(cells, 1, self._operands.depth + 2)
        loose = self._operands.loose.get(known_operand(name).site_family, "")
        return ExactTensor(rows, tuple(t.float() for t in tensors), f"{name}: {loose}" if loose else "")

    def count(self, name: str) -> Tensor:
        """See :class:`OperandSource`; raises LpzeroError where the model does not show it."""
        return self.filled(self._operands.count(name))

    def fans(self, name: str) -> tuple[SiteRows, Tensor]:
        """See :class:`OperandSource`."""
        rows = self.tensor("weight").rows
        return rows, torch.tensor(self._operands.shape.fans[name], dtype=torch.float64, device=rows.cell.device)

    def filled(self, value: float) -> Tensor:
        """See :class:`OperandSource`."""
        device = self.tensor("weight").rows.cell.device
        return torch.full((1,), value, dtype=torch.float64, device=device)
