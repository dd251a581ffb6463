"""Proof by training: what was found, as many that were drawn, and the largest, trained by the recipe of a table."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from lpzero.engines import Engine
from lpzero.errors import InputError, MissingError, NoResultError
from lpzero.nas.folder import TRAININGS, SearchRunFolder
from lpzero.nas.pool import Pool
from lpzero.nas.result import Difference, ProofResult
from lpzero.progress import Watch, counting
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES
from lpzero.tables.load import load_trained
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.task import TrainingTask, read_training, train_missing

LEVEL = 0.95
_LOG = logging.getLogger(__name__)
FOUND, RANDOM, LARGEST = "found", "random", "largest"


@dataclass(frozen=True)
class Proof:
    """How picks are trained.

    Attributes:
        table: Name of the table whose recipe it is.
        recipe: The recipe.
        source: The corpus that it was written for.
    """

    table: str
    recipe: Recipe
    source: CorpusFiles


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
    found = [
        (name, recipe)
        for name, entry in TABLES.items()
        if entry.published is None and entry.space == space.name
        for recipe in (load_trained(name)[2],)
        if recipe is not None
    ]
    fitting = [(name, recipe) for name, recipe in found if recipe.protocol == space.protocol]
    if not fitting:
        known = ", ".join(f"`space` {recipe.space} `protocol` {recipe.protocol}" for _, recipe in found)
        raise InputError(
            f"`verify` trains by the recipe of a bundled table: expected {known or 'a space that has one'}, found "
            f"{space.name}, protocol {space.protocol}"
        )
    name, recipe = fitting[0]
    if not corpus or not validation:
        raise MissingError(
            f"`verify` needs the text that {name} was trained on: give `corpus` and `validation`; where it comes from "
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
    return Proof(name, recipe, source)


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
        groups: Architectures by ``"found"``, ``"random"`` and ``"largest"``.
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
        difference=compared(losses),
    )


def _there(losses: Sequence[float | None]) -> list[float]:
    return [loss for loss in losses if loss is not None]


def _pairs(losses: dict[str, list[float | None]]) -> list[tuple[float, float]]:
    """The i-th found with the i-th random one, where both have a loss."""
    both = zip(losses[FOUND], losses[RANDOM], strict=False)
    return [(one, other) for one, other in both if one is not None and other is not None]


def compared(losses: dict[str, list[float | None]]) -> dict[str, Difference]:
    """How much lower the losses of what was found are: below 0 is better.

    Against random ones the i-th found is paired with the i-th drawn: every training sees the same batches, nothing
    else pairs them, so that an interval without pairs (Welch) stands beside it. Against the largest, a single model,
    the interval is that of the mean of what was found less its loss.

    Args:
        losses: By group, in its order; None where a training ended without one. Two pairs have both, or more.

    Returns:
        For ``"random"`` and ``"largest"``.
    """
    found, random, largest = (np.array(_there(losses[name])) for name in (FOUND, RANDOM, LARGEST))
    ones, others = np.array(_pairs(losses)).T
    paired = stats.ttest_rel(ones, others)
    unpaired = stats.ttest_ind(found, random, equal_var=False)
    single = stats.ttest_1samp(found, largest[0])
    return {
        RANDOM: Difference(
            mean=round(float(ones.mean() - others.mean()), 6),
            interval=_ends(paired.confidence_interval(LEVEL)),
            p=round(float(paired.pvalue), 6),
            unpaired_interval=_ends(unpaired.confidence_interval(LEVEL)),
        ),
        LARGEST: Difference(
            mean=round(float(found.mean() - largest[0]), 6),
            # the interval of the mean, moved by the one loss
            interval=[round(end - float(largest[0]), 6) for end in single.confidence_interval(LEVEL)],
        ),
    }


def _ends(interval: Any) -> list[float]:
    return [round(float(interval.low), 6), round(float(interval.high), 6)]
