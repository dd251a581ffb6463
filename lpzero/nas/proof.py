"""Proof by training: what was found, as many that were drawn, and the largest, trained by the recipe of a table."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from lpzero.engines import Engine
from lpzero.errors import InputError, MissingError, NoResultError
from lpzero.fitness.noise import Noise, measure_noise
from lpzero.metrics import METRICS
from lpzero.nas.algorithms import ALGORITHMS
from lpzero.nas.defaults import ALGORITHM
from lpzero.nas.folder import TRAININGS, SearchRunFolder
from lpzero.nas.pool import Pool
from lpzero.nas.result import Difference, ProofResult
from lpzero.progress import Watch, counting
from lpzero.proxy.score import shape_of
from lpzero.proxy.yardstick import strongest_count
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES
from lpzero.tables.load import load_table, load_trained
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.task import TrainingTask, read_training, train_missing

LEVEL = 0.95
_LOG = logging.getLogger(__name__)
FOUND, RANDOM, LARGEST, COUNT = "found", "random", "largest", "count"


@dataclass(frozen=True)
class Proof:
    """How picks are trained.

    Attributes:
        table: Name of the table whose recipe it is.
        recipe: The recipe.
        source: The corpus that it was written for.
        noise: That between trainings of one model of the table; None where none was trained twice.
        count: Name of the metric of the shape that ranks the table best: the control that needs no model.
    """

    table: str
    recipe: Recipe
    source: CorpusFiles
    noise: Noise | None
    count: str


def prepare_proof(space: SearchSpace, corpus: str, validation: str) -> Proof:
    """Find the recipe of a space's bundled table, and see that the corpus is the one that it was written for.

    Args:
        space: The space, under the protocol of such a table.
        corpus: Path of the text to train on.
        validation: Path of the text to validate on.

    Raises:
        InputError: No bundled table was trained in this space and protocol, or the text is another one.
        MissingError: A path is not given.
    """
    name, recipe, source = bundled_recipe(space, corpus, validation, "`verify`")
    table = load_table(name)
    count = strongest_count(space, [record.architecture for record in table.records], table.oriented)
    return Proof(name, recipe, source, table_noise(name), count.what)


def bundled_recipe(space: SearchSpace, corpus: str, validation: str, asking: str) -> tuple[str, Recipe, CorpusFiles]:
    """The recipe of a space's bundled table, its name, and the corpus, which is the one that it was written for.

    Args:
        space: The space, under the protocol of such a table.
        corpus: Path of the text to train on.
        validation: Path of the text to validate on.
        asking: What asks for trainings, for messages.

    Raises:
        InputError: No bundled table was trained in this space and protocol, or the text is another one.
        MissingError: A path is not given.
    """
    found = [
        (name, recipe)
        for name, entry in TABLES.items()
        if entry.published is None and entry.space == space.name
        for recipe in (load_trained(name)[2],)
        if recipe is not None
    ]
    fitting = [(name, recipe) for name, recipe in found if recipe.protocol == space.protocol]
    if not fitting:
        trained = sorted({entry.space for entry in TABLES.values() if entry.published is None})
        known = ", ".join(f"`space` {recipe.space} `protocol` {recipe.protocol}" for _, recipe in found)
        raise InputError(
            f"{asking} trains by the recipe of a bundled table: expected {known or ' or '.join(trained)}, found "
            f"{space.name}, protocol {space.protocol}"
        )
    name, recipe = fitting[0]
    if not corpus or not validation:
        raise MissingError(
            f"{asking} needs the text that {name} was trained on: give `corpus` and `validation`; where it comes from "
            f"is said by lpzero tables show {name}"
        )
    source = CorpusFiles(Path(corpus), Path(validation), recipe.tokens)
    read = read_corpus(source.corpus, validation=source.validation, tokens=source.tokens)
    for option, given, wanted in (
        ("`corpus`", read.train_sha256, recipe.train_sha256),
        ("`validation`", read.validation_sha256, recipe.validation_sha256),
    ):
        if given != wanted:
            raise InputError(
                f"{option}: expected the text of {name}, SHA-256 {wanted[:16]}..., found another, {given[:16]}...: "
                f"lpzero tables show {name} says where it comes from"
            )
    return name, recipe, source


def table_noise(name: str) -> Noise | None:
    """The noise between trainings of one model of a bundled table; None where none was trained twice."""
    trainings = load_trained(name)[1]
    ended = [(t.loss, t.id) for t in trainings if t.loss is not None]
    losses, ids = zip(*ended, strict=True)
    return measure_noise(np.array(losses), np.array(ids))


def chosen_by_count(pool: Pool, count: str, looks: int, number: int, rng: np.random.Generator) -> list[Architecture]:
    """The best that the default algorithm finds where a count stands in the place of the proxy.

    Args:
        pool: Where candidates come from.
        count: Name of a metric of the shape.
        looks: How many architectures it may look at, as many as the search did.
        number: How many of the best are wanted.
        rng: Source of randomness.
    """
    metric = METRICS[count]
    sign = 1.0 if metric.higher_is_better else -1.0
    known: dict[str, float] = {}

    def worth(architecture: Architecture) -> float:
        key = pool.space.model_key(architecture)
        if key not in known:
            known[key] = sign * metric.score_shape(shape_of(pool.space, architecture))
        return known[key]

    seen: list[Architecture] = []
    for batch in ALGORITHMS[ALGORITHM](pool, rng, worth):
        seen += batch[: looks - len(seen)]
        if len(seen) >= looks:
            break
    return sorted(seen, key=worth, reverse=True)[:number]


def drawn_for_proof(
    pool: Pool, number: int, picked: Sequence[Architecture], rng: np.random.Generator
) -> list[Architecture]:
    """As many random architectures that fit as there are in ``picked``, none of their models among those."""
    taken = {pool.space.model_key(architecture) for architecture in picked}
    drawn: list[Architecture] = []
    while len(drawn) < number and (architecture := pool.sample(rng, taken)) is not None:
        taken.add(pool.space.model_key(architecture))
        drawn.append(architecture)
    return drawn


def prove(
    run: SearchRunFolder,
    space: SearchSpace,
    proof: Proof,
    groups: dict[str, list[Architecture]],
    *,
    engine: Engine,
    watch: Watch,
) -> ProofResult:
    """Train each group, none of the models twice, and compare them.

    Args:
        run: The folder of the search, which keeps every training.
        space: What builds the models.
        proof: How they are trained.
        groups: Architectures by ``"found"``, ``"random"``, ``"largest"`` and ``"count"``.
        engine: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        NoResultError: Fewer than two trainings of a group that is compared ended with a loss.
    """
    if min(len(groups[FOUND]), len(groups[RANDOM])) < 2:
        raise NoResultError(f"too few to compare: {len(groups[FOUND])} found and {len(groups[RANDOM])} random ones")
    named = {space.key(a): a for group in groups.values() for a in group}
    tasks = {
        key: TrainingTask(space, proof.recipe, key[:16], a, 0, run.path / TRAININGS / f"{key[:16]}.json")
        for key, a in named.items()
    }
    train_missing(list(tasks.values()), proof.source, engine, counting(watch, "training", "trainings"), _LOG.warning)
    records = {key: read_training(task) for key, task in tasks.items()}
    rows = {
        name: [{"key": k, "status": records[k].status, "loss": records[k].loss} for k in map(space.key, group)]
        for name, group in groups.items()
    }
    losses = {name: [records[space.key(a)].loss for a in group] for name, group in groups.items()}
    if len(_pairs(losses)) < 2 or losses[LARGEST][0] is None:
        raise NoResultError(f"too few trainings ended with a loss: see {run.path / TRAININGS}")
    return ProofResult(
        table=proof.table,
        recipe=proof.recipe.digest,
        seed=0,
        losses=rows,
        means={name: round(float(np.mean(_there(values))), 6) for name, values in losses.items()},
        noise=None if proof.noise is None else round(proof.noise.deviation, 6),
        count=proof.count,
        difference=compared(losses, proof.noise),
    )


def _there(losses: Sequence[float | None]) -> list[float]:
    return [loss for loss in losses if loss is not None]


def _pairs(losses: dict[str, list[float | None]]) -> list[tuple[float, float]]:
    """The i-th found with the i-th random one, where both have a loss."""
    both = zip(losses[FOUND], losses[RANDOM], strict=False)
    return [(one, other) for one, other in both if one is not None and other is not None]


def compared(losses: dict[str, list[float | None]], noise: Noise | None) -> dict[str, Difference]:
    """How much lower the losses of what was found are: below 0 is better.

    Against random ones the i-th found is paired with the i-th drawn: every training sees the same batches, nothing
    else pairs them, so that an interval without pairs (Welch) stands beside it. Against those of a count the interval
    is Welch's. The largest is a single model, trained once: its loss has the noise that the table measured between two
    trainings, and the degrees of freedom are those of Satterthwaite (1946).

    Args:
        losses: By group, in its order; None where a training ended without one. Two pairs have both, or more.
        noise: Between trainings of one model; None where it is not known: then a single training has no interval.

    Returns:
        For ``"random"``, ``"largest"`` and ``"count"``; the last one where two of its trainings ended or more.
    """
    found, random, largest, count = (np.array(_there(losses.get(name, []))) for name in (FOUND, RANDOM, LARGEST, COUNT))
    ones, others = np.array(_pairs(losses)).T
    paired = stats.ttest_rel(ones, others)
    unpaired = stats.ttest_ind(found, random, equal_var=False)
    differences = {
        RANDOM: Difference(
            mean=round(float(ones.mean() - others.mean()), 6),
            interval=_ends(paired.confidence_interval(LEVEL)),
            p=round(float(paired.pvalue), 6),
            unpaired_interval=_ends(unpaired.confidence_interval(LEVEL)),
        ),
        LARGEST: Difference(
            mean=round(float(found.mean() - largest[0]), 6), interval=less_one(found, float(largest[0]), noise)
        ),
    }
    if len(count) > 1:
        welch = stats.ttest_ind(found, count, equal_var=False)
        differences[COUNT] = Difference(
            mean=round(float(found.mean() - count.mean()), 6),
            interval=_ends(welch.confidence_interval(LEVEL)),
            p=round(float(welch.pvalue), 6),
        )
    return differences


def less_one(losses: np.ndarray, single: float, noise: Noise | None) -> list[float] | None:
    """The interval of a mean of losses less one loss that was measured once, with noise; None where that is not known.

    Args:
        losses: (trainings,), two or more.
        single: One loss.
        noise: Between trainings of one model.
    """
    if noise is None:
        return None
    of_mean, of_one = float(losses.var(ddof=1)) / len(losses), noise.deviation**2
    mean = float(losses.mean()) - single
    if of_mean + of_one == 0:
        return [round(mean, 6), round(mean, 6)]
    freedom = (of_mean + of_one) ** 2 / (of_mean**2 / (len(losses) - 1) + of_one**2 / noise.freedom)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * math.sqrt(of_mean + of_one)
    return [round(mean - half, 6), round(mean + half, 6)]


def _ends(interval: Any) -> list[float]:
    return [round(float(interval.low), 6), round(float(interval.high), 6)]
