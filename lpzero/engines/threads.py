"""How a worker computes: on one torch thread, and on request with deterministic algorithms alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def single_threaded() -> Iterator[None]:
    """Use one torch thread inside the block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def use_deterministic_algorithms() -> None:
    """Use deterministic algorithms alone in this process from now on; an operation that has none raises.

    On the CPU one thread is deterministic anyway. On CUDA some sums are made in whatever order the threads arrive, and
    cuBLAS needs a fixed workspace, which it reads from the environment when it starts
    (``torch.use_deterministic_algorithms``).
    """
    import torch

    os.environ.setdefault(CUBLAS, ":4096:8")
    torch.use_deterministic_algorithms(True)


@contextmanager
def deterministic_algorithms(wanted: bool) -> Iterator[None]:
    """Use deterministic algorithms alone inside the block, where they are wanted; as they were before behind it."""
    if not wanted:
        # torch imports its compiler to change the setting
        yield
        return
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    use_deterministic_algorithms()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
