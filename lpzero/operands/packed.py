"""The sketches of many architectures as one file, which any number of processes read through one memory map.

A formula is evaluated on one matrix of elements a set of sites, all models below each other. Here these matrices lie
ready: a worker maps the file instead of reading and joining every sketch, and all workers of a machine share the pages.
Models stand in order, so that some models in a row are a slice of every matrix. The file is safetensors; its numbers
depend on the sketches alone. It is made anew whenever work begins: what lies there was written by somebody, some time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from lpzero.errors import InputError, LpzeroError
from lpzero.files import replacing
from lpzero.operands.bank import read_sketch
from lpzero.operands.matrices import TYPES, Extent, Outline, extent_of, fill, outline_of
from lpzero.operands.sketch import Sketch

_CODES = {kind: code for code, kind in TYPES.items()}


@dataclass(frozen=True)
class Packed:
    """The sketches of some architectures, joined.

    Attributes:
        arrays: Read-only, by name. Of each set of sites: ``SET.begins`` (models + 1,) int64, the first row of each
            model, and the end; ``SET.cells`` (rows,) int64, model index times ``layers`` plus layer index;
            ``SET.weights`` (rows, elements) float32; ``SET.counts`` (rows,) float64, the elements that a row stands
            for. Of each operand: ``OPERAND.values`` (rows, elements) float32; of each fan
            (rows,) float64, one a weight; of each count (models,) float64. Behind the last row there are rows of zeros,
            so that every slice can be made a multiple of ``LANES`` long. ``about`` (3,): the other attributes.
        models: Number of models.
        layers: Number of layers of the deepest model, the embedding and what follows the blocks included.
        elements: Elements that the sketches keep of each tensor.
    """

    arrays: Mapping[str, np.ndarray]
    models: int
    layers: int
    elements: int

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Packed:
        """The same from arrays that are there already, none of them copied."""
        models, layers, elements = arrays["about"].tolist()
        return cls(arrays, models, layers, elements)

    @classmethod
    def of_sketches(cls, sketches: Sequence[Sketch]) -> Packed:
        """The same in memory, from sketches that are there already; raises InputError where they do not fit."""
        extent = extent_of([outline_of(one) for one in sketches])
        arrays = {name: np.zeros(shape, kind) for name, (kind, shape) in extent.shapes().items()}

        def put(name: str, row: int, part: np.ndarray) -> None:
            arrays[name][row : row + len(part)] = part

        fill(sketches, extent, put)
        return cls.of_arrays(arrays)

    @classmethod
    def open(cls, path: Path) -> Packed:
        """Map a file that :func:`pack` made; nothing of it is read before it is needed.

        Raises:
            InputError: It is damaged.
        """
        return cls.of_arrays(mapped(path))


def pack(paths: Sequence[Path], outlines: Mapping[Path, Outline], packed: Path) -> Path:
    """Make the packed file of some sketches; each is read once, and one is in memory at a time.

    Args:
        paths: Files of the bank, in the order of the models.
        outlines: Those of the files, which whoever filled the bank has checked by their checksums; see
            :class:`lpzero.operands.bank.Banked`.
        packed: The file to make; one that is there is replaced.

    Returns:
        ``packed``.

    Raises:
        InputError: A sketch is damaged, has another number of elements, or is not the one that was checked.
        LpzeroError: The file cannot be written.
    """
    extent = extent_of([outlines[path] for path in paths])
    try:
        _write((_checked(path, outlines[path]) for path in paths), packed, extent)
    except OSError as err:
        raise LpzeroError(f"the packed bank cannot be written at {packed}: {err.strerror or err}") from err
    return packed


def _checked(path: Path, outline: Outline) -> Sketch:
    """A sketch of the bank; raises InputError where it does not have its outline any more."""
    sketch = read_sketch(path, verify=False)
    if outline_of(sketch) != outline:
        raise InputError(f"bank file {path} has changed since it was checked: begin again")
    return sketch


def _write(sketches: Iterable[Sketch], packed: Path, extent: Extent) -> None:
    shapes = extent.shapes()
    sizes = [kind.itemsize * math.prod(shape) for kind, shape in shapes.values()]
    begins = dict(zip(shapes, accumulate(sizes, initial=0), strict=False))
    header = {
        name: {"dtype": _CODES[kind], "shape": shape, "data_offsets": [begins[name], begins[name] + size]}
        for (name, (kind, shape)), size in zip(shapes.items(), sizes, strict=True)
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    # what numbers begin with is a multiple of 64 bytes, as vectors of a processor like it
    text += b" " * (-(len(text) + 8) % 64)
    data = 8 + len(text)
    with replacing(packed) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(data + sum(sizes))

        def put(name: str, row: int, values: np.ndarray) -> None:
            kind, shape = shapes[name]
            file.seek(data + begins[name] + row * kind.itemsize * math.prod(shape[1:]))
            file.write(np.ascontiguousarray(values, kind).tobytes())

        fill(sketches, extent, put)


def mapped(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a packed file, read-only, none of them in this process's own memory.

    Raises:
        InputError: It is damaged.
    """
    try:
        everything = np.memmap(path, np.uint8, mode="r")
        data = 8 + int.from_bytes(everything[:8].tobytes(), "little")
        header = json.loads(everything[8:data].tobytes())
        last = max(one["data_offsets"][1] for one in header.values())
        if last != len(everything) - data:
            raise ValueError(f"expected {data + last} bytes, found {len(everything)}")
        plain = np.asarray(everything[data:])
        return {
            name: plain[slice(*one["data_offsets"])].view(TYPES[one["dtype"]]).reshape(one["shape"])
            for name, one in header.items()
        }
    except FileNotFoundError as err:
        raise InputError(f"expected a packed bank at {path}, found nothing: begin the run again") from err
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        raise InputError(f"packed bank {path} is damaged ({err}): begin the run again") from err
