"""Costs that take a forward pass: how long it takes, and how much memory it holds at once."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lpzero.costs.cost import CostValue, Measurement
from lpzero.engines import single_threaded
from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.models.sites import LanguageModel
from lpzero.spaces.space import SearchSpace

WARM_UP, REPEATS = 5, 30
LEVEL = 0.95
SEED = 0


def latency(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> CostValue:
    """Time a forward pass over one sequence, from ids to the logits of every token, without gradients.

    5 passes warm up, 30 are timed. On the CPU one thread works; on CUDA each pass is awaited.

    Args:
        space: What builds the model.
        architecture: One of the space.
        measurement: Length and device.

    Returns:
        The median in seconds, with the exact (binomial) interval of a median.

    Raises:
        InputError: The model does not fit in memory, or does not take so many tokens.
    """
    with _ready(space, architecture, measurement) as run:
        for _ in range(WARM_UP):
            run()
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
    test = stats.quantile_test(seconds, p=0.5)
    low, high = test.confidence_interval(confidence_level=LEVEL)
    return CostValue(float(np.median(seconds)), (float(low), float(high)))


def peak_memory(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> int:
    """Most bytes that a forward pass over one sequence holds at once, weights included, without gradients.

    On the CPU the storages of the tensors that the operations of torch return are counted while they live, the same
    on every machine; what an operation allocates inside itself is not seen. On CUDA it is the allocator's own peak.

    Args:
        space: What builds the model.
        architecture: One of the space.
        measurement: Length and device.

    Raises:
        InputError: The model does not fit in memory, or does not take so many tokens.
    """
    with _ready(space, architecture, measurement) as run:
        if measurement.device == "cuda":
            run()
            torch.cuda.reset_peak_memory_stats()
            run()
            return int(torch.cuda.max_memory_allocated())
        return most_held(run.model, run)


def most_held(model: nn.Module, run: Callable[[], None]) -> int:
    """Most bytes that are held at once while something runs on the CPU: a model's weights, and what operations return.

    Args:
        model: Whose weights.
        run: Runs, without gradients.
    """
    weights = {s.data_ptr(): int(s.nbytes()) for s in _storages(list(model.parameters()))}
    living = _Living()
    with living:
        run()
    return sum(weights.values()) + living.peak


class _Pass:
    """A forward pass that can be done again and again."""

    def __init__(self, model: nn.Module, ids: Tensor) -> None:
        assert isinstance(model, LanguageModel)
        self.model: nn.Module = model
        self._logits: Callable[[Tensor], Tensor] = model.logits
        self._ids = ids

    def __call__(self) -> None:
        """Do it, to its end."""
        self._logits(self._ids)
        if self._ids.is_cuda:
            torch.cuda.synchronize()


@contextmanager
def _ready(space: SearchSpace, architecture: Architecture, measurement: Measurement) -> Iterator[_Pass]:
    if measurement.tokens > space.max_tokens:
        raise InputError(f"expected at most {space.max_tokens} tokens for {space.name}, found {measurement.tokens}")
    model = space.build(architecture, SEED).to(measurement.device)
    ids = torch.arange(measurement.tokens).remainder(space.vocabulary).unsqueeze(0).to(measurement.device)
    with single_threaded(), torch.no_grad():
        yield _Pass(model, ids)


class _Living(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the storages that operations return, for as long as they live."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do the operation, and count what it returns that is new."""
        del types
        # what is a view of an argument, or the argument itself, holds nothing new
        given = {storage.data_ptr() for storage in _storages((arguments, named))}
        result = function(*arguments, **(named or {}))
        for storage in _storages(result):
            if storage.data_ptr() not in given:
                self._count(storage)
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        place, size = storage.data_ptr(), storage.nbytes()
        if place in self._seen or not size:
            return
        self._seen.add(place)
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, place, size)

    def _forget(self, place: int, size: int) -> None:
        self._seen.discard(place)
        self._now -= size


def _storages(values: Any) -> list[torch.UntypedStorage]:
    return [leaf.untyped_storage() for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
