"""Principles after new results: measured again, shrunk to what was known, and relaxed where they no longer hold."""

from __future__ import annotations

import math

from lpzero.principles.contrast import Contrast
from lpzero.principles.document import Change, Evidence, Principle, Principles
from lpzero.principles.language.columns import Floats
from lpzero.principles.mining import measured

STALLED = 0.05
"""Chance that a search which still finds better ones is taken to have stalled."""


def adapt(principles: Principles, found: Contrast, seed: int, *, stalled: bool = False) -> Principles:
    """The next version of principles.

    A rule whose lift, that of the source and that of the new results together, is not above 1 is relaxed: it is kept in
    the file and has no say any more. Of logarithms of lifts it is the mean, weighed by the records of the top that each
    was measured on, so that a few new results move what many told little.

    Args:
        principles: Usable in the space of the results.
        found: The top of the new results and their rest; what this run paid for, and nothing else of the target.
        seed: Seed of the intervals.
        stalled: Whether the search no longer finds better ones (:func:`is_stalled`): the least stable hard rule is
            relaxed, if none was.
    """
    version = principles.version + 1
    listed = [_adapted(one, found, version, seed) for one in principles.principles]
    none_relaxed = all(old.status == new.status for old, new in zip(principles.principles, listed, strict=True))
    hard = [one for one in listed if one.status == "active" and one.strength == "hard"]
    if stalled and none_relaxed and hard:
        loosest = min(hard, key=_firmness)
        reason = "the search stalls, and no hard rule is less stable"
        listed = [_relaxed(one, version, reason) if one is loosest else one for one in listed]
    return principles.model_copy(update={"version": version, "principles": listed})


def is_stalled(oriented: Floats, level: float = STALLED) -> bool:
    """Whether the best of some results stands too long to be luck.

    Of n results that come in any order alike, the best is among the first k with a chance of k / n. A search that still
    learns finds better ones more often than that; one whose last few results are no better than all before says
    nothing yet: with five behind five that is one in two.

    Args:
        oriented: (results,) in the order in which they came in, higher is better, at least one.
        level: The chance, at most.

    >>> import numpy as np
    >>> is_stalled(np.array([3.0, *[1.0] * 19])), is_stalled(np.array([1.0, 3.0, *[1.0] * 18]))
    (True, False)
    """
    return (int(oriented.argmax()) + 1) / len(oriented) <= level


def _firmness(one: Principle) -> tuple[float, float]:
    evidence = one.evidence
    return (0.0, 0.0) if evidence is None else (evidence.stability or 0.0, evidence.lift or 0.0)


def _adapted(one: Principle, found: Contrast, version: int, seed: int) -> Principle:
    if one.rule is None or one.status != "active":
        return one
    new = measured(one.rule, found, seed)
    lift = together(one.evidence, new)
    told = f"lift {_shown(new.lift)} on {new.n} new results, {lift:.2f} together"
    if lift <= 1:
        return _relaxed(one, version, told)
    return one.model_copy(update={"history": [*one.history, Change(version=version, reason=told)]})


def _relaxed(one: Principle, version: int, reason: str) -> Principle:
    change = Change(version=version, reason=f"relaxed: {reason}")
    return one.model_copy(update={"status": "relaxed", "history": [*one.history, change]})


def _shown(lift: float | None) -> str:
    return "unknown" if lift is None else f"{lift:.2f}"


def together(known: Evidence | None, new: Evidence) -> float:
    """The lift of what was known and of new results together; 1 where neither says anything.

    A rule that none of the new top keeps counts as one that half a record of it keeps.

    >>> known, new = (Evidence(n=n, top=top, support=s, base_rate=0.5) for n, top, s in ((90, 30, 1.0), (30, 10, 0.0)))
    >>> round(together(known, new), 3), round(together(None, new), 3)
    (0.946, 0.1)
    """
    weighed, weight = 0.0, 0
    for one in (known, new):
        if one is not None and one.base_rate > 0 and one.top > 0:
            support = max(one.support, 0.5 / one.top)
            weighed += one.top * math.log(support / one.base_rate)
            weight += one.top
    return math.exp(weighed / weight) if weight else 1.0
