"""How a search draws sub-networks: moderately, in range, and a step at a time to any other."""

import numpy as np

from lpzero.compression.sub_networks.file import Units
from lpzero.compression.sub_networks.moderate import drawn, stepped

UNITS = Units((0, 4, 7, 10), ((1, 0, 2),) * 6, (tuple(range(10)),) * 6)


def test_draws_are_in_range_and_most_of_them_keep_most() -> None:
    rng = np.random.default_rng(0)
    draws = [drawn(UNITS, rng) for _ in range(400)]
    for groups, neurons in draws:
        assert groups.shape == neurons.shape == (6,)
        assert set(groups) <= {0, 1, 2, 3} and set(neurons) <= set(UNITS.widths)
    shares = np.array([[groups.mean() / 3, neurons.mean() / 10] for groups, neurons in draws])
    assert np.all(np.median(shares, axis=0) > 0.6)
    # limits far below the checkpoint are met as well, and layers that go whole
    assert np.all(shares.min(0) < 0.3) and np.all(shares.max(0) > 0.95)
    assert any(((groups == 0) & (neurons == 0)).any() for groups, neurons in draws)


def test_a_step_is_one_and_steps_reach_every_size() -> None:
    rng = np.random.default_rng(0)
    sizes = np.full(6, 3), np.full(6, 10)
    seen: set[tuple[str, int, int]] = set()
    for _ in range(3000):
        after = stepped(UNITS, sizes, rng)
        groups, widths = (np.abs(a - b) for a, b in zip(_places(after), _places(sizes), strict=True))
        assert groups.sum() + widths.sum() == 1
        sizes = after
        seen |= {("groups", layer, int(one)) for layer, one in enumerate(sizes[0])}
        seen |= {("neurons", layer, int(one)) for layer, one in enumerate(sizes[1])}
    assert len(seen) == 6 * (4 + 4)


def _places(sizes: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return sizes[0], np.searchsorted(UNITS.widths, sizes[1])
