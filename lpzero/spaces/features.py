"""Features of an architecture: numbers that say what was chosen, the same in every space, for a regression."""

from __future__ import annotations

from lpzero.spaces.architecture import Architecture


def features(architecture: Architecture) -> dict[str, float]:
    """The depth, the sum of every number over model and layers, and how often each text is chosen.

    >>> features(Architecture.of("s", {"width": 8}, [{"heads": 2, "kind": "a"}, {"heads": 4, "kind": "a"}]))
    {'depth': 2.0, 'width': 8.0, 'heads': 6.0, 'kind=a': 2.0}
    """
    summed = {"depth": float(architecture.depth)}
    for part in (architecture.whole, *architecture.layers):
        for name, value in part:
            feature, amount = (f"{name}={value}", 1.0) if isinstance(value, str) else (name, float(value))
            summed[feature] = summed.get(feature, 0.0) + amount
    return summed
