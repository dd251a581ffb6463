"""Single replacements, measured: how far the model is from the full one where one part of one layer is cut."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lpzero.compression.choosing.importance import Kind
from lpzero.compression.choosing.menu import Chosen, Item, Menu
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout, blocks_of
from lpzero.compression.cutting.stream import Head, entering, smaller_block, through
from lpzero.compression.losses import asked, far_from, predictions
from lpzero.compression.texts import Windows
from lpzero.errors import InputError, LpzeroError
from lpzero.files import append_lines
from lpzero.progress import Progress, Watch, unwatched
from lpzero.settings import reason_of

DIGITS = 16


@dataclass(frozen=True)
class Replacement:
    """One part of one layer, cut.

    Attributes:
        layer: Which layer.
        kind: Which part: ``"groups"`` of its attention or ``"neurons"`` of its feed-forward.
        stays: Units that stay, increasing.
    """

    layer: int
    kind: Kind
    stays: tuple[int, ...]

    @property
    def key(self) -> str:
        """What stands for it in a file."""
        digest = hashlib.sha256(json.dumps(self.stays).encode()).hexdigest()[:DIGITS]
        return f"{self.layer} {self.kind} {len(self.stays)} {digest}"


def parts_of(item: Item) -> tuple[Replacement, Replacement]:
    """Both parts of an item, the attention's first."""
    stays = item.stays
    return Replacement(stays.layer, "groups", stays.groups), Replacement(stays.layer, "neurons", stays.neurons)


class Measuring:
    """Measures replacements, one by one or jointly; only layers from the first replaced one on run again.

    It keeps the states before every layer, and is to be used while the model stays as it is.

    Args:
        model: The checkpoint, in evaluation mode.
        layout: Its shape.
        windows: What both are asked.
    """

    def __init__(self, model: nn.Module, layout: Layout, windows: Windows) -> None:
        self._blocks = list(blocks_of(model, layout))
        self._layout = layout
        self._windows = windows
        self._head = Head(model, layout)
        self._expected = predictions(model, windows)
        self._inputs = windows.inputs.to(next(model.parameters()).device)
        with torch.no_grad():
            self._entry = entering(model, layout, self._inputs)
            self._states = [self._entry.states]
            for block in self._blocks[:-1]:
                self._states.append(through(block, self._states[-1], self._entry))

    def divergence(self, one: Replacement) -> float:
        """How far the model is from the full one with this replacement alone, in nats a predicted token."""
        layers = list(self._layout.everything.layers)
        whole = layers[one.layer]
        layers[one.layer] = (
            replace(whole, groups=one.stays) if one.kind == "groups" else replace(whole, neurons=one.stays)
        )
        return self.joint(Choice(tuple(layers)))

    def joint(self, choice: Choice) -> float:
        """How far the model is from the full one with all that a choice replaces, in nats a predicted token."""
        whole = self._layout.everything.layers
        first = next((one.layer for one in choice.layers if one != whole[one.layer]), len(whole) - 1)
        with torch.no_grad():
            states = self._states[first]
            for one in choice.layers[first:]:
                if one.is_dropped:
                    continue
                block = self._blocks[one.layer]
                made = block if one == whole[one.layer] else smaller_block(block, self._layout, one)
                states = through(made, states, self._entry)
            found = []
            for window, expected in enumerate(self._expected):
                rows = slice(window, window + 1)
                logits = self._head.logits(self._inputs[rows], states[rows])[0]
                found.append(far_from(expected, logits[asked(self._windows.labels[window])]))
        return float(torch.cat(found).double().mean())


