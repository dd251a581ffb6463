"""Choose among formulas that rank the seen architectures about equally well: the one that agrees most with the others.

The best of many formulas on a hundred architectures owes part of its place to luck, since qualities are noisy. What
good formulas have in common is less lucky: of the best few, the one whose ranks are closest to their mean ranks is
chosen (Borda's count, then the member nearest to it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from scipy import stats

from lpzero.errors import NoResultError
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.fitness.batch import rank_statistics
from lpzero.formula import Formula

COMMITTEE = 30
"""How many of the best formulas have a say."""


def nearest_to_all(scores: np.ndarray) -> int:
    """The score vector with the highest tau-a with the mean ranks of all of them.

    Args:
        scores: (candidates, architectures), finite, higher is better, at least one candidate.

    Returns:
        Its index; the first one where several agree equally.
    """
    together = stats.rankdata(scores, axis=1).mean(axis=0)
    agreement = rank_statistics(torch.from_numpy(scores), torch.from_numpy(together)).tau_a.numpy()
    return int(np.argmax(np.nan_to_num(agreement, nan=-2.0)))


def choose_among(scores: np.ndarray, tau_a: np.ndarray, committee: int = COMMITTEE) -> int:
    """Choose one of many candidates.

    Args:
        scores: (candidates, architectures) of search and validation, higher is better.
        tau_a: (candidates,) on both splits together; NaN for a candidate that does not rank them.
        committee: How many of the best have a say, at least 1.

    Returns:
        The index of the chosen one.
    """
    best = voters(tau_a, committee)
    return int(best[nearest_to_all(scores[best])])


def voters(tau_a: np.ndarray, committee: int) -> np.ndarray:
    """The indices of the ``committee`` highest values that are numbers, the highest first."""
    best = np.argsort(-np.nan_to_num(tau_a, nan=-2.0), kind="stable")[:committee]
    found: np.ndarray = best[~np.isnan(tau_a[best])]
    return found


def choose(
    candidates: Iterable[Candidate],
    parsimony: float,
    scores: Callable[[Formula], np.ndarray],
    committee: int = COMMITTEE,
) -> Candidate:
    """Choose one of the formulas that an evolution kept.

    Args:
        candidates: Formulas, of which those that rank both splits are looked at.
        parsimony: Tau-a on search and validation that one node more must earn.
        scores: Gives the (architectures,) of search and validation of a formula.
        committee: How many of the best have a say, at least 1.

    Raises:
        NoResultError: No formula ranks both splits.
    """

    def worth(candidate: Candidate) -> tuple[float, int, str]:
        assert candidate.both is not None
        return -(candidate.both.tau_a - parsimony * candidate.size), candidate.size, candidate.key

    valid = (candidate for candidate in candidates if candidate.both is not None and candidate.ok)
    best = sorted(valid, key=worth)[:committee]
    if not best:
        raise NoResultError("no valid formula was found: raise `generations`, `max_evals` or `budget`")
    directed = [scores(candidate.formula) * (1.0 if candidate.higher_is_better else -1.0) for candidate in best]
    return best[nearest_to_all(np.array(directed))]
