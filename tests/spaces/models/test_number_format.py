"""Weights that no score is defined for."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.number_format import check_numbers


def test_every_floating_point_format_is_fine() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        check_numbers(model.to(dtype))


def test_quantised_weights_are_refused_with_their_place() -> None:
    with warnings.catch_warnings():
        # that torch will move its quantisation elsewhere
        warnings.simplefilter("ignore")
        dynamic = torch.ao.quantization.quantize_dynamic(
            nn.Sequential(nn.Embedding(3, 2), nn.Linear(2, 2)), {nn.Linear}, dtype=torch.qint8
        )
        buffered = nn.Module()
        buffered.register_buffer("packed", torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8))
    with pytest.raises(LpzeroError, match="found quantised ones in 1: score the model before it is quantised"):
        check_numbers(dynamic)
    with pytest.raises(LpzeroError, match=r"found quantised ones \(qint8\) in packed: "):
        check_numbers(buffered)
    integers = nn.Linear(2, 2)
    integers.weight = nn.Parameter(torch.ones(2, 2, dtype=torch.int8), requires_grad=False)
    with pytest.raises(LpzeroError, match=r"found integers \(int8\) in weight: "):
        check_numbers(integers)


def test_complex_weights_are_refused_and_complex_buffers_are_not() -> None:
    model = nn.Linear(2, 2)
    model.register_buffer("turns", torch.ones(2, dtype=torch.complex64))
    check_numbers(model)
    model.weight = nn.Parameter(torch.ones(2, 2, dtype=torch.complex64))
    with pytest.raises(LpzeroError, match=r"found complex ones \(complex64\) in weight: .*view_as_real"):
        check_numbers(model)


def test_weights_that_take_no_gradient_are_refused() -> None:
    with torch.inference_mode():
        model = nn.Linear(2, 2)
    with pytest.raises(LpzeroError, match=r"build the model outside torch\.inference_mode"):
        check_numbers(model)
