"""What was freed in small pieces is the system's again."""

from __future__ import annotations

import os
import sys

import psutil
import pytest
import torch

from lpzero.compression.cutting.freed import give_back

PIECE, PIECES = 64 << 10, 2_000


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_small_pieces_are_given_back() -> None:
    process = psutil.Process(os.getpid())
    pieces = [torch.ones(PIECE, dtype=torch.uint8) for _ in range(PIECES)]
    last = torch.ones(PIECE, dtype=torch.uint8)
    held = process.memory_info().rss
    del pieces
    give_back()
    assert process.memory_info().rss < held - PIECE * PIECES // 2
    assert int(last.sum()) == PIECE
