"""Seeds: what older runs recorded was drawn by them, so none may change."""

from __future__ import annotations

import numpy as np

from lpzero.seeds import derived_seed


def test_seeds_are_what_they_were() -> None:
    # the first 16 digits of sha256sum of "0", "0/batch" and "7/weights/key", halved
    assert derived_seed(0) == 0x5FECEB66FFC86F38 >> 1
    assert derived_seed(0, "batch") == 0xC3C2336EA8B58910 >> 1
    assert derived_seed(7, "weights", "key") == 0xAC7C90FD0779F36F >> 1


def test_purposes_and_runs_have_seeds_of_their_own() -> None:
    purposes = [(), ("batch",), ("weights",), ("weights", "a"), ("weights", "b"), ("a", "weights")]
    found = [derived_seed(seed, *names) for seed in range(50) for names in purposes]
    assert len(set(found)) == len(found)


def test_every_generator_takes_them() -> None:
    found = [derived_seed(seed, "x") for seed in range(2000)]
    assert all(0 <= seed < 2**63 for seed in found)
    # a signed 64-bit number, which torch asks for; and all of the bits are used
    assert max(found) > 2**62
    assert np.int64(max(found)) == max(found)
    odd = sum(seed % 2 for seed in found)
    # a fair coin is five standard deviations off once in two million draws of 2000
    assert abs(odd - 1000) < 5 * (2000**0.5) / 2
