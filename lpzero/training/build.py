"""Build a table: draw architectures, train each by one recipe, keep every training as a file of its own.

The folder holds ``recipe.json``, ``environment.json`` and ``trainings/``, one small JSON document each, written the
moment that the training ends: a build that was killed goes on with what is missing. Nothing in it
depends on the number of workers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpzero.engines import Engine
from lpzero.errors import InputError, LpzeroError
from lpzero.files import LOCK, PART, held, write_json
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables.document import read_json
from lpzero.tables.folder import recipe_document
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord, environment
from lpzero.training.corpus import CorpusFiles
from lpzero.training.draw import draw
from lpzero.training.task import TrainingTask, read_training, train_missing

RECIPE, ENVIRONMENT, TRAININGS = "recipe.json", "environment.json", "trainings"
_TRAINING = re.compile(r"(\d{4,})-([01])-[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class Built:
    """What a build gives.

    Attributes:
        trainings: Those with the first seed, in the order of the draw, before those with the second.
        environment: Versions and machine, as they were when the folder was begun.
    """

    trainings: tuple[TrainedRecord, ...]
    environment: dict[str, str]


@contextmanager
def build(
    recipe: Recipe,
    source: CorpusFiles,
    folder: Path,
    *,
    number: int,
    repeated: int,
    engine: Engine,
    progress: Callable[[int, int], None],
    say: Callable[[str], None],
) -> Iterator[Built]:
    """Train what a folder still lacks, and keep other builds out of it until the block ends.

    Args:
        recipe: How every architecture is trained.
        source: Where the corpus is that the recipe was written for.
        folder: A new folder, or one that was begun with the same recipe and versions; it may then grow.
        number: Architectures.
        repeated: How many of them, the first ones of the draw, are trained with a second seed as well.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (trainings done, trainings to do).
        say: Called with a line that a person should see.

    Raises:
        InputError: The folder is of another recipe, of other versions, damaged, or another process builds there, or
            a number is out of its range or below what the folder holds.
        LpzeroError: The folder cannot be written.
    """
    if not 0 <= repeated <= number:
        raise InputError(f"expected from 0 to {number} architectures to repeat, found {repeated}")
    space = get_space(recipe.space, recipe.protocol)
    drawn = draw(space, number, np.random.default_rng(recipe.seed))
    tasks = [_task(space, recipe, folder, i, a, seed=0) for i, a in enumerate(drawn)]
    tasks += [_task(space, recipe, folder, i, a, seed=1) for i, a in enumerate(drawn[:repeated])]
    here = environment(recipe.device)
    # before the lock is written: what is refused is left as it is
    _check(folder, recipe, here, number, repeated)
    with held(folder):
        _check(folder, recipe, here, number, repeated)
        _begin(folder, recipe, here)
        cells = len(space.cells)
        if number < cells:
            empty = f"{cells - number} of the {cells} pairs of depth and width have no architecture"
            say(f"{empty}: `archs` {cells} fills them all")
        train_missing(tasks, source, engine, progress, say)
        yield Built(tuple(read_training(task) for task in tasks), read_json(folder / ENVIRONMENT))


def _task(
    space: SearchSpace,
    recipe: Recipe,
    folder: Path,
    index: int,
    architecture: Architecture,
    *,
    seed: int,
) -> TrainingTask:
    name = f"{index:04d}"
    path = folder / TRAININGS / f"{name}-{seed}-{architecture.digest[:16]}.json"
    return TrainingTask(space, recipe, name, architecture, seed, path)


def _check(folder: Path, recipe: Recipe, here: dict[str, str], number: int, repeated: int) -> None:
    """Raise InputError where a folder is neither new nor one that this build may go on with."""
    if not (folder / RECIPE).exists():
        # a build that was killed in the very beginning leaves no more than these
        began = folder.is_dir() and all(path.suffix == PART or path.name == LOCK for path in folder.iterdir())
        if folder.exists() and not began:
            raise InputError(f"{folder}: expected a new folder or one that a build began, found neither")
        return
    _check_recipe(folder / RECIPE, recipe)
    _check_environment(folder, here)
    _check_numbers(folder, number, repeated)


def _check_recipe(path: Path, recipe: Recipe) -> None:
    found, wanted = read_json(path), recipe_document(recipe)
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a recipe, found {type(found).__name__}")
    names = dict.fromkeys((*wanted, *found))
    differing = next((name for name in names if found.get(name) != wanted.get(name)), None)
    if differing is not None:
        raise InputError(
            f"{path}: expected the recipe of this build, found one with {differing} {found.get(differing)!r} "
            f"instead of {wanted.get(differing)!r}: give another `out`"
        )


def _check_environment(folder: Path, here: dict[str, str]) -> None:
    path = folder / ENVIRONMENT
    if not path.exists():
        if _trainings(folder):
            raise InputError(
                f"{path}: expected the versions that the trainings there were made with, found no such file: "
                "an older lpzero began the folder: give another `out`"
            )
        return
    found = read_json(path)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise InputError(f"{path}: expected names with texts, found something else: restore the file")
    for name in ("lpzero", "torch"):
        if found.get(name) != here[name]:
            raise InputError(
                f"{path}: expected {name} {here[name]}, as it is installed, found {name} {found.get(name)}: "
                "go on with that version, or give another `out`"
            )


def _check_numbers(folder: Path, number: int, repeated: int) -> None:
    for option, seed, given in (("archs", 0, number), ("repeat", 1, repeated)):
        held_there = 1 + max((index for index, other in _trainings(folder) if other == seed), default=-1)
        if given < held_there:
            raise InputError(f"`{option}`: expected at least the {held_there} that {folder} holds, found {given}")


def _trainings(folder: Path) -> list[tuple[int, int]]:
    """Index and seed of the trainings that a folder holds."""
    found = (_TRAINING.fullmatch(path.name) for path in (folder / TRAININGS).glob("*.json"))
    return [(int(name[1]), int(name[2])) for name in found if name]


def _begin(folder: Path, recipe: Recipe, here: dict[str, str]) -> None:
    """Write what a folder lacks before its first training."""
    try:
        for name, document in ((RECIPE, recipe_document(recipe)), (ENVIRONMENT, here)):
            if not (folder / name).exists():
                write_json(folder / name, document)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
