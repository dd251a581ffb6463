"""Fitness: rank correlation, splits that keep duplicates together, and outcomes with a status.

What needs scipy is loaded when it is first used: whoever reads a result needs its figures alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# a function of the name of its module: what is loaded later would be the module
from lpzero.fitness.split import Split, split

if TYPE_CHECKING:
    from lpzero.fitness.correlation import Correlation, correlate
    from lpzero.fitness.fitness import Outcome, Status, judge
    from lpzero.fitness.resample import tau_a_interval

_EXPORTS = {
    "Correlation": "lpzero.fitness.correlation",
    "Outcome": "lpzero.fitness.fitness",
    "Status": "lpzero.fitness.fitness",
    "correlate": "lpzero.fitness.correlation",
    "judge": "lpzero.fitness.fitness",
    "tau_a_interval": "lpzero.fitness.resample",
}

__all__ = ["Correlation", "Outcome", "Split", "Status", "correlate", "judge", "split", "tau_a_interval"]


def __getattr__(name: str) -> Any:
    """Load a name on first use (PEP 562); raises AttributeError where there is none of that name."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_EXPORTS[name]), name)
    return value
