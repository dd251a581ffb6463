"""Score architectures or one model with proxies, exactly: every element of every tensor is used."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

import numpy as np
from torch import nn

from lpzero.engines import Engine, Fault
from lpzero.engines.fault import MODEL_ERRORS, lacks_memory, line_of
from lpzero.errors import LpzeroError
from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.metrics import Computed, Metric, Shape, get_metric
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.operands.shape import decoder_params, hidden_width, parameter_counts
from lpzero.operands.text import text_batch
from lpzero.proxy.estimate import Sample, ValueOf, values_on
from lpzero.proxy.proxy import Proxy
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.models.number_format import check_numbers
from lpzero.spaces.models.sites import SiteMap
from lpzero.spaces.space import SearchSpace

_COUNTED = {
    "depth_then_hidden": ("depth", "width"),
    "width_then_shallow": ("depth", "width"),
    "depth_hidden_params": ("depth", "width"),
}
"""What metrics of the shape look at that are not called after it."""


class ScoreStatus(str, Enum):
    """What came of scoring one model with one proxy: ``overflow`` is an infinite value, ``nonfinite`` a NaN.

    One score alone does not tell whether it underflowed: only that of several architectures does.
    """

    OK = "ok"
    NONFINITE = "nonfinite"
    OVERFLOW = "overflow"
    OUT_OF_MEMORY = "out_of_memory"
    FAILED = "failed"
    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class Score:
    """The score of one model by one proxy.

    Attributes:
        status: What came of it.
        value: The score; None unless the status is ok.
        seconds: Time spent on this proxy, what all proxies share left out.
        reason: Why there is no value; empty where there is one.
        note: What a reader should know of how the value was computed; empty where all went as usual.
        error: The standard error of an estimate; None of an exact value, and where it is not known.
    """

    status: ScoreStatus
    value: float | None
    seconds: float
    reason: str = ""
    note: str = ""
    error: float | None = None


def directed(scores: Sequence[Score], proxy: Proxy) -> np.ndarray:
    """The values of scores by a proxy, (scores,), turned so that higher is better; NaN where there is none."""
    values = np.array([np.nan if score.value is None else score.value for score in scores], dtype=np.float64)
    return values if proxy.higher_is_better else -values


def shape_of(space: SearchSpace, architecture: Architecture) -> Shape:
    """The shape of what a space builds for an architecture, without building it."""
    counts = space.parameter_counts(architecture)
    return Shape(
        depth=architecture.depth,
        width=space.width(architecture),
        params=counts["total"],
        decoder_params=counts["nonembedding"],
        attention_params=counts["attention"],
    )


def shape_of_model(model: nn.Module, site_map: SiteMap) -> Shape:
    """The shape of a model that is there: counts by the modules that hold its sites, biases included.

    Raises:
        LpzeroError: Weights are quantised or complex, so that a count of parameters says nothing.
    """
    check_numbers(model)
    counts = parameter_counts(model, site_map)
    return Shape(
        depth=site_map.depth,
        width=hidden_width(model, site_map),
        params=counts["total"],
        decoder_params=decoder_params(counts),
        attention_params=counts["operation"],
    )


def score_model(
    model: nn.Module,
    site_map: SiteMap,
    shape: Shape,
    batch: Batch,
    proxies: Sequence[Proxy],
    text: Callable[[], Batch] | None = None,
    sample: Sample | None = None,
) -> list[Score]:
    """Score a model with each proxy; formulas share one forward and backward pass, and what they want of its tensors.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        site_map: Its sites.
        shape: Its shape.
        batch: Tokens and labels, on the model's device.
        proxies: In the order of the result.
        text: Gives the batch of text for a metric that needs one; None where the weights are not trained.
        sample: What formulas are estimated from; None for exact scores.

    Returns:
        One score a proxy; a proxy that the model cannot be scored with has the status ``failed`` and the reason.
    """
    value_of: ValueOf | None = None
    unusable = Score(ScoreStatus.FAILED, None, 0.0)
    formulas = [proxy.formula for proxy in proxies if proxy.formula is not None]
    if formulas:
        try:
            value_of = values_on(model, site_map, batch, formulas, sample)
        except MODEL_ERRORS as err:
            unusable = unscored(err, 0.0)
    return [
        unusable
        if proxy.formula is not None and value_of is None
        else _measured(partial(_value, proxy, model, site_map, shape, batch, value_of, text))
        for proxy in proxies
    ]


def unscored(err: BaseException, seconds: float) -> Score:
    """The score that stands for an error of the model."""
    memory = lacks_memory(err)
    status = ScoreStatus.OUT_OF_MEMORY if memory else ScoreStatus.FAILED
    text = line_of(err)
    reason = text if memory or isinstance(err, LpzeroError) else f"the model raised {type(err).__name__}: {text}"
    return Score(status, None, seconds, reason)


def score_operands(operands: Operands, formula: Formula) -> Score:
    """The score of what one pass showed, whatever has been done to it since, by a formula."""
    return _measured(lambda: (Computed(float(Evaluator(ExactSource(operands)).scores(formula)[0])), None))


def _measured(compute: Callable[[], tuple[Computed, float | None]]) -> Score:
    """The score that a computation returns, with its error, or that stands for what it raised."""
    started = time.perf_counter()
    try:
        computed, error = compute()
    except MODEL_ERRORS as err:
        return unscored(err, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    found, note = computed.value, computed.note
    if not math.isfinite(found):
        status = ScoreStatus.NONFINITE if math.isnan(found) else ScoreStatus.OVERFLOW
        return Score(status, None, seconds, f"the value is {found}", note)
    return Score(ScoreStatus.OK, found, seconds, note=note, error=error)


def _value(
    proxy: Proxy,
    model: nn.Module,
    site_map: SiteMap,
    shape: Shape,
    batch: Batch,
    value_of: ValueOf | None,
    text: Callable[[], Batch] | None,
) -> tuple[Computed, float | None]:
    if proxy.formula is not None:
        assert value_of is not None
        value, error = value_of(proxy.formula)
        return Computed(value), error
    assert proxy.metric is not None
    return _by_metric(get_metric(proxy.metric), model, site_map, shape, batch, text), None


def _by_metric(
    metric: Metric,
    model: nn.Module,
    site_map: SiteMap,
    shape: Shape,
    batch: Batch,
    text: Callable[[], Batch] | None,
) -> Computed:
    if metric.needs == "text":
        if text is None:
            raise LpzeroError("the loss on text says something of trained weights alone: this model has none")
        return Computed(metric.score_text(model, text()))
    if metric.needs == "shape":
        _check_told(metric.name, site_map)
        return Computed(metric.score_shape(shape))
    return metric.computed_pass(model, site_map, batch)


def _check_told(metric: str, site_map: SiteMap) -> None:
    """Refuse a count that a model which does not name its sites leaves open."""
    refused = {} if site_map.reading is None else site_map.reading.refused
    for name in _COUNTED.get(metric, (metric,)):
        if name in refused:
            raise LpzeroError(f"{name}: {refused[name]}")


@dataclass(frozen=True)
class ScoreTask:
    """One architecture to score, as it travels to a worker.

    Attributes:
        space: What builds its model.
        architecture: The architecture.
        probe: Seeds, batch and device.
        proxies: In the order of the scores.
    """

    space: SearchSpace
    architecture: Architecture
    probe: Probe
    proxies: tuple[Proxy, ...]


def score_task(task: ScoreTask) -> list[Score]:
    """Build the model of an architecture, where a proxy looks at more than its shape, and score it with each proxy."""
    space = task.space
    shape = shape_of(space, task.architecture)
    if not any(proxy.needs_pass for proxy in task.proxies):
        return [_of_shape(proxy, shape) for proxy in task.proxies]
    model, site_map = untrained_model(space, task.architecture, task.probe)
    batch = probe_batch(space, task.probe).to(task.probe.device)

    def text() -> Batch:
        return text_batch(space, task.probe).to(task.probe.device)

    return score_model(model, site_map, shape, batch, task.proxies, text)


def score_architectures(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    proxies: Sequence[Proxy],
    probe: Probe,
    *,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> list[list[Score]]:
    """Score untrained models of architectures with proxies.

    Proxies that look at the shape alone are scored without building a model.

    Args:
        space: The space that builds the models.
        architectures: In the order of the result.
        proxies: In the order of each row of the result.
        probe: Seeds, batch and device.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do), where models are built.

    Returns:
        For each architecture, one score a proxy.
    """
    heavy = [proxy for proxy in proxies if proxy.needs_pass]
    tasks = [ScoreTask(space, a, probe, tuple(heavy)) for a in architectures] if heavy else []
    scored: list[list[Score]] = []
    for row in engine.attempt(score_task, tasks):
        scored.append([_faulted(row)] * len(heavy) if isinstance(row, Fault) else row)
        progress(len(scored), len(tasks))
    rows = []
    for i, architecture in enumerate(architectures):
        by_name = dict(zip(heavy, scored[i], strict=True)) if heavy else {}
        shape = shape_of(space, architecture)
        rows.append([by_name[p] if p in by_name else _of_shape(p, shape) for p in proxies])
    return rows


def _faulted(fault: Fault) -> Score:
    return Score(ScoreStatus(fault.status.value), None, 0.0, fault.reason)


def _of_shape(proxy: Proxy, shape: Shape) -> Score:
    assert proxy.metric is not None
    return Score(ScoreStatus.OK, get_metric(proxy.metric).score_shape(shape), 0.0)
