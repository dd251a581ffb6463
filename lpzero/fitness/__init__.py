"""Fitness: rank correlation, splits that keep duplicates together, and outcomes with a status."""

from lpzero.fitness.correlation import Correlation, correlate
from lpzero.fitness.fitness import Outcome, Status, judge
from lpzero.fitness.resample import tau_a_interval
from lpzero.fitness.split import Split, split

__all__ = ["Correlation", "Outcome", "Split", "Status", "correlate", "judge", "split", "tau_a_interval"]
