"""Build a table of sub-networks: draw them, let each recover alike, keep every recovery as a file of its own.

The folder holds the recipe, the file of the space with a link to the checkpoint, what was drawn, ``recoveries/`` with
one small JSON document each, written the moment that it ends, and the answers of the checkpoint: a build that was
killed goes on with what is missing, and nothing in it depends on the number of workers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lpzero.compression.choosing.measured import Kept, Measuring, Replacement, digest_of, origin_of
from lpzero.compression.sub_networks.draw import Drawing, draw
from lpzero.compression.sub_networks.file import FILE, Units, write_file
from lpzero.compression.sub_networks.recovery import Job, RecoveryRecord, Task, Texts, recover_one, texts_of
from lpzero.compression.sub_networks.settings import Recipe, SubNetworkSettings
from lpzero.compression.sub_networks.space import SubNetworks, architecture_of, checkpoint_of, open_space
from lpzero.engines import Engine, Fault
from lpzero.errors import InputError, LpzeroError
from lpzero.files import held, write_json
from lpzero.progress import Progress, Watch, counting, unwatched
from lpzero.spaces.architecture import Architecture
from lpzero.tables.document import check, read_json

if TYPE_CHECKING:
    from lpzero.compression.cutting.choice import Choice

RECIPE, DRAWN, RECOVERIES, ANSWERS = "recipe.json", "drawn.json", "recoveries", "answers"
MEASURING = 4
"""Windows that divergences of single replacements are measured on, as ``lpzero compress --measure`` does."""


@dataclass(frozen=True)
class Drawn:
    """A sub-network that was drawn.

    Attributes:
        architecture: What stays.
        expected: The sum of what its single replacements are expected to cost, by estimates, in nats a token.
    """

    architecture: Architecture
    expected: float


@dataclass(frozen=True)
class Built:
    """What a build gives.

    Attributes:
        space: The sub-networks of the checkpoint.
        drawn: In their order.
        recoveries: Those with the first seed in that order, before those with the second.
        recipe: How.
        measured: The sum of the measured divergences of single replacements, one a sub-network; None where none were.
        checkpoint_loss: Loss of the full model on the same windows, in nats a token.
    """

    space: SubNetworks
    drawn: tuple[Drawn, ...]
    recoveries: tuple[RecoveryRecord, ...]
    recipe: Recipe
    measured: tuple[float, ...] | None
    checkpoint_loss: float


@dataclass(frozen=True)
class Source:
    """Where a table of sub-networks comes from.

    Attributes:
        checkpoint: Folder of the checkpoint.
        calibration: Text to learn from.
        check: Text to measure losses on.
        measure: File of measured divergences; None to measure none.
    """

    checkpoint: Path
    calibration: Path
    check: Path
    measure: Path | None = None


@contextmanager
def build_sub_networks(
    source: Source,
    folder: Path,
    settings: SubNetworkSettings,
    *,
    number: int,
    repeated: int,
    engine: Engine,
    watch: Watch = unwatched,
) -> Iterator[Built]:
    """Do what a folder still lacks, and keep other builds out of it until the block ends.

    Args:
        source: Checkpoint and texts.
        folder: A new folder, or one that was begun with the same recipe; it may then grow.
        settings: How.
        number: Sub-networks, at least 2.
        repeated: How many of them, the first ones drawn, recover with a second seed as well.
        engine: Where recoveries run; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: A number is out of its range, a text or the checkpoint is not usable, the limit is out of reach, the
            folder is of another recipe or damaged, or another process builds there.
        LpzeroError: A recovery failed, or the folder cannot be written.
    """
    if number < 2 or not 0 <= repeated <= number:
        raise InputError(f"expected 2 sub-networks or more, and no more repeated, found {number} and {repeated}")
    texts = texts_of(
        source.checkpoint,
        source.calibration,
        source.check,
        context=settings.context,
        looking=settings.looking,
        held_out=settings.windows,
        seed=settings.seed,
    )
    recipe = Recipe(digest_of(source.checkpoint), texts.calibration_sha256, texts.check_sha256, settings)
    _check_folder(folder, recipe)
    with held(folder):
        _check_folder(folder, recipe)
        _keep(folder / RECIPE, recipe.to_json())
        drawn = _drawn(source, folder, texts, settings, number, watch)
        space = open_space(folder)
        job = Job(folder, source.calibration, source.check, recipe, folder / ANSWERS)
        tasks = [Task(f"{i:04d}", one.architecture, 0) for i, one in enumerate(drawn)]
        tasks += [Task(f"{i:04d}", one.architecture, 1) for i, one in enumerate(drawn[:repeated])]
        _recover_missing(job, tasks, engine, watch)
        recoveries = tuple(read_recovery(folder, task, recipe) for task in tasks)
        measured = None if source.measure is None else _measured(source.measure, space, drawn, texts, recipe, watch)
        yield Built(space, tuple(drawn), recoveries, recipe, measured, _checkpoint_loss(folder, space, texts))


def read_recovery(folder: Path, task: Task, recipe: Recipe) -> RecoveryRecord:
    """The recovery of a task; raises InputError where the file holds another one, or is damaged."""
    path = _path(folder, task)
    document = read_json(path)
    if isinstance(document, dict) and isinstance(document.get("divergence"), list):
        document = {**document, "divergence": tuple(document["divergence"])}
    record = check(RecoveryRecord, document, str(path))
    wanted = (task.id, task.seed, task.architecture.to_json(), recipe.digest)
    if (record.id, record.seed, record.architecture, record.recipe) != wanted:
        raise InputError(f"{path}: expected the recovery of {task.id}, found that of another: delete the file")
    return record


def _path(folder: Path, task: Task) -> Path:
    return folder / RECOVERIES / f"{task.id}-{task.seed}-{task.architecture.digest[:16]}.json"


def _check_folder(folder: Path, recipe: Recipe) -> None:
    """Raise InputError where a folder is neither new nor one that this build may go on with."""
    path = folder / RECIPE
    if not path.exists():
        if folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
            raise InputError(f"{folder}: expected a new folder or one that this build began, found neither")
        return
    found, wanted = read_json(path), json.loads(json.dumps(recipe.to_json()))
    if found != wanted:
        names = [name for name in wanted if not isinstance(found, dict) or found.get(name) != wanted[name]]
        raise InputError(
            f"{path}: expected the recipe of this build, found one with other {', '.join(names) or 'names'}: give "
            "another `output`"
        )


def _keep(path: Path, document: object) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, document)
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err


def _drawn(
    source: Source, folder: Path, texts: Texts, settings: SubNetworkSettings, number: int, watch: Watch
) -> list[Drawn]:
    """The sub-networks, those of a file as far as it goes."""
    path = folder / DRAWN
    known = [_read_drawn(one, path) for one in read_json(path)] if path.exists() else []
    if len(known) < number:
        drawing = _drawing(source.checkpoint, folder, texts, settings, watch)
        tell = counting(watch, "drawing", "sub-networks")
        before = {_choice(drawing.units, one.architecture) for one in known}
        for index in range(len(known), number):
            choice = draw(drawing, index, settings.seed, before)
            before.add(choice)
            known.append(Drawn(architecture_of(choice), round(drawing.expected(choice), 6)))
            tell(index + 1, number)
        _keep(path, [{"architecture": one.architecture.to_json(), "expected": one.expected} for one in known])
    return known[:number]


def _choice(units: Units, architecture: Architecture) -> Choice:
    return units.choice(architecture.integers("groups"), architecture.integers("neurons"))


def _read_drawn(document: object, path: Path) -> Drawn:
    if not isinstance(document, dict) or not isinstance(document.get("expected"), float):
        raise InputError(f"{path}: expected sub-networks with what they are expected to cost, found others")
    return Drawn(Architecture.from_json(document.get("architecture")), document["expected"])


def _drawing(checkpoint: Path, folder: Path, texts: Texts, settings: SubNetworkSettings, watch: Watch) -> Drawing:
    """Look at the checkpoint; the file of the space is written where it is not there."""
    from lpzero.compression.choosing.counts import counts_of
    from lpzero.compression.choosing.importance import block_influence, get_importance, scores_of
    from lpzero.compression.choosing.menu import widths_of
    from lpzero.compression.choosing.products import unit_products
    from lpzero.compression.cutting.checkpoint import load_checkpoint
    from lpzero.compression.cutting.layout import read_layout

    watch(Progress("looking at the checkpoint", 0.0, f"{len(texts.looking.inputs)} windows"))
    model = load_checkpoint(checkpoint).float()
    layout = read_layout(model)
    products = unit_products(model, layout, texts.looking, seed=settings.seed)
    scores = scores_of(get_importance("taylor"), model, layout, products)
    orders = [(one.order["groups"].order(), one.order["neurons"].order()) for one in scores]
    units = Units(
        widths_of(layout.neurons, settings.widths),
        tuple(tuple(groups) for groups, _ in orders),
        tuple(tuple(neurons) for _, neurons in orders),
    )
    if not (folder / FILE).exists():
        write_file(folder, checkpoint, units)
    counts = counts_of(model, layout, context=settings.context)
    return Drawing(layout, units, scores, block_influence(products), counts, settings.max_params, settings.tolerance)


def _recover_missing(job: Job, tasks: Sequence[Task], engine: Engine, watch: Watch) -> None:
    missing = [task for task in tasks if not _path(job.folder, task).exists()]
    tell: Callable[[int, int], None] = counting(watch, "recovering", "recoveries")
    done = len(tasks) - len(missing)
    tell(done, len(tasks))

    def arrived(index: int, result: RecoveryRecord | Fault) -> None:
        nonlocal done
        if isinstance(result, Fault):
            raise LpzeroError(f"sub-network {missing[index].id}: {result.reason}: the others are kept")
        _keep(_path(job.folder, missing[index]), result.model_dump(mode="json"))
        done += 1
        tell(done, len(tasks))

    if missing:
        with closing(engine.attempt(partial(recover_one, job), missing, arrived=arrived)) as results:
            deque(results, maxlen=0)


def _checkpoint_loss(folder: Path, space: SubNetworks, texts: Texts) -> float:
    from lpzero.compression.losses import window_losses

    path = folder / "checkpoint_loss.json"
    if not path.exists():
        _keep(path, round(float(window_losses(checkpoint_of(space), texts.held_out).mean()), 6))
    return float(read_json(path))


def _measured(
    path: Path, space: SubNetworks, drawn: Sequence[Drawn], texts: Texts, recipe: Recipe, watch: Watch
) -> tuple[float, ...]:
    """The sum of measured divergences of each sub-network; what the file lacks is measured and kept there."""
    from lpzero.compression.texts import Windows

    looking = texts.looking
    windows = Windows(looking.name, looking.inputs[:MEASURING], looking.labels[:MEASURING])
    kept = Kept(path, origin_of(recipe.checkpoint, recipe.calibration_sha256, windows))
    parts = [_replacements(space.choice(one.architecture), space) for one in drawn]
    missing = list(dict.fromkeys(one for some in parts for one in some if kept.get(one) is None))
    tell = counting(watch, "measuring", "replacements")
    measuring = Measuring(checkpoint_of(space), space.layout, windows) if missing else None
    for done, one in enumerate(missing):
        assert measuring is not None
        tell(done, len(missing))
        kept.put(one, measuring.divergence(one))
    known = {one: found for some in parts for one in some if (found := kept.get(one)) is not None}
    return tuple(round(sum(known[one] for one in some), 6) for some in parts)


def _replacements(choice: Choice, space: SubNetworks) -> list[Replacement]:
    """The parts of layers that are not whole."""
    found = []
    for whole, one in zip(space.layout.everything.layers, choice.layers, strict=True):
        if one.groups != whole.groups:
            found.append(Replacement(one.layer, "groups", one.groups))
        if one.neurons != whole.neurons:
            found.append(Replacement(one.layer, "neurons", one.neurons))
    return found
