"""The file that says which sub-networks a checkpoint has: the order in which its units stay, and the widths.

It lies beside the documents that name the space, and the checkpoint lies beside it, as a folder or as a link to one:
no document says which files are opened.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lpzero.compression.choosing.measured import digest_of
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import PART, write_json
from lpzero.tables.document import Document, check, read_json

FILE, CHECKPOINT = "sub_networks.json", "checkpoint"
SCHEMA = 1
PROTOCOL, DIGITS = "cut-", 16


class SubNetworksFile(Document, extra="forbid"):
    """What the file says.

    Attributes:
        schema_: Version of the format, 1.
        checkpoint: SHA-256 of the configuration and the weights of the checkpoint.
        widths: Numbers of neurons that a layer may keep, increasing, none and all among them.
        groups: For each layer its key-value groups, the one that stays longest first.
        neurons: Its neurons, likewise.
        least: Parameters that what a search draws has at least.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    checkpoint: str
    widths: Annotated[tuple[int, ...], Field(min_length=2)]
    groups: Annotated[tuple[tuple[int, ...], ...], Field(min_length=1)]
    neurons: Annotated[tuple[tuple[int, ...], ...], Field(min_length=1)]
    least: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class Units:
    """The nested sets of units of a checkpoint.

    Attributes:
        widths: As the file has them.
        groups: Likewise.
        neurons: Likewise.
    """

    widths: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    neurons: tuple[tuple[int, ...], ...]

    @property
    def depth(self) -> int:
        """Layers of the checkpoint."""
        return len(self.groups)

    def choice(self, groups: Sequence[int], neurons: Sequence[int]) -> Choice:
        """What stays of the checkpoint where each layer keeps so many of its groups and neurons."""
        return Choice(
            tuple(
                LayerChoice(
                    layer, tuple(sorted(self.groups[layer][:some])), tuple(sorted(self.neurons[layer][:others]))
                )
                for layer, (some, others) in enumerate(zip(groups, neurons, strict=True))
            )
        )

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return hashlib.sha256(repr((self.widths, self.groups, self.neurons)).encode()).hexdigest()


@dataclass(frozen=True)
class Opened:
    """A file that was read, with its checkpoint.

    Attributes:
        path: The file.
        checkpoint: The folder of the checkpoint.
        digest: SHA-256 of the checkpoint.
        units: What it says.
        least: Parameters that what a search draws has at least.
    """

    path: Path
    checkpoint: Path
    digest: str
    units: Units
    least: int = 0

    @property
    def protocol(self) -> str:
        """What the sub-networks stand for: the checkpoint, and the order of its units."""
        return PROTOCOL + hashlib.sha256(f"{self.digest} {self.units.digest}".encode()).hexdigest()[:DIGITS]


def write_file(folder: Path, checkpoint: Path, units: Units, least: int = 0) -> Path:
    """Write the file of a checkpoint's sub-networks, and the link to the checkpoint beside it.

    Args:
        folder: Where; it is there.
        checkpoint: Folder of the checkpoint.
        units: What it says.
        least: Likewise.

    Raises:
        LpzeroError: It cannot be written.
    """
    path = folder / FILE
    document: dict[str, object] = {"schema": SCHEMA, "checkpoint": digest_of(checkpoint), "widths": units.widths}
    if least:
        document["least"] = least
    try:
        link_to(folder, checkpoint)
        write_json(path, document | {"groups": units.groups, "neurons": units.neurons})
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
    return path


def link_to(folder: Path, checkpoint: Path) -> None:
    """Have a folder's link lead to the checkpoint; what lies there and is no link stays.

    Raises:
        LpzeroError: It cannot be written.
    """
    link, part = folder / CHECKPOINT, folder / f".{CHECKPOINT}.{uuid.uuid4().hex}{PART}"
    if link.exists() and (not link.is_symlink() or link.resolve() == checkpoint.resolve()):
        return
    try:
        part.symlink_to(checkpoint.resolve(), target_is_directory=True)
        part.replace(link)
    except OSError as err:
        part.unlink(missing_ok=True)
        raise LpzeroError(f"{link} cannot be written: {err.strerror or err}") from err


def read_file(path: Path) -> Opened:
    """Read the file of a checkpoint's sub-networks, and see that the checkpoint beside it is the one that it names.

    Raises:
        MissingError: The file is not there, or the checkpoint is not beside it.
        InputError: It is damaged, or the checkpoint is another one.
    """
    document = read_json(path)
    if isinstance(document, dict):
        document = {name: _frozen(value) for name, value in document.items()}
    found = check(SubNetworksFile, document, str(path))
    units = Units(found.widths, found.groups, found.neurons)
    _check_units(units, path)
    folder = path.parent / CHECKPOINT
    if not (folder / "config.json").is_file():
        raise MissingError(
            f"{folder}: expected the checkpoint whose sub-networks {path.name} is about, found none: put the folder "
            "there, or a link to it"
        )
    stamps = tuple((one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in _weights(folder))
    digest = _digest(folder.resolve(), stamps)
    if digest != found.checkpoint:
        raise InputError(
            f"{folder}: expected the checkpoint {found.checkpoint[:16]}, found {digest[:16]}: it has changed since, or "
            "is another one: put the first there"
        )
    return Opened(path.resolve(), folder.resolve(), digest, units, found.least)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _weights(folder: Path) -> Sequence[Path]:
    return sorted([*folder.glob("*.safetensors"), folder / "config.json"])


@lru_cache(maxsize=16)
def _digest(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """Of a checkpoint, read once a process as long as sizes and times of writing stay."""
    del stamps
    return digest_of(folder)


def _check_units(units: Units, path: Path) -> None:
    widths, neurons = units.widths, len(units.neurons[0])
    if widths[0] != 0 or widths[-1] != neurons or list(widths) != sorted(set(widths)):
        raise InputError(f"{path}: widths: expected increasing numbers from 0 to {neurons}, found others")
    if len(units.neurons) != units.depth:
        raise InputError(f"{path}: neurons: expected those of {units.depth} layers, found {len(units.neurons)}")
    for name, orders in (("groups", units.groups), ("neurons", units.neurons)):
        for layer, order in enumerate(orders):
            if sorted(order) != list(range(len(orders[0]))):
                raise InputError(
                    f"{path}: {name}: layer {layer}: expected each of {len(orders[0])} units once, found others"
                )
