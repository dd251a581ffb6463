"""Whether the probabilities of ``lpzero gate`` come true on every table, beside always saying the larger one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from record import record

from lpzero import Workers
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of
from lpzero.fitness.strata import RATIO, matched
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.predictors import Known, Labelled, Regression
from lpzero.predictors.evaluation import Split, Trained, draw_splits
from lpzero.predictors.gate.chance import Side, chance
from lpzero.predictors.labels import table_noise
from lpzero.progress import unwatched
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.tables import load_trained

TABLES = ("gpt2-wt103", "flexibert-own", "gpt2-own", "llama-own")
PAIRS = 400
"""Pairs of each kind that are looked at in a draw of labels."""
BINS = 5


@dataclass(frozen=True)
class Told:
    """What was said of pairs, and what came of them.

    Attributes:
        stated: (pairs,) probability that the second one is better.
        true: (pairs,) bool, whether it was.
        larger: (pairs,) bool, whether it has more parameters.
        silent: The share of pairs of which nothing was said.
    """

    stated: np.ndarray
    true: np.ndarray
    larger: np.ndarray
    silent: float


def told(known: Known, trained: Trained, split: Split, pairs: np.ndarray, rng: np.random.Generator) -> Told:
    """Fit to a draw of labels, and ask about some of the pairs that may be asked about."""
    labelled = Labelled(
        tuple(trained.architectures[i] for i in split.labelled),
        trained.quality[split.labelled],
        trained.higher_is_better,
        trained.noise,
    )
    fitted = Regression("ridge", known, None).fit(labelled)
    said = fitted.predict([trained.architectures[i] for i in split.asked])
    sides = {int(i): Side(one, 0) for i, one in zip(split.asked, said, strict=True)}
    drawn = pairs[rng.permutation(len(pairs))[:PAIRS]]
    # which of a pair comes first is chance
    drawn = np.where(rng.random((len(drawn), 1)) < 0.5, drawn, drawn[:, ::-1])
    found = [chance(fitted, sides[int(i)], sides[int(j)], None).probability for i, j in drawn]
    kept = np.array([one is not None for one in found])
    sign = 1.0 if trained.higher_is_better else -1.0
    better = sign * (trained.quality[drawn[:, 1]] - trained.quality[drawn[:, 0]]) > 0
    larger = trained.sizes[drawn[:, 1]] > trained.sizes[drawn[:, 0]]
    stated = np.array([one for one in found if one is not None], dtype=np.float64)
    return Told(stated, better[kept], larger[kept], float(1 - kept.mean()))


def row(draws: Sequence[Told]) -> list[Any]:
    """The figures over all draws."""
    stated, true, larger = (
        np.concatenate([getattr(one, name) for one in draws]) for name in ("stated", "true", "larger")
    )
    brier = [float(((one.stated - one.true) ** 2).mean()) for one in draws]
    # of each pair the one that is said to be better
    sure, right = np.maximum(stated, 1 - stated), np.where(stated >= 0.5, true, ~true)
    place = np.minimum(((sure - 0.5) * 2 * BINS).astype(int), BINS - 1)
    inside = [place == i for i in range(BINS) if (place == i).any()]
    off = sum(abs(float(sure[one].sum() - right[one].sum())) for one in inside) / len(sure)
    shown = ", ".join(f"{sure[one].mean():.2f}: {right[one].mean():.2f}" for one in inside)
    return [
        *(len(sure), float(np.mean([one.silent for one in draws]))),
        *(f"{np.mean(brier):.3f} ± {np.std(brier, ddof=1):.3f}", float((larger != true).mean())),
        *(float(right.mean()), float((larger == true).mean()), off, float(sure.mean() - right.mean()), shown),
    ]


def main() -> None:
    """Judge the tables that are named, and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--labels", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--name", default="gate")
    given = parser.parse_args()
    rows = []
    for name in given.tables:
        table, trainings, _ = load_trained(name)
        space = get_space(table.space, table.protocol(None))
        noise = table_noise(table, trainings, space)
        trained = Trained.of(table, space, noise=noise, within=RATIO, seed=0)
        probe = probe_of(0, BATCH, TOKENS, "cpu")
        groups = ("spec", "shape", "operands")
        known = Known.of(described_by(space, groups, probe, Workers(), unwatched), trained.architectures)
        for labels in given.labels:
            splits = draw_splits(trained.groups, labels, given.splits, 0)
            for kind in ("all", "matched"):
                draws = []
                for number, split in enumerate(splits):
                    rng = np.random.default_rng(derived_seed(0, "pairs", str(number)))
                    first, second = np.triu_indices(len(split.asked), 1)
                    pairs = np.stack([split.asked[first], split.asked[second]], axis=1)
                    counted = trained.groups[pairs[:, 0]] != trained.groups[pairs[:, 1]]
                    counted &= trained.quality[pairs[:, 0]] != trained.quality[pairs[:, 1]]
                    if kind == "matched":
                        counted &= matched(trained.sizes, RATIO)[pairs[:, 0], pairs[:, 1]]
                    draws.append(told(known, trained, split, pairs[counted], rng))
                rows.append([name, labels, kind, *row(draws)])
    header = (
        "table",
        "labels",
        "pairs",
        "asked",
        "cannot say",
        "Brier",
        "Brier of the larger",
        "right",
        "larger is right",
    )
    more = ("calibration error", "stated less true", "stated: came true")
    command = f"python benchmarks/gate.py --name {given.name} --tables {' '.join(given.tables)}"
    command += f" --labels {' '.join(map(str, given.labels))} --splits {given.splits}"
    facts = {
        "pairs": "of architectures that are not among the labels, each trained once; which one is said to be better",
        "larger": "always the one with more parameters outside the embeddings, with a probability of 1",
        "half": "whoever always says .5 has a Brier score of .25",
    }
    record(given.name, command, (*header, *more), rows, **facts)


if __name__ == "__main__":
    main()
