"""Trackers of experiments: an evolution in TensorBoard, MLflow, trackio, or Weights & Biases.

Each is a :class:`lpzero.callbacks.Callback` in a module of its own, which imports its library when it is made.
"""

from lpzero.trackers.registry import TRACKERS, tracker

__all__ = ["TRACKERS", "tracker"]
