"""What evolutions and enumerations are set to where nobody says: stated once, for options, settings and Python."""

from typing import Final

GRAMMAR: Final = "typed"
TERMS: Final = 6
ISLANDS: Final = 4
POPULATION: Final = 200
GENERATIONS: Final = 25
EPOCH: Final = 5
MIGRANTS: Final = 3
RESTART_AFTER: Final = 10
INITIALISATIONS: Final = 1
MAX_DEPTH: Final = 8
MAX_SIZE: Final = 24
SELECT: Final = "tournament"
OBJECTIVE: Final = "joint"
RESAMPLES: Final = 64
QUANTILE: Final = 0.25
TOURNAMENT: Final = 5
CROSSOVER_RATE: Final = 0.5
MUTATION_RATE: Final = 0.7
ELITE: Final = 5
PARSIMONY: Final = 0.002
ENUMERATED_GRAMMAR: Final = "lpzero"
KEEP: Final = 20_000
"""Rankings of the search split that the choice of an enumeration looks at."""
LARGEST_PART: Final = 50
"""Records of the search and of the validation split: a quarter of the table, at most so many."""
LARGEST_TEST: Final = 1000
"""Records of the sealed test, and of a table that is held out: all that are left, at most so many."""
