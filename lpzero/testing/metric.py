"""The laws of a metric."""

from __future__ import annotations

import math

from lpzero.errors import LpzeroError
from lpzero.metrics import Metric, Shape, get_metric
from lpzero.proxy import load_proxy
from lpzero.testing.example import example_model
from lpzero.testing.laws import law, random_states_kept

SHAPE = Shape(12, 256, 10_000_000, 9_000_000, 3_000_000)


def check_metric(name: str) -> None:
    """Hold a metric to its laws, on a small decoder: found by its name, finite, equal again, nothing left changed.

    Args:
        name: Its name, as of ``lpzero rank --proxy``.

    Raises:
        AssertionError: A law does not hold; the message is a sentence that says which.

    >>> check_metric("synflow")
    """
    try:
        metric = get_metric(name)
    except LpzeroError as err:
        raise AssertionError(f"a metric is found by its name: {err}") from err
    law(metric.meaning and "\n" not in metric.meaning, f"a metric has one line for people, found {metric.meaning!r}")
    law(load_proxy(name).metric == name, f"what is called {name} is the metric for every command, not another proxy")
    first, again = _scored(metric), _scored(metric)
    law(math.isfinite(first), f"{name} is finite on a small decoder, found {first}")
    law(first == again, f"{name} is the same again, bit for bit, found {first} and {again}")


def _scored(metric: Metric) -> float:
    if metric.needs == "shape":
        with random_states_kept(metric.name):
            return metric.score_shape(SHAPE)
    model, site_map, batch = example_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with random_states_kept(metric.name):
        text = metric.needs == "text"
        found = metric.score_text(model, batch) if text else metric.score_pass(model, site_map, batch)
    after = model.state_dict()
    changed = [name for name, value in before.items() if not value.equal(after[name])]
    law(not changed, f"{metric.name} leaves a model as it was, not {', '.join(changed[:3])}")
    graded = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
    law(not graded, f"{metric.name} leaves no gradients in a model, not in {', '.join(graded[:3])}")
    return found
