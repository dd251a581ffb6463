"""Coded zero-cost metrics that are no formula, by name: those of the package, and those that other packages bring.

``METRICS`` is data: importing it loads no torch; scoring a model with a metric does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lpzero import plugins
from lpzero.errors import InputError, unknown_name
from lpzero.metrics.metric import Computed, Metric, Shape
from lpzero.settings import one_line

__all__ = ["BROUGHT", "METRICS", "Computed", "Metric", "Shape", "get_metric", "is_metric"]

_GRASP = "Wang et al. 2020, https://arxiv.org/abs/2002.07376"
_FISHER = "Turner et al. 2020, https://arxiv.org/abs/1906.04113"
_SYNFLOW = "Tanaka et al. 2020, https://arxiv.org/abs/2006.05467"
_LOGSYNFLOW = "Cavagnero et al. 2023, https://arxiv.org/abs/2207.05135"
_TRANSFORMERS = "Serianni & Kalita 2023, https://arxiv.org/abs/2306.00288"
_COUNTED = "a count"
_LOSS = "the loss itself"


def _shape(name: str, function: str, meaning: str) -> Metric:
    return Metric(name, "shape", True, meaning, _COUNTED, f"lpzero.metrics.shape:{function}")


def _pass(name: str, module: str, paper: str, meaning: str) -> Metric:
    return Metric(name, "pass", True, meaning, paper, f"lpzero.metrics.{module}:{name}")


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _shape("params", "params", "all parameters"),
            _shape("decoder_params", "decoder_params", "parameters without the embeddings"),
            _shape("attention_params", "attention_params", "parameters of the operations"),
            _shape("depth", "depth", "number of blocks"),
            _shape("width", "width", "hidden width of the blocks"),
            _shape("depth_then_hidden", "depth_then_hidden", "depth, ties broken by hidden width"),
            _shape("depth_hidden_params", "depth_hidden_params", "depth, then hidden width, then all parameters"),
            _shape("width_then_shallow", "width_then_shallow", "hidden width, ties broken by fewer blocks"),
            _pass("synflow", "synflow", _SYNFLOW, "synaptic flow through the blocks, without data"),
            _pass("logsynflow", "synflow", _LOGSYNFLOW, "synaptic flow with logarithmic gradients"),
            _pass("grasp", "grasp", _GRASP, "minus weight x Hessian-gradient product"),
            _pass("fisher", "fisher", _FISHER, "Fisher information of the feed-forward activations"),
            _pass("jacobian_cosine", "jacobian", _TRANSFORMERS, "how unlike the columns of the Jacobian are"),
            _pass("jacobian_score", "jacobian", _TRANSFORMERS, "how uncorrelated the Jacobian's columns are"),
            _pass(
                "synaptic_diversity",
                "diversity",
                _TRANSFORMERS,
                "nuclear norm of weight times that of gradient, in the operations",
            ),
            _pass(
                "activation_distance",
                "activation",
                _TRANSFORMERS,
                "agreement of the feed-forward's activation patterns between tokens",
            ),
            Metric(
                "hidden_covariance",
                "pass",
                True,
                "how uncorrelated the units of the first layer are over time",
                _TRANSFORMERS,
                "lpzero.metrics.covariance:hidden_covariance",
                options=(("axis", "units|batch"), ("layer", "[0-9]{1,4}")),
            ),
            Metric(
                "text_loss",
                "text",
                False,
                "loss on a small batch of real text, of trained weights",
                _LOSS,
                "lpzero.metrics.text_loss:text_loss",
            ),
        )
    }
)


def _checked(name: str, value: object) -> Metric:
    """A metric that a package brings; raises InputError where it is none."""
    if not isinstance(value, Metric):
        raise InputError(f"expected a lpzero.metrics.Metric, found {type(value).__name__}")
    if value.name != name:
        raise InputError(f"expected a metric of that name, found one called {one_line(str(value.name), 80)!r}")
    if value.needs not in ("shape", "pass", "text") or not isinstance(value.higher_is_better, bool) or value.chosen:
        raise InputError("expected a metric that needs shape, pass or text, with a direction, and that is told nothing")
    if not isinstance(value.function, str) or not all(value.function.partition(":")):
        raise InputError(f"expected its function as 'module:function', found {one_line(str(value.function), 80)!r}")
    return value


BROUGHT = plugins.Kind("metrics", tuple(METRICS), _checked)
"""Metrics of installed packages: asked for by name, and in no list of defaults."""


def is_metric(text: str) -> bool:
    """Whether a text names a metric; what stands behind it in brackets is not looked at."""
    plain = text.partition("[")[0]
    return plain in METRICS or plain in plugins.names(BROUGHT)


def get_metric(name: str) -> Metric:
    """Find a metric by its name.

    Args:
        name: One of ``METRICS``, or of a metric that a package brings; what it can be told stands behind it in
            brackets.

    Raises:
        InputError: There is none, which the message lists, or what a package brings cannot be used.

    >>> get_metric("depth").score_shape(Shape(12, 256, 10_000_000, 9_000_000, 3_000_000))
    12.0
    >>> get_metric("hidden_covariance[layer=2]").chosen
    (('layer', 2),)
    """
    plain, bracket, rest = name.partition("[")
    metric = METRICS.get(plain) or plugins.find(BROUGHT, plain)
    if metric is None:
        raise unknown_name("metric", name, (*METRICS, *plugins.names(BROUGHT)))
    if not bracket:
        return metric
    if not rest.endswith("]"):
        raise InputError(f"metric {one_line(name, 80)}: expected a ] at the end")
    return metric.with_options(rest[:-1])
