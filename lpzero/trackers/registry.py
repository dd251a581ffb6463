"""Trackers by name: those of the package, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Callable

from lpzero import plugins
from lpzero.callbacks import Callback
from lpzero.errors import InputError, unknown_name
from lpzero.trackers.mlflow import MLflow
from lpzero.trackers.sessions import Trackio, WeightsAndBiases
from lpzero.trackers.tensorboard import TensorBoard

TRACKERS: dict[str, Callable[[], Callback]] = {
    "tensorboard": TensorBoard,
    "mlflow": MLflow,
    "trackio": Trackio,
    "wandb": WeightsAndBiases,
}
"""What makes each tracker as it is by default; the name is that of its extra as well."""


def _checked(name: str, value: object) -> Callable[[], Callback]:
    """What makes a tracker that a package brings; raises InputError where it cannot be called."""
    if not callable(value):
        raise InputError(f"expected a class or function that makes a Callback, found {type(value).__name__}")

    def make() -> Callback:
        made = value()
        if not isinstance(made, Callback):
            raise InputError(f"tracker {name!r}: expected a lpzero.callbacks.Callback, found {type(made).__name__}")
        return made

    return make


BROUGHT = plugins.Kind("trackers", tuple(TRACKERS), _checked)
"""Trackers of installed packages."""


def tracker(name: str) -> Callback:
    """The tracker of a name, as it is by default.

    Raises:
        InputError: There is none of that name, or what a package brings cannot be used.
        MissingError: Its library is not installed.
    """
    make = TRACKERS.get(name) or plugins.find(BROUGHT, name)
    if make is None:
        raise unknown_name("tracker", name, (*TRACKERS, *plugins.names(BROUGHT)))
    return make()
