"""The laws of a metric: those of the package keep them, and each law is seen to fail."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lpzero.metrics import METRICS
from lpzero.testing import check_metric
from tests.conftest import Install

PACKAGE = """
import torch
from lpzero.metrics import Metric

CALLS = []

def _row(name, meaning="a test", needs="pass"):
    return Metric(name, needs, True, meaning, "", f"lpzero_metrics:{name}")

def counting(model, site_map, batch):
    CALLS.append(0)
    return len(CALLS)

def endless(shape):
    return float("inf")

def writing(model, batch):
    with torch.no_grad():
        next(model.parameters()).zero_()
    return 0.0

def grading(model, batch):
    model(**batch.arguments).loss.backward()
    return 0.0

def drawing(model, batch):
    return float(torch.rand(1) * 0)

def snip(shape):
    return 0.0

COUNTING = _row("counting")
# what needs a pass alone is given a copy
WRITING, GRADING, DRAWING = (_row(name, needs="text") for name in ("writing", "grading", "drawing"))
ENDLESS, SNIP = _row("endless", needs="shape"), _row("snip", needs="shape")
SILENT = _row("silent", meaning="")
"""


@pytest.mark.parametrize("name", METRICS)
def test_the_metrics_of_the_package_keep_the_laws(name: str) -> None:
    check_metric(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("counting", "is the same again, bit for bit, found 1.0 and 2.0"),
        ("endless", "is finite on a small decoder, found inf"),
        ("writing", "leaves a model as it was"),
        ("grading", "leaves no gradients in a model"),
        ("drawing", "leaves the global random state of torch as it was"),
        ("snip", "what is called snip is the metric for every command"),
        ("silent", "has one line for people"),
        ("absent", "is found by its name"),
    ],
)
def test_a_metric_that_breaks_a_law_is_told_which(install: Install, name: str, sentence: str) -> None:
    names = ("counting", "endless", "writing", "grading", "drawing", "snip", "silent")
    install("lpzero_metrics", PACKAGE, {"metrics": {one: one.upper() for one in names}})
    with pytest.raises(AssertionError, match=sentence):
        check_metric(name)


def test_random_states_are_those_that_were() -> None:
    before: Any = torch.get_rng_state()
    check_metric("synflow")
    assert torch.equal(before, torch.get_rng_state())
