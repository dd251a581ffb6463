"""Boosted trees: grown by scikit-learn, kept as arrays, run by numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TREES, DEPTH, RATE = 300, 4, 0.1
"""Trees, splits from root to leaf at most, and the share of each that is added."""
_LEAF = -1


@dataclass(frozen=True)
class Trees:
    """A sum of trees, each an array of nodes with its root first; children stand behind their parent.

    Attributes:
        first: What is predicted before any tree.
        roots: (trees,) where each tree begins among the nodes.
        nodes: (nodes, 3) int: the column that is looked at, the node where it is at most the threshold, and the other
            node, counted from the root; -1 in all three of a leaf.
        values: (nodes, 2): the threshold, and what a leaf adds.
    """

    first: float
    roots: np.ndarray
    nodes: np.ndarray
    values: np.ndarray

    @classmethod
    def trained(cls, columns: np.ndarray, target: np.ndarray, seed: int) -> Trees:
        """Grow them; the arguments are those of :meth:`lpzero.predictors.distilled.network.Network.trained`."""
        from sklearn.ensemble import GradientBoostingRegressor

        model = GradientBoostingRegressor(
            n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=0.5, random_state=seed
        )
        model.fit(columns, target)
        grown: list[Any] = [one.tree_ for one in model.estimators_[:, 0]]
        sizes = [tree.node_count for tree in grown]
        nodes = [np.stack([tree.feature, tree.children_left, tree.children_right], axis=1) for tree in grown]
        values = [np.stack([tree.threshold, RATE * tree.value[:, 0, 0]], axis=1) for tree in grown]
        every = np.concatenate(nodes).astype(np.int64)
        every[every[:, 1] < 0] = _LEAF
        first = float(model.init_.predict(columns[:1])[0])
        return cls(first, np.cumsum([0, *sizes[:-1]], dtype=np.int64), every, np.concatenate(values))

    def predict(self, columns: np.ndarray) -> np.ndarray:
        """What they say of (architectures, columns), standardised, as float64."""
        # scikit-learn grows trees on single precision
        seen = columns.astype(np.float32)
        total = np.full(len(seen), self.first)
        rows = np.arange(len(seen))
        for root in self.roots:
            place = np.full(len(seen), root)
            for _ in range(DEPTH):
                column, left, right = self.nodes[place].T
                down = seen[rows, np.maximum(column, 0)] <= self.values[place, 0]
                place = np.where(left < 0, place, root + np.where(down, left, right))
            total += self.values[place, 1]
        return total

    def arrays(self) -> dict[str, np.ndarray]:
        """Their arrays by name."""
        whole = np.concatenate([self.roots, self.nodes.ravel()])
        return {"whole": whole, "numbers": np.concatenate([[self.first, len(self.roots)], self.values.ravel()])}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], columns: int) -> Trees:
        """Read what :meth:`arrays` gave; raises ValueError where these are no trees on so many columns."""
        whole, numbers = arrays["whole"], arrays["numbers"]
        if whole.dtype != np.int64 or numbers.dtype != np.float64 or whole.ndim != 1 or numbers.ndim != 1:
            raise ValueError("expected the nodes of trees, and their numbers")
        if len(numbers) < 4 or not np.isfinite(numbers).all() or len(numbers) % 2:
            raise ValueError("expected two finite numbers a node")
        count, size = int(numbers[1]), len(numbers) // 2 - 1
        if not 1 <= count <= size or len(whole) != count + 3 * size:
            raise ValueError(f"expected trees of {size} nodes")
        roots, nodes = whole[:count], whole[count:].reshape(size, 3)
        ends = np.append(roots[1:], size)
        if roots[0] != 0 or (roots >= ends).any():
            raise ValueError("expected each tree behind the one before it")
        _check(roots, ends, nodes, columns)
        return cls(float(numbers[0]), roots, nodes, numbers[2:].reshape(size, 2))


def _check(roots: np.ndarray, ends: np.ndarray, nodes: np.ndarray, columns: int) -> None:
    """Raise ValueError where a node looks at no column, or leads out of its tree or back in it."""
    sizes = np.repeat(ends - roots, ends - roots)
    places = np.arange(len(nodes)) - np.repeat(roots, ends - roots)
    leaf = (nodes == _LEAF).all(axis=1)
    children = nodes[:, 1:]
    inside = (children > places[:, None]).all(axis=1) & (children < sizes[:, None]).all(axis=1)
    looks = (nodes[:, 0] >= 0) & (nodes[:, 0] < columns)
    if not (leaf | (inside & looks)).all():
        raise ValueError("expected nodes that look at a column and lead on within their tree")
