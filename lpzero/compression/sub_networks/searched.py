"""What ``lpzero search --model`` searches: sub-networks of a checkpoint by one text, and their losses on its end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lpzero.compression.choosing.measured import digest_of
from lpzero.compression.settings import CompressSettings
from lpzero.compression.sub_networks.file import FILE, Units, link_to, write_file
from lpzero.compression.sub_networks.skeleton import Skeleton, skeleton_of
from lpzero.compression.sub_networks.space import SubNetworks, checkpoint_of, cut_of, open_space
from lpzero.compression.sub_networks.written import write_sub_network
from lpzero.compression.texts import (
    LEAST_WINDOWS,
    Windows,
    check_ids,
    halves,
    longest_context,
    read_text,
    read_tokenizer,
    tokenised,
    windows,
)
from lpzero.compression.texts import to_predict as ask
from lpzero.errors import InputError, LpzeroError
from lpzero.nas.result import CheckpointLosses
from lpzero.progress import Progress, Watch, unwatched

if TYPE_CHECKING:
    from lpzero.compression.cutting.families import Objective
    from lpzero.spaces.architecture import Architecture

FOLDER, MODEL = "sub-networks", "model"
DIGITS = 16
NEAR = 0.95
"""Share of the parameters that a search may have which it takes: what is cut further than it must be babbles."""
FLOAT32 = 4
NO_LIMITS: Mapping[str, float] = MappingProxyType({})
SEED = 0
"""Of what is masked and of the labels that are drawn: the order of units does not depend on the seed of a search."""


@dataclass(frozen=True)
class Looked:
    """The windows of a text.

    Attributes:
        looking: Windows that units are put in order by.
        held_out: Windows of its end, which losses are measured on.
        sha256: Of the text, its end too.
    """

    looking: Windows
    held_out: Windows
    sha256: str


def windows_of(checkpoint: Path, calibration: Path) -> Looked:
    """Read a text as a checkpoint reads it.

    Raises:
        InputError: The checkpoint or the text is not usable, or the text is too short.
    """
    from lpzero.compression.cutting.checkpoint import check_usable
    from lpzero.compression.cutting.families import FAMILIES

    document, used = check_usable(checkpoint), CompressSettings()
    objective: Objective = FAMILIES[str(document["model_type"])].objective
    tokenizer = read_tokenizer(checkpoint)
    config = skeleton_of(checkpoint.resolve(), digest_of(checkpoint)).config
    context = min(used.context, longest_context(config) or used.context)
    whole = read_text(calibration)
    first, last = (check_ids(tokenised(tokenizer, text, calibration.name), config) for text in halves(whole))
    if len(last.ids) < LEAST_WINDOWS * context:
        raise InputError(
            f"`calibration` {calibration.name}: expected a text whose last tenth has {LEAST_WINDOWS * context} tokens, "
            f"to measure losses on, found {len(last.ids)}: give a longer one"
        )
    mask = getattr(tokenizer, "mask_token_id", None)
    question = partial(ask, calibration.name, objective=objective, mask=mask, seed=SEED)
    return Looked(
        question(windows(first, used.looking, context)),
        question(windows(last, used.windows, context)),
        hashlib.sha256(whole.encode()).hexdigest(),
    )


def sub_networks_by_text(
    checkpoint: Path,
    calibration: Path,
    home: Path,
    limits: Mapping[str, float] = NO_LIMITS,
    *,
    watch: Watch = unwatched,
) -> SubNetworks:
    """The sub-networks of a checkpoint, its units in the order that ``lpzero compress`` gives them on a text.

    Args:
        checkpoint: Its folder.
        calibration: The text; its last tenth is not looked at.
        home: Folder of a cache: whoever asks again of the same checkpoint and text looks at neither.
        limits: The highest costs, by name: what is drawn has ``NEAR`` of the parameters that they allow at least.
        watch: Told what is done.

    Raises:
        InputError: The checkpoint cannot be cut, or the text is not usable.
        LpzeroError: The file of the space cannot be written.
    """
    looked, used = windows_of(checkpoint, calibration), CompressSettings()
    digest = digest_of(checkpoint)
    least = _least(skeleton_of(checkpoint.resolve(), digest), limits)
    folder = home / FOLDER / _named(digest, looked, least)
    if not (folder / FILE).exists():
        watch(Progress("looking at the checkpoint", 0.0, f"{len(looked.looking.inputs)} windows"))
        units = _units(checkpoint, looked.looking, used)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise LpzeroError(f"{folder} cannot be made: {err.strerror or err}") from err
        write_file(folder, checkpoint, units, least)
    # the folder is named by the checkpoint's files, wherever they lie now
    link_to(folder, checkpoint)
    return open_space(folder)


def _named(digest: str, looked: Looked, least: int) -> str:
    """The name of a space's folder: of checkpoint and text, and of how both are looked at."""
    shape = (*looked.looking.inputs.shape, CompressSettings().widths)
    return hashlib.sha256(f"{digest} {looked.sha256} {shape} {least}".encode()).hexdigest()[:DIGITS]


