"""Features of architectures: a worked example, and what holds for those of every space."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.spaces import Architecture, SearchSpace
from lpzero.spaces.features import features


def test_an_architecture_worked_out_by_hand() -> None:
    layers = [
        {"heads": 2, "operation": "SA", "ratio": 0.5, "gated": True},
        {"heads": 4, "operation": "LT", "ratio": 0.25, "gated": False},
        {"heads": 4, "operation": "SA", "ratio": 2.0, "gated": True},
    ]
    # three layers; heads 2 + 4 + 4; ratio .5 + .25 + 2; gated twice; one text of the whole model, two kinds of a layer
    assert features(Architecture.of("s", {"width": 64, "norm": "pre"}, layers)) == {
        "depth": 3,
        "width": 64,
        "norm=pre": 1,
        "heads": 10,
        "operation=SA": 2,
        "operation=LT": 1,
        "ratio": 2.75,
        "gated": 2,
    }


def test_a_name_of_the_model_and_of_its_layers_is_one_feature() -> None:
    assert features(Architecture.of("s", {"heads": 8}, [{"heads": 2}]))["heads"] == 10


def drawn(space: SearchSpace) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(20)]


def test_they_are_finite_numbers_and_hold_the_depth(space: SearchSpace) -> None:
    for architecture in drawn(space):
        found = features(architecture)
        assert found["depth"] == architecture.depth
        assert all(type(value) is float and np.isfinite(value) for value in found.values())


def test_they_do_not_depend_on_the_order_of_layers(space: SearchSpace) -> None:
    for architecture in drawn(space):
        turned = Architecture(architecture.space, architecture.whole, architecture.layers[::-1])
        assert features(turned) == features(architecture)


def test_a_further_layer_adds_one_to_the_depth_and_its_own_values(space: SearchSpace) -> None:
    for architecture in drawn(space):
        *kept, last = architecture.layers
        shorter = features(Architecture(architecture.space, architecture.whole, tuple(kept)))
        longer = features(architecture)
        added = {name: longer[name] - shorter.get(name, 0.0) for name in longer}
        assert added.pop("depth") == 1
        changed = {name: amount for name, amount in added.items() if amount}
        expected = {f"{n}={v}" if isinstance(v, str) else n: 1.0 if isinstance(v, str) else float(v) for n, v in last}
        assert changed == pytest.approx(expected)