class Kept:
    """Measured divergences in a file, a line each, appended the moment that they are known.

    Args:
        path: The file; it need not be there yet. A line that a killed process left unfinished is left out.
        origin: What the divergences follow from beside the replacement; a file of another origin is refused.

    Raises:
        InputError: The file is of another origin, or none of these.
        LpzeroError: It cannot be written.
    """

    def __init__(self, path: Path, origin: dict[str, Any]) -> None:
        self._path = path
        self._known: dict[str, float] = {}
        lines = _lines(path)
        if not lines:
            self._append({"origin": origin})
            return
        if lines[0].get("origin") != origin:
            raise InputError(
                f"{path}: expected divergences of this checkpoint and text, asked by the same windows and masks, found "
                "those of another: name a new file"
            )
        for line in lines[1:]:
            self._known[str(line["replacement"])] = float(line["divergence"])

    def get(self, one: Replacement) -> float | None:
        """What is known of a replacement."""
        return self._known.get(one.key)

    def put(self, one: Replacement, found: float) -> None:
        """Keep what was measured."""
        self._append({"replacement": one.key, "divergence": found})
        self._known[one.key] = found

    def _append(self, document: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            append_lines(self._path, [json.dumps(document)])
        except OSError as err:
            raise LpzeroError(f"{self._path} cannot be written: {err.strerror or err}") from err


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        content = path.read_text(encoding="utf-8") if path.exists() else ""
        # what follows the last end of a line is unfinished
        found = [json.loads(line) for line in content.split("\n")[:-1]]
        if all(isinstance(line, dict) for line in found) and all(
            isinstance(line.get("replacement"), str) and isinstance(line.get("divergence"), float) for line in found[1:]
        ):
            return found
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected lines of measured divergences, found {reason_of(err)}") from err
    raise InputError(f"{path}: expected lines of measured divergences, found others: give another file")


@dataclass(frozen=True)
class ByMeasure:
    """A choice, all of whose replacements were measured.

    Attributes:
        chosen: The choice, its costs the measured ones.
        menu: The menu with what was measured in the place of estimates.
        measured: Replacements of the menu that are measured.
    """

    chosen: Chosen
    menu: Menu
    measured: int


def choose_by_measure(
    menu: Menu,
    choosing: Callable[[Menu], Chosen],
    measure: Callable[[Replacement], float],
    kept: Kept,
    watch: Watch = unwatched,
) -> ByMeasure:
    """Choose, measure what was chosen, and choose again, until all that is chosen was measured.

    What was not measured keeps its estimate. As long as estimates are below what would be measured, the choice is the
    best of all.

    Args:
        menu: What may stay of each layer.
        choosing: The exact choice from a menu.
        measure: The divergence of a replacement.
        kept: What was measured before, and where to keep more.
        watch: Told of every measurement.
    """
    menu = with_measured(menu, kept)
    while True:
        chosen = choosing(menu)
        wanted = [one for one in _replacements(menu, chosen) if kept.get(one) is None]
        if not wanted:
            known = {one for items in menu for item in items for one in parts_of(item) if kept.get(one) is not None}
            return ByMeasure(chosen, menu, len(known))
        for done, one in enumerate(wanted):
            watch(Progress("measuring", done / len(wanted), f"layer {one.layer}, {len(one.stays)} {one.kind}"))
            kept.put(one, measure(one))
        menu = with_measured(menu, kept)


def _replacements(menu: Menu, chosen: Chosen) -> Sequence[Replacement]:
    """What a choice replaces; a part that stays whole is no replacement."""
    found = []
    for items, stays in zip(menu, chosen.choice.layers, strict=True):
        for one in parts_of(Item(stays, 0, 0)):
            if len(one.stays) < max(len(getattr(item.stays, one.kind)) for item in items):
                found.append(one)  # noqa: PERF401  (two loops, read more easily as such)
    return found


def with_measured(menu: Menu, kept: Kept) -> Menu:
    """A menu with the divergences that are known in the place of estimates."""

    def known(item: Item) -> Item:
        attention, feed_forward = map(kept.get, parts_of(item))
        return Item(
            item.stays,
            item.attention if attention is None else attention,
            item.feed_forward if feed_forward is None else feed_forward,
        )

    return tuple(tuple(map(known, items)) for items in menu)


def origin_of(digest: str, sha256: str, windows: Windows) -> dict[str, Any]:
    """What measured divergences follow from beside the replacement.

    Args:
        digest: Of the checkpoint.
        sha256: Of the text.
        windows: What was asked of it; what is masked is drawn.
    """
    asked = hashlib.sha256()
    for tensor in (windows.inputs, windows.labels):
        asked.update(tensor.cpu().contiguous().numpy().data)
    return {"checkpoint": digest, "text": sha256, "windows": list(windows.inputs.shape), "asked": asked.hexdigest()}


def digest_of(folder: Path) -> str:
    """SHA-256 of the configuration and weights of a checkpoint."""
    found = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), folder / "config.json"]):
        found.update(path.name.encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 22):
                found.update(chunk)
    return found.hexdigest()
