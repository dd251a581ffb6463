"""The FlexiBERT space: what its protocols build, and the published parameter counts."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau, spearmanr

from lpzero.errors import InputError
from lpzero.spaces import Architecture, FlexiBert
from lpzero.spaces.architecture import Value
from lpzero.spaces.flexibert.plan import FlexiBertPlan, LayerPlan

LAYER: dict[str, Value] = {
    "operation": "SA",
    "parameter": "SDP",
    "heads": 2,
    "feed_forward": 512,
    "feed_forward_layers": 1,
}


def two_layers(hidden: int = 128, **changes: Value) -> Architecture:
    """A plain layer behind a changed one."""
    return Architecture.of("flexibert", {"hidden_size": hidden}, [LAYER | changes, LAYER])


def same_model(protocol: str, first: Architecture, second: Architecture) -> bool:
    """Whether the keys are equal, which must be so just where names, shapes and weights are."""
    space = FlexiBert(protocol)
    one, two = (space.build(architecture, seed=0).state_dict() for architecture in (first, second))
    equal = one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
    keys_equal = space.model_key(first) == space.model_key(second)
    assert equal or not keys_equal, "one key for two models"
    assert space.key(first) != space.key(second)
    return keys_equal


def test_size() -> None:
    # 2 hidden sizes; a layer has 6 operations x 2 heads x 2 widths x 2 depths = 48 values
    assert FlexiBert().size == 2 * (48**2 + 48**4)


def test_key_is_stable() -> None:
    key = "798ef56645556fe74ed002a833ba7e925000f48ce9604f7730933fe98f4b1aef"
    assert all(FlexiBert(protocol).key(two_layers()) == key for protocol in FlexiBert.protocols)


KEYS = [("trained", "a815b2c0834e4979"), ("listed", "cce3ffbd53c877bc"), ("legacy", "75ef8791a5182ca6")]


@pytest.mark.parametrize(("protocol", "key"), KEYS)
def test_what_the_first_three_protocols_build_is_stable(protocol: str, key: str) -> None:
    planned = asdict(FlexiBert(protocol).plan(two_layers(operation="LT", parameter="DFT")))
    fixed = {"embedding_width": 128, "vocabulary": 30522, "max_tokens": 512, "pre_norm": False}
    assert {name: planned.pop(name) for name in fixed} == fixed
    assert [layer.pop("unitary") for layer in planned["layers"]] == [False, False]
    text = json.dumps(planned, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == key


def test_trained_ignores_the_operation() -> None:
    for operation, parameter in (("SA", "WMA"), ("LT", "DCT"), ("DSC", 9)):
        assert same_model("trained", two_layers(), two_layers(operation=operation, parameter=parameter))


def test_trained_ignores_the_width_of_a_single_feed_forward_layer() -> None:
    assert same_model("trained", two_layers(), two_layers(feed_forward=1024))
    three = two_layers(feed_forward_layers=3)
    assert not same_model("trained", three, two_layers(feed_forward_layers=3, feed_forward=1024))
    assert not same_model("trained", two_layers(), three)


def test_trained_keeps_heads_and_hidden() -> None:
    assert not same_model("trained", two_layers(), two_layers(heads=4))
    assert not same_model("trained", two_layers(), two_layers(hidden=256))


@pytest.mark.parametrize("protocol", ["listed", "legacy", "own"])
def test_heads_matter_but_for_a_linear_transform(protocol: str) -> None:
    def changed(operation: str, parameter: Value, heads: int) -> Architecture:
        return two_layers(operation=operation, parameter=parameter, heads=heads)

    assert same_model(protocol, changed("LT", "DFT", 2), changed("LT", "DFT", 4))
    assert not same_model(protocol, changed("LT", "DFT", 2), changed("LT", "DCT", 2))
    assert not same_model(protocol, changed("SA", "WMA", 2), changed("SA", "WMA", 4))
    assert not same_model(protocol, changed("DSC", 5, 2), changed("DSC", 5, 4))
    assert not same_model(protocol, changed("DSC", 5, 2), changed("DSC", 9, 2))


def test_legacy_ignores_hidden_and_width_but_listed_does_not() -> None:
    for other in (two_layers(hidden=256), two_layers(feed_forward=1024)):
        assert same_model("legacy", two_layers(), other)
        assert not same_model("listed", two_layers(), other)


def test_the_feed_forward_widths_of_each_protocol() -> None:
    architecture = two_layers(feed_forward_layers=3)
    widths = {protocol: FlexiBert(protocol).plan(architecture).layers[0].widths for protocol in FlexiBert.protocols}
    assert widths == {
        "trained": (512, 512, 512),
        "listed": (512, 512, 512),
        "legacy": (1024, 1024, 1024),
        "own": (128, 128, 128),
    }
    wide = two_layers(hidden=256, feed_forward_layers=3)
    assert FlexiBert("trained").plan(wide).layers[0].widths == (1024, 512, 512)


@pytest.mark.parametrize(("protocol", "vocabulary"), [("own", 257), ("own-4096", 4096)])
@pytest.mark.parametrize("hidden", [128, 256])
def test_own_halves_the_hidden_size_and_quarters_the_feed_forward(protocol: str, vocabulary: int, hidden: int) -> None:
    space = FlexiBert(protocol)
    architecture = two_layers(hidden, operation="LT", parameter="DCT", feed_forward=1024, feed_forward_layers=3)
    assert space.plan(architecture) == FlexiBertPlan(
        hidden=hidden // 2,
        layers=(
            LayerPlan("LT", "DCT", None, (256, 256, 256), wrapped=True, unitary=True),
            LayerPlan("SA", "SDP", 2, (128,), wrapped=True, unitary=True),
        ),
        embedding_width=hidden // 2,
        vocabulary=vocabulary,
        max_tokens=64,
        pre_norm=True,
    )
    assert space.width(architecture) == hidden // 2


def test_own_builds_every_operation_and_width_that_is_listed() -> None:
    changes: list[dict[str, Value]] = [
        {},
        {"operation": "SA", "parameter": "WMA"},
        *({"operation": "LT", "parameter": kind} for kind in ("DFT", "DCT")),
        *({"operation": "DSC", "parameter": kernel} for kernel in (5, 9)),
        {"feed_forward": 1024},
        {"feed_forward_layers": 3},
    ]
    architectures = [two_layers(**change) for change in changes] + [two_layers(hidden=256)]
    for i, first in enumerate(architectures):
        for second in architectures[:i]:
            assert not same_model("own", first, second)


def test_every_vocabulary_is_a_model_of_its_own() -> None:
    protocols = ["own", "own-300", "own-4096"]
    assert len({FlexiBert(protocol).model_key(two_layers()) for protocol in protocols}) == 3
    assert len({FlexiBert(protocol).key(two_layers()) for protocol in protocols}) == 1


def test_the_counts_under_own_worked_out_by_hand() -> None:
    # hidden 64: two blocks of attention (4 linear layers) and a feed-forward of 128, with their four norms
    attention = 2 * 4 * (64 * 64 + 64)
    feed_forward = 2 * (64 * 128 + 128 + 128 * 64 + 64)
    norms = (4 + 1) * (64 + 64)
    for protocol, vocabulary in (("own", 257), ("own-4096", 4096)):
        # words, 64 positions and 2 token types without a norm; the head is a linear layer of its own
        embedding, head = (vocabulary + 64 + 2) * 64, vocabulary * 64 + vocabulary
        nonembedding = attention + feed_forward + norms
        assert FlexiBert(protocol).parameter_counts(two_layers()) == {
            "embedding": embedding,
            "attention": attention,
            "feed_forward": feed_forward,
            "nonembedding": nonembedding,
            "total": embedding + nonembedding + head,
        }


def test_a_wrong_value_is_named() -> None:
    for changes, message in (
        ({"heads": 3}, "layer 0: heads is 3: expected one of 2, 4"),
        ({"parameter": 5}, "layer 0: parameter is 5: expected one of 'SDP', 'WMA'"),
        ({"operation": "MLP"}, "layer 0: operation is 'MLP': expected one of 'SA', 'LT', 'DSC'"),
    ):
        with pytest.raises(InputError, match=message):
            FlexiBert().validate(two_layers(**changes))
    with pytest.raises(InputError, match="hidden_size is 64: expected one of 128, 256"):
        FlexiBert().model_key(two_layers(hidden=64))


def test_legacy_has_the_published_number_of_parameters(data: Path, glue: list[tuple[Architecture, float]]) -> None:
    with (data / "flexibert" / "BERT_results_activation.csv").open(newline="") as file:
        published = [int(row["Number of Parameters"]) for row in csv.DictReader(file)]
    legacy = FlexiBert("legacy")
    counted = [legacy.parameter_counts(architecture)["total"] for architecture, _ in glue]
    assert len(counted) == 500
    assert counted == published


@pytest.mark.parametrize(
    ("protocol", "part", "tau", "rho"),
    [
        ("trained", "nonembedding", 0.573, 0.765),
        ("listed", "total", 0.485, 0.676),
        ("legacy", "total", 0.454, 0.652),
    ],
)
def test_parameters_rank_the_published_architectures_as_known(
    protocol: str, part: str, tau: float, rho: float, glue: list[tuple[Architecture, float]]
) -> None:
    space = FlexiBert(protocol)
    counts = np.array([space.parameter_counts(architecture)[part] for architecture, _ in glue])
    scores = np.array([score for _, score in glue])
    assert kendalltau(counts, scores).statistic == pytest.approx(tau, abs=5e-4)
    assert spearmanr(counts, scores).statistic == pytest.approx(rho, abs=5e-4)
