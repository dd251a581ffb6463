"""How fast a model reads and writes, and what it holds in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lpzero.compression.losses import logits_of
from lpzero.costs.measure import most_held
from lpzero.engines import single_threaded

REPEATS = 3
WRITTEN = 32
"""Tokens that are written, at most half of a window."""


@dataclass(frozen=True)
class Speed:
    """What running a model takes, on one thread where it is on the CPU.

    Attributes:
        read: Tokens a second of a pass over one window, the median of some.
        written: Tokens a second when it writes the last tokens of a window with a cache; None where it does not write.
        memory: Most bytes that the pass holds at once, weights included.
    """

    read: float
    written: float | None
    memory: int


def measure_speed(
    model: nn.Module, window: Tensor, *, writes: bool = True, clock: Callable[[], float] = time.perf_counter
) -> Speed:
    """Measure how fast a model is.

    Args:
        model: In evaluation mode.
        window: (tokens,) ids, two at least.
        writes: Whether it writes; an encoder does not.
        clock: Seconds.
    """
    device = next(model.parameters()).device
    number = min(WRITTEN, len(window) // 2)
    ids = window.unsqueeze(0).to(device)

    def read() -> None:
        logits_of(model, ids)
        _await(device)

    def write() -> None:
        _continued(model, ids[:, : len(window) - number], number)
        _await(device)

    with single_threaded(), torch.no_grad():
        reading = len(window) / _median(read, clock)
        writing = number / _median(write, clock) if writes else None
        return Speed(reading, writing, _memory(model, read, device))


def _continued(model: Any, ids: Tensor, tokens: int) -> Tensor:
    with torch.no_grad():
        found: Tensor = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            use_cache=True,
            pad_token_id=0,
        )
    return found


def _median(run: Callable[[], None], clock: Callable[[], float]) -> float:
    """Seconds of a run; the first one warms up."""
    run()
    seconds = []
    for _ in range(REPEATS):
        begun = clock()
        run()
        seconds.append(clock() - begun)
    return float(np.median(seconds))


def _memory(model: nn.Module, run: Callable[[], None], device: torch.device) -> int:
    if device.type != "cuda":
        return most_held(model, run)
    torch.cuda.reset_peak_memory_stats(device)
    run()
    return int(torch.cuda.max_memory_allocated(device))


def _await(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
