"""Where work runs: a pure function mapped over inputs, in this process or in several, with equal results."""

from lpzero.engines.engine import map_ordered, single_threaded

__all__ = ["map_ordered", "single_threaded"]
