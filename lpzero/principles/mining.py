"""The statistical miner: rules that the top of a table keeps and much of the rest does not, with their evidence."""

from __future__ import annotations

import re
from collections.abc import Container

import numpy as np

from lpzero.principles.candidates import Candidates, candidates
from lpzero.principles.contrast import Contrast
from lpzero.principles.document import Evidence, Principle
from lpzero.principles.greedy import Limits, choose, paired
from lpzero.principles.language.columns import Columns, Floats
from lpzero.principles.language.feature import Feature
from lpzero.principles.language.holds import Mask, holds
from lpzero.principles.language.rule import Rule, as_text, features_of
from lpzero.progress import Watch, counting, unwatched
from lpzero.seeds import derived_seed

RESAMPLES = 40
"""Resamples of the records that stability is measured on."""
DRAWN = 1000
"""Resamples of an interval."""
STABLE = 0.8
"""A rule that fewer resamples choose again weighs, and does not filter."""
HEAVIEST = 10.0


def mine(
    found: Contrast,
    drawn: Columns,
    limits: Limits,
    seed: int,
    watch: Watch = unwatched,
    about: Container[str] | None = None,
) -> list[Principle]:
    """Mine principles.

    Args:
        found: The top and the rest.
        drawn: Architectures drawn from the space, which the limits on shrinking are kept on.
        limits: How far the rules may go.
        seed: Seed of shuffles and resamples.
        watch: Told of the resamples.
        about: The features that rules may be about; None for all.

    Returns:
        The principles, in the order in which they were chosen; none where nothing tells the top from the rest.
    """
    rng = np.random.default_rng(derived_seed(seed, "principles", "shuffles"))
    pool = paired(candidates(found.columns, found.top, drawn, about), found.top)
    chosen = choose(pool, found.top, np.ones(len(found.top)), limits, rng)
    again = _chosen_again(pool, found, chosen, limits, seed, watch)
    principles = []
    for number, (place, stability) in enumerate(zip(chosen, again, strict=True), 1):
        rule = pool.rules[place]
        evidence = measured(rule, found, seed).model_copy(update={"stability": stability})
        principles.append(_principle(number, rule, evidence))
    return principles


def measured(rule: Rule, found: Contrast, seed: int) -> Evidence:
    """What the records say of a rule by itself; the interval is that of 1,000 resamples of them."""
    kept = holds(rule, found.columns)
    n, top = len(kept), int(found.top.sum())
    both, all_ = int((kept & found.top).sum()), int(kept.sum())
    cells = np.array([both, top - both, all_ - both, n - top - all_ + both])
    # resampled records are a multinomial draw of these four kinds
    rng = np.random.default_rng(derived_seed(seed, "principles", "interval"))
    a, b, c, _ = rng.multinomial(n, cells / n, size=DRAWN).T.astype(float)
    base = (a + c) / n
    lifts = np.divide(a / np.maximum(a + b, 1), base, out=np.zeros(DRAWN), where=base > 0)
    low, high = np.quantile(lifts, [0.025, 0.975])
    size_lift = found.size_lift(kept)
    return Evidence(
        n=n,
        top=top,
        support=both / top,
        base_rate=all_ / n,
        lift=(both / top) / (all_ / n) if all_ else None,
        interval=[round(float(low), 4), round(float(high), 4)],
        size_lift=None if size_lift is None else round(size_lift, 4),
    )


def _chosen_again(
    pool: Candidates, found: Contrast, chosen: list[int], limits: Limits, seed: int, watch: Watch
) -> list[float]:
    """For each chosen rule, the share of resamples that choose one over the same choices, of agreeing direction."""
    rng = np.random.default_rng(derived_seed(seed, "principles", "stability"))
    told, times = counting(watch, "stability", "resamples"), np.zeros(len(chosen))
    features = found.columns.features
    over = [_over(pool.rules[place], features) for place in chosen]
    for resample in range(RESAMPLES if chosen else 0):
        weights = np.bincount(rng.integers(len(found.top), size=len(found.top)), minlength=len(found.top))
        again = choose(pool, found.top, weights.astype(np.float64), limits, None)
        for number, place in enumerate(chosen):
            times[number] += any(
                _over(pool.rules[other], features) & over[number]
                and _agree(pool.records[place], pool.records[other], weights.astype(np.float64))
                for other in again
            )
        told(resample + 1, RESAMPLES)
    return [float(one) for one in times / RESAMPLES]


def _over(rule: Rule, features: dict[str, Feature]) -> frozenset[str]:
    return frozenset(features[name].of or name for name in features_of(rule))


def _agree(first: Mask, second: Mask, weights: Floats) -> bool:
    """Whether what keeps one rule is more likely to keep the other."""
    both, all_ = float(weights[first & second].sum()), float(weights.sum())
    return both * all_ > float(weights[first].sum()) * float(weights[second].sum())


def _principle(number: int, rule: Rule, evidence: Evidence) -> Principle:
    hard = (evidence.stability or 0.0) >= STABLE
    lift = evidence.lift or 1.0
    return Principle(
        id=f"{number}-" + re.sub(r"[^A-Za-z0-9]+", "-", "-".join(features_of(rule)))[:40].strip("-"),
        statement=statement(rule, evidence),
        rule=rule,
        strength="hard" if hard else "soft",
        weight=None if hard else round(min(HEAVIEST, max(1.0, lift)), 3),
        evidence=evidence,
    )


def statement(rule: Rule, evidence: Evidence) -> str:
    """A rule in words, with how much of the top and of all records it holds of."""
    kept, all_ = round(evidence.support * evidence.top), round(evidence.base_rate * evidence.n)
    return f"{as_text(rule)}: {kept} of the top {evidence.top}, {all_} of all {evidence.n}"
