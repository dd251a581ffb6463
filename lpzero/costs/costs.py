"""The table of costs, and the costs of a space's models: counted from their shapes, or measured on what is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lpzero.costs.cost import Cost, CostValue, Measurement
from lpzero.costs.measure import latency, peak_memory
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

BYTES = 4
"""Of one parameter: models are built in float32."""


def _params(space: SearchSpace, architecture: Architecture, _: Measurement) -> CostValue:
    return CostValue(space.parameter_counts(architecture)["total"])


def _nonembedding(space: SearchSpace, architecture: Architecture, _: Measurement) -> CostValue:
    return CostValue(space.parameter_counts(architecture)["nonembedding"])


def _bytes(space: SearchSpace, architecture: Architecture, _: Measurement) -> CostValue:
    return CostValue(BYTES * space.parameter_counts(architecture)["total"])


def _flops(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> CostValue:
    return CostValue(space.flops(architecture, measurement.tokens) / measurement.tokens)


def _memory(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> CostValue:
    return CostValue(peak_memory(space, architecture, measurement))


def _latency(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> CostValue:
    return latency(space, architecture, measurement)


COSTS: dict[str, Cost] = {
    row.name: row
    # the cheaper to find out, the earlier: limits are checked in this order
    for row in (
        Cost("params", "parameters", "all parameters", _params),
        Cost("nonembedding", "parameters", "parameters of the blocks", _nonembedding),
        Cost("bytes", "bytes", "the weights in float32", _bytes),
        Cost("flops", "operations a token", "floating-point operations of a forward pass a token", _flops),
        Cost("memory", "bytes", "peak memory of a forward pass, weights and activations", _memory, measured=True),
        Cost("latency", "seconds", "median time of a forward pass", _latency, measured=True),
    )
}
COUNTED = tuple(name for name, cost in COSTS.items() if not cost.measured)
"""Costs that every architecture of a result has."""


@dataclass
class Costs:
    """The costs of a space's models, each found out when it is first asked for.

    Attributes:
        space: The space.
        measurement: How those are measured that need a pass.
        keep: Told of every measured cost: key of the model, name, cost.
        cache: Those that are there: (key of the model, name) to cost.
    """

    space: SearchSpace
    measurement: Measurement = field(default_factory=Measurement)
    keep: Callable[[str, str, CostValue], None] | None = None
    cache: dict[tuple[str, str], CostValue] = field(default_factory=dict)

    def measured(self, architecture: Architecture, name: str) -> CostValue:
        """One cost, with its interval; raises InputError where the architecture is not in the space."""
        place = (self.space.model_key(architecture), name)
        if place not in self.cache:
            cost = COSTS[name]
            found = cost.of(self.space, architecture, self.measurement)
            self.cache[place] = found
            if cost.measured and self.keep is not None:
                self.keep(*place, found)
        return self.cache[place]

    def of(self, architecture: Architecture, name: str) -> float:
        """One cost as a number."""
        return self.measured(architecture, name).value
