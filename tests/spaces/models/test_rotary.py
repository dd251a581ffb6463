"""Rotary positions: angles by hand, and what turning keeps."""

from __future__ import annotations

import math

import torch

from lpzero.spaces.models.rotary import rotated, rotation

X = torch.randn((2, 3, 5, 6), generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_pair_turns_by_its_frequency_times_the_position() -> None:
    turned = rotated(X, rotation(5, 6, theta=100.0, like=X))
    for position in range(5):
        for i in range(3):
            angle = position * 100.0 ** (-2 * i / 6)
            a, b = X[..., position, i], X[..., position, i + 3]
            # the angles are computed in single precision
            expected = a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)
            for found, wanted in zip((turned[..., position, i], turned[..., position, i + 3]), expected, strict=True):
                torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-6)


def test_products_depend_on_the_distance_alone_and_lengths_are_kept() -> None:
    turned = rotated(X[..., :1, :].expand(2, 3, 5, 6), rotation(5, 6, theta=10.0, like=X))
    products = turned @ turned.transpose(-1, -2)
    for distance in range(5):
        along = products.diagonal(distance, -2, -1)
        torch.testing.assert_close(along, along[..., :1].expand_as(along), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(products[..., 0, 0], products[..., 0, 2])


def test_the_numbers_are_in_the_format_and_the_place_of_the_model() -> None:
    for like in (torch.empty(1, dtype=torch.bfloat16), torch.empty(1, device="meta")):
        for part in rotation(4, 8, theta=1e4, like=like):
            assert (part.shape, part.dtype, part.device) == ((4, 8), like.dtype, like.device)
