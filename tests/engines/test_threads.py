"""One torch thread, and deterministic algorithms."""

from __future__ import annotations

import torch

from lpzero.engines import single_threaded


def test_one_thread_inside_the_block_alone() -> None:
    torch.set_num_threads(2)
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
