"""Build a table: draw architectures, train each by one recipe, keep every training as a file of its own.

The folder holds ``recipe.json`` and ``trainings/``, one small JSON document each, written by the worker that
made it the moment that it ends: a build that was killed goes on with what is missing. Nothing in it depends on
the number of workers.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lpzero.engines import map_ordered
from lpzero.errors import InputError, LpzeroError
from lpzero.files import PART, write_json
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables.corpus import Corpus, read_corpus
from lpzero.tables.document import read_json
from lpzero.tables.draw import draw
from lpzero.tables.recipe import Recipe
from lpzero.tables.trained import TrainedRecord, check_record

RECIPE, TRAININGS = "recipe.json", "trainings"


@dataclass(frozen=True)
class Source:
    """Where the corpus of a build is.

    Attributes:
        corpus: The text to train on.
        validation: The text to validate on; None for the last tenth of ``corpus``.
        tokens: How text becomes ids.
    """

    corpus: Path
    validation: Path | None
    tokens: str


@dataclass(frozen=True)
class _Task:
    recipe: Recipe
    source: Source
    id: str
    architecture: Architecture
    seed: int
    path: Path


def build(
    recipe: Recipe,
    source: Source,
    folder: Path,
    *,
    number: int,
    repeated: int,
    jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[TrainedRecord, ...]:
    """Train what a folder still lacks.

    Args:
        recipe: How every architecture is trained.
        source: Where the corpus is that the recipe was written for.
        folder: A new folder, or one that was begun with the same recipe; it may then grow.
        number: Architectures.
        repeated: How many of them, the first ones of the draw, are trained with a second seed as well.
        jobs: Worker processes; the result does not depend on it.
        progress: Called with (trainings done, trainings to do).

    Returns:
        The trainings, those with the first seed before those with the second.

    Raises:
        InputError: The folder is of another recipe or damaged, or a number is out of its range.
        LpzeroError: The folder cannot be written.
    """
    if not 0 <= repeated <= number:
        raise InputError(f"expected from 0 to {number} architectures to repeat, found {repeated}")
    if jobs < 1:
        raise InputError(f"expected at least 1 job, found {jobs}")
    space = get_space(recipe.space, recipe.protocol)
    drawn = draw(space, number, np.random.default_rng(recipe.seed))
    _keep_recipe(folder, recipe)
    tasks = [_task(recipe, source, folder, i, a, seed=0) for i, a in enumerate(drawn)]
    tasks += [_task(recipe, source, folder, i, a, seed=1) for i, a in enumerate(drawn[:repeated])]
    missing = [task for task in tasks if not task.path.exists()]
    present = len(tasks) - len(missing)
    # what is damaged is said before hours are spent on the rest
    for task in tasks:
        if task.path.exists():
            _read(task)
    progress(present, len(tasks))
    for done, _ in enumerate(map_ordered(_train_one, missing, jobs=jobs), start=present + 1):
        progress(done, len(tasks))
    return tuple(_read(task) for task in tasks)


def environment(device: str) -> dict[str, str]:
    """The versions and the machine of a training, as the card of a table keeps them."""
    import torch

    where = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "device": f"{device}: {where}",
    }


def _task(recipe: Recipe, source: Source, folder: Path, index: int, architecture: Architecture, *, seed: int) -> _Task:
    name = f"{index:04d}"
    path = folder / TRAININGS / f"{name}-{seed}-{architecture.digest[:16]}.json"
    return _Task(recipe, source, name, architecture, seed, path)


def _read(task: _Task) -> TrainedRecord:
    """The training of a task; raises InputError where the file holds another one."""
    record = check_record(read_json(task.path), str(task.path), task.recipe)
    expected = (task.id, task.seed, task.architecture.to_json())
    if (record.id, record.seed, record.architecture) != expected:
        raise InputError(
            f"{task.path}: expected the training of {task.id} with seed {task.seed}, found that of another "
            f"({record.id} with seed {record.seed}): delete the file, and it is trained again"
        )
    return record


def _keep_recipe(folder: Path, recipe: Recipe) -> None:
    """Begin a folder, or see that it was begun with the same recipe."""
    path = folder / RECIPE
    wanted: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    if path.exists():
        found = read_json(path)
        if not isinstance(found, dict):
            raise InputError(f"{path}: expected a recipe, found {type(found).__name__}")
        names = dict.fromkeys((*wanted, *found))
        differing = next((name for name in names if found.get(name) != wanted.get(name)), None)
        if differing is not None:
            raise InputError(
                f"{path}: expected the recipe of this build, found one with {differing} {found.get(differing)!r} "
                f"instead of {wanted.get(differing)!r}: give another --out"
            )
        return
    # a build that was killed while it wrote the recipe leaves the part of it
    if folder.exists() and (not folder.is_dir() or any(path.suffix != PART for path in folder.iterdir())):
        raise InputError(f"{folder}: expected a new folder or one that a build began, found neither")
    try:
        write_json(path, wanted)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err


@lru_cache(maxsize=1)
def _corpus(source: Source, *hashes: str) -> Corpus:
    """The corpus of a recipe, read once by each worker; raises InputError where the text is another one."""
    corpus = read_corpus(source.corpus, validation=source.validation, tokens=source.tokens)
    if (corpus.train_sha256, corpus.validation_sha256, corpus.tokenizer_sha256) != hashes:
        raise InputError(f"corpus {source.corpus}: changed while the table was built: restore it")
    return corpus


def _train_one(task: _Task) -> None:
    from lpzero.tables.train import train

    recipe = task.recipe
    corpus = _corpus(task.source, recipe.train_sha256, recipe.validation_sha256, recipe.tokenizer_sha256)
    space = get_space(recipe.space, recipe.protocol)
    training = train(space, task.architecture, recipe, corpus, seed=task.seed)
    reached = training.curve[-1][0] if training.curve else 0
    record = TrainedRecord(
        id=task.id,
        architecture=task.architecture.to_json(),
        seed=task.seed,
        status=training.status.value,
        reason=training.reason,
        loss=training.loss,
        curve=training.curve,
        steps=reached,
        tokens=reached * recipe.batch * recipe.length,
        parameters=space.parameter_counts(task.architecture),
        seconds=training.seconds,
        recipe=recipe.digest,
    )
    try:
        write_json(task.path, record.model_dump(mode="json"))
    except OSError as err:
        raise LpzeroError(f"{task.path} cannot be written: {err.strerror or err}") from err
