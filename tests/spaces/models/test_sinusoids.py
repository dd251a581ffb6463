"""Sinusoidal encodings, against the formula of the paper."""

from __future__ import annotations

import math

import pytest
import torch

from lpzero.spaces.models.sinusoids import sinusoids


def test_every_entry_is_that_of_the_paper() -> None:
    found = sinusoids(torch.tensor([0.0, 1.0, 700.0], dtype=torch.float64), 6, like=torch.zeros(1))
    assert (found.shape, found.dtype) == ((3, 6), torch.float32)
    for row, position in zip(found.tolist(), (0, 1, 700), strict=True):
        for i in range(3):
            angle = position / 10000 ** (2 * i / 6)
            assert row[i] == pytest.approx(math.sin(angle), abs=1e-6)
            assert row[i + 3] == pytest.approx(math.cos(angle), abs=1e-6)
