"""Where work runs: a pure function mapped over inputs, in this process or in several, with equal results."""

from lpzero.engines.engine import map_ordered, single_threaded
from lpzero.engines.workers import Workers

__all__ = ["Workers", "map_ordered", "single_threaded"]
