"""The space of HW-GPT-Bench: the laws of a space at every scale, its size, its keys, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture, HwGpt
from lpzero.spaces.architecture import Value
from lpzero.spaces.hwgpt.plan import SCALES, HwGptPlan
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import count_parameters
from lpzero.testing import check_space

WHOLE: dict[str, Value] = {"hidden_size": 192, "bias": True}
LAYER: dict[str, Value] = {"heads": 4, "mlp_ratio": 2}
SMALL = Architecture.of("hwgpt", WHOLE, [LAYER] * 9 + [{"heads": 12, "mlp_ratio": 3}])
EACH = pytest.mark.parametrize("protocol", SCALES)


@EACH
def test_it_keeps_the_laws_of_a_space(protocol: str) -> None:
    check_space(HwGpt(protocol))


def test_size() -> None:
    # three widths with biases or without; a layer has three numbers of heads and three ratios
    assert HwGpt("s").size == 6 * sum(9**depth for depth in (10, 11, 12))
    assert HwGpt("m").size == 6 * sum(9**depth for depth in (22, 23, 24))
    assert HwGpt("l").size == 6 * sum(9**depth for depth in (34, 35, 36))
    assert len(HwGpt("s").cells) == 9


def test_keys_are_stable() -> None:
    assert HwGpt().key(SMALL) == "9571d592d268cb014319412d04c52f45c995231ef82010f8a964f80e1e2b9cc4"
    assert HwGpt().model_key(SMALL) == HwGpt().key(SMALL)
    # True and 1 are equal in Python, but not in a key
    with pytest.raises(InputError, match="architecture: bias is 1: expected one of False, True"):
        HwGpt().model_key(Architecture.of("hwgpt", WHOLE | {"bias": 1}, SMALL.to_json()["layers"]))


def test_a_plan_is_what_is_listed() -> None:
    assert HwGpt().plan(SMALL) == HwGptPlan(768, 192, (4,) * 9 + (12,), (2,) * 9 + (3,), bias=True)
    assert HwGpt().width(SMALL) == 192
    assert (HwGpt().objective, HwGpt().pretrained, HwGpt().vocabulary) == ("causal", False, 50304)


@EACH
def test_the_closed_forms_are_those_of_the_model(protocol: str) -> None:
    import torch

    space, rng = HwGpt(protocol), np.random.default_rng(0)
    for number in range(3):
        architecture = space.sample(rng)
        blank = space.blank(architecture)
        assert space.parameter_counts(architecture) == count_parameters(blank)
        if number == 0:
            # a count takes seconds: layers of every kind are counted in the tests of the plan
            ids = torch.zeros((1, 11), dtype=torch.int64, device="meta")
            assert space.flops(architecture, 11) == counted_flops(blank, ids)


@pytest.mark.parametrize(
    ("whole", "layer", "message"),
    [
        ({"hidden_size": 256}, {}, "architecture: hidden_size is 256: expected one of 192, 384, 768"),
        ({"bias": "yes"}, {}, "architecture: bias is 'yes': expected one of False, True"),
        ({}, {"heads": 16}, "layer 9: heads is 16: expected one of 4, 8, 12"),
        ({}, {"mlp_ratio": 1}, "layer 9: mlp_ratio is 1: expected one of 2, 3, 4"),
    ],
)
def test_a_wrong_value_is_named(whole: dict[str, Value], layer: dict[str, Value], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HwGpt().model_key(Architecture.of("hwgpt", WHOLE | whole, [LAYER] * 9 + [LAYER | layer]))


@pytest.mark.parametrize(("protocol", "depth"), [("s", 9), ("s", 13), ("m", 12), ("l", 24)])
def test_a_wrong_depth_is_named(protocol: str, depth: int) -> None:
    with pytest.raises(InputError, match=f"depth is {depth}: expected one of "):
        HwGpt(protocol).validate(Architecture.of("hwgpt", WHOLE, [LAYER] * depth))


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(InputError, match="unknown protocol 'xl': expected one of s, m, l"):
        HwGpt("xl")
