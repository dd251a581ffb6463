"""Trackers by name."""

from __future__ import annotations

from collections.abc import Callable

from lpzero.callbacks import Callback
from lpzero.errors import unknown_name
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


def tracker(name: str) -> Callback:
    """The tracker of a name, as it is by default.

    Raises:
        InputError: There is none of that name.
        MissingError: Its library is not installed.
    """
    if name not in TRACKERS:
        raise unknown_name("tracker", name, TRACKERS)
    return TRACKERS[name]()
