"""A network of the paper's size: trained by scikit-learn, kept as arrays, run by numpy."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

HIDDEN = (400, 400, 400, 400)
"""Widths of the hidden layers, those of LLM-Distill-PP."""
PASSES, BATCH, RATE = 20, 128, 1e-3
"""Passes over what is learnt at most, architectures of a step, and Adam's step."""


@dataclass(frozen=True)
class Network:
    """Layers with rectified outputs, the last one plain.

    Attributes:
        weights: A matrix (inputs, outputs) each, float32.
        biases: (outputs,) each.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    @classmethod
    def trained(cls, columns: np.ndarray, target: np.ndarray, seed: int) -> Network:
        """Train one.

        Args:
            columns: (architectures, columns), standardised.
            target: (architectures,), standardised.
            seed: Of the weights and of the order.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor

        model = MLPRegressor(
            hidden_layer_sizes=HIDDEN,
            batch_size=min(BATCH, len(target)),
            learning_rate_init=RATE,
            max_iter=PASSES,
            random_state=seed,
        )
        with warnings.catch_warnings():
            # the number of passes is what it may take, not what it should stay below
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(columns.astype(np.float32), target.astype(np.float32))
        return cls(*(tuple(np.asarray(one, np.float32) for one in part) for part in (model.coefs_, model.intercepts_)))

    def predict(self, columns: np.ndarray) -> np.ndarray:
        """What it says of (architectures, columns), standardised, as float64."""
        layer = columns.astype(np.float32)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layer = np.maximum(layer @ weight + bias, 0)
        return np.asarray((layer @ self.weights[-1] + self.biases[-1])[:, 0], dtype=np.float64)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name: all numbers in a row, and the widths of the layers."""
        widths = [self.weights[0].shape[0], *(len(bias) for bias in self.biases)]
        numbers = [part.ravel() for pair in zip(self.weights, self.biases, strict=True) for part in pair]
        return {"whole": np.array(widths, dtype=np.int64), "numbers": np.concatenate(numbers)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], columns: int) -> Network:
        """Read what :meth:`arrays` gave; raises ValueError where it is no network of so many columns."""
        widths, numbers = arrays["whole"], arrays["numbers"]
        if widths.dtype != np.int64 or widths.ndim != 1 or len(widths) < 2 or (widths < 1).any():
            raise ValueError("expected the widths of layers")
        if widths[0] != columns or widths[-1] != 1 or numbers.dtype != np.float32 or numbers.ndim != 1:
            raise ValueError(f"expected a network from {columns} columns to one number")
        sizes = [int(a) * int(b) + int(b) for a, b in pairwise(widths)]
        if sum(sizes) != len(numbers) or not np.isfinite(numbers).all():
            raise ValueError(f"expected {sum(sizes)} finite weights")
        weights, biases, begin = [], [], 0
        for inputs, outputs in pairwise(widths.tolist()):
            middle = begin + inputs * outputs
            weights.append(numbers[begin:middle].reshape(inputs, outputs))
            biases.append(numbers[middle : middle + outputs])
            begin = middle + outputs
        return cls(tuple(weights), tuple(biases))