def _least(whole: Skeleton, limits: Mapping[str, float]) -> int:
    """The fewest parameters of what is drawn: near to the least of the limits that say something of them."""
    count = whole.counts["params"]
    everything = count.of(whole.layout.everything)
    allowed = {"params": 0.0, "nonembedding": float(count.outside), "bytes": 0.0}
    most = [everything]
    for name, outside in allowed.items():
        if name in limits:
            most.append(limits[name] / (FLOAT32 if name == "bytes" else 1) + outside)
    if len(most) == 1 and limits:
        # what they allow of parameters is not known
        return 0
    return int(NEAR * min(most))


def _units(checkpoint: Path, looking: Windows, used: CompressSettings) -> Units:
    from lpzero.compression.choosing.importance import get_importance, scores_of
    from lpzero.compression.choosing.menu import widths_of
    from lpzero.compression.choosing.products import unit_products
    from lpzero.compression.cutting.checkpoint import load_checkpoint
    from lpzero.compression.cutting.layout import read_layout

    model = load_checkpoint(checkpoint).float()
    layout = read_layout(model)
    scores = scores_of(get_importance("wanda"), model, layout, unit_products(model, layout, looking, seed=SEED))
    return Units(
        widths_of(layout.neurons, used.widths),
        tuple(tuple(one.order["groups"].order()) for one in scores),
        tuple(tuple(one.order["neurons"].order()) for one in scores),
    )


def judged(
    space: SubNetworks, calibration: Path, watch: Watch, run: Path, picks: Mapping[str, Architecture]
) -> CheckpointLosses:
    """Measure the losses of what a search found and of what stands beside, and write the model that was found.

    Args:
        space: The sub-networks.
        calibration: The text, on whose end losses are measured.
        watch: Told what is done.
        run: The folder of the search; the model lies in ``model`` below it.
        picks: By name; the first one was found.

    Raises:
        InputError: The text is no longer what it was.
        LpzeroError: The model cannot be written.
    """
    from lpzero.compression.losses import window_losses

    looked, opened = windows_of(space.opened.checkpoint, calibration), space.opened
    if _named(opened.digest, looked, opened.least) != opened.path.parent.name:
        raise InputError(f"`calibration` {calibration}: expected the text that the search began with: restore it")
    held_out = looked.held_out
    watch(Progress("measuring losses", 0.0, f"{len(held_out.inputs)} windows of the end of {calibration.name}"))

    def loss(model: object) -> float:
        return round(float(window_losses(model, held_out).mean()), 6)  # type: ignore[arg-type]

    full = loss(checkpoint_of(space))
    losses = {name: loss(cut_of(space, one)) for name, one in picks.items()}
    found = next(iter(picks))
    context = int(held_out.inputs.shape[1])
    told = (
        f"{losses[found]:.3f} nats a token on {held_out.predicted:,} tokens of the end of {calibration.name}, context "
        f"{context}; the checkpoint {full:.3f}. Found by `lpzero search`, neither refitted nor trained: `lpzero "
        "compress` does both."
    )
    if not (run / MODEL / "config.json").exists():
        write_sub_network(space, run / MODEL, picks[found], told, weights=True)
    return CheckpointLosses(
        text=calibration.name, tokens=held_out.predicted, context=context, checkpoint=full, losses=losses, model=MODEL
    )
