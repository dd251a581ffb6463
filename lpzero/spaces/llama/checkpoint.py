"""The folder of a LLaMA checkpoint: its configuration and its safetensors, checked before anything is built.

Opening one reads the headers of its files and, for the digest, their bytes, but makes no tensor.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError
from lpzero.settings import one_line, reason_of, shorten
from lpzero.spaces.llama.config import CONFIG, read_config, read_document
from lpzero.spaces.llama.plan import Base

if TYPE_CHECKING:
    from torch import Tensor

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
NUMBERS = ("F32", "F16", "BF16")
DIGEST_DIGITS = 16
# a name in this folder, whatever the system: no separator, no colon, and short enough to be one
_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\.safetensors")
_CHUNK = 1 << 22

_OUTSIDE = {
    "embedding.weight": "model.embed_tokens.weight",
    "final_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_INSIDE = {
    "operation_norm": "input_layernorm",
    "operation.query": "self_attn.q_proj",
    "operation.key": "self_attn.k_proj",
    "operation.value": "self_attn.v_proj",
    "operation.output": "self_attn.o_proj",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}
# the first conversions of LLaMA keep a table that follows from theta
_FOLLOWS = ".self_attn.rotary_emb.inv_freq"


@dataclass(frozen=True)
class File:
    """A file as it was when it was read.

    Attributes:
        name: Its name in the folder.
        size: Bytes.
        changed: When it was last written, in nanoseconds.
    """

    name: str
    size: int
    changed: int


@dataclass(frozen=True)
class Checkpoint:
    """A LLaMA checkpoint whose files fit together.

    Attributes:
        folder: Where it is.
        base: Its numbers.
        digest: SHA-256 of the configuration and the weights, its first 16 hexadecimal digits.
        places: (tensor, name of its file) each, under the names that transformers uses.
        files: The files that were read; two openings of the same content are equal whenever they were written.
    """

    folder: Path
    base: Base
    digest: str
    places: tuple[tuple[str, str], ...]
    files: tuple[File, ...] = field(compare=False)


def tensor_name(name: str) -> str:
    """What transformers calls a parameter of :class:`lpzero.spaces.llama.model.LlamaModel`.

    >>> tensor_name("blocks.3.operation.query.weight")
    'model.layers.3.self_attn.q_proj.weight'
    """
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    _, index, part = name.removesuffix(".weight").split(".", 2)
    return f"model.layers.{index}.{_INSIDE[part]}.weight"


def tensor_shapes(base: Base) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of a checkpoint, under the names that transformers uses."""
    table = (base.vocabulary, base.width)
    queries, keys = base.heads * base.head_width, base.kv_heads * base.head_width
    inside = {
        "operation_norm": (base.width,),
        "operation.query": (queries, base.width),
        "operation.key": (keys, base.width),
        "operation.value": (keys, base.width),
        "operation.output": (base.width, queries),
        "feed_forward_norm": (base.width,),
        "feed_forward.gate": (base.inner_width, base.width),
        "feed_forward.up": (base.inner_width, base.width),
        "feed_forward.down": (base.width, base.inner_width),
    }
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": table, "final_norm.weight": (base.width,)}
    shapes |= {f"blocks.{i}.{part}.weight": shape for i in range(base.depth) for part, shape in inside.items()}
    if not base.tied:
        shapes["output.weight"] = table
    return {tensor_name(name): shape for name, shape in shapes.items()}


def open_checkpoint(folder: Path) -> Checkpoint:
    """Read what a checkpoint is, and check that its files fit together.

    Args:
        folder: A folder as transformers saves a LLaMA: ``config.json``, and ``model.safetensors`` or shards with
            ``model.safetensors.index.json``.

    Raises:
        InputError: A file is missing, damaged or a pickle, the configuration is of another model or asks for what the
            space does not build, or a tensor is missing, superfluous or of another shape than the configuration says.
    """
    folder = folder.resolve()
    base = read_config(folder / CONFIG)
    names, places = _weight_files(folder)
    found = {name: _header(folder / name) for name in names}
    if places is None:
        places = dict.fromkeys(found[SINGLE], SINGLE)
    _check_tensors(folder, base, places, found)
    listed = (CONFIG, *([] if names == (SINGLE,) else [INDEX]), *names)
    files = tuple(_stamp(folder, name) for name in listed)
    digests = {file.name: _sha256(folder / file.name, file.size, file.changed) for file in files}
    digest = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:DIGEST_DIGITS]
    return Checkpoint(folder, base, digest, tuple(sorted(places.items())), files)


def _weight_files(folder: Path) -> tuple[tuple[str, ...], dict[str, str] | None]:
    """The files of weights, and the file of each tensor where an index says it."""
    if (folder / SINGLE).is_file():
        return (SINGLE,), None
    if not (folder / INDEX).is_file():
        pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
        found = f"{pickles[0]}, a pickle, which may run code when it is read" if pickles else "neither"
        raise InputError(f"{folder}: expected {SINGLE} or {INDEX}, found {found}: save the model as safetensors")
    places = _read_index(folder / INDEX)
    names = tuple(sorted(set(places.values())))
    for name in names:
        if not (folder / name).is_file():
            raise InputError(f"{folder / INDEX}: expected the shard {name} beside it, found no such file")
    return names, places


def _read_index(path: Path) -> dict[str, str]:
    document = read_document(path)
    places = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(places, dict) or not places or not all(isinstance(name, str) for name in places.values()):
        raise InputError(f"{path}: expected a weight_map from tensors to files, found none")
    for name in places.values():
        if not _SHARD.fullmatch(name):
            raise InputError(f"{path}: expected the name of a .safetensors file beside it, found {shorten(name)}")
    return places


def _header(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and number format of each tensor of a file; raises InputError where it is no whole safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return {name: (tuple(part.get_shape()), part.get_dtype()) for name, part in parts.items()}
    except (OSError, SafetensorError) as err:
        raise InputError(f"{path}: expected a whole safetensors file, found a damaged one: {reason_of(err)}") from err


def _check_tensors(
    folder: Path, base: Base, places: dict[str, str], tensors: dict[str, dict[str, tuple[tuple[int, ...], str]]]
) -> None:
    expected = tensor_shapes(base)
    for name, shape in expected.items():
        place = places.get(name)
        if place is None or name not in tensors[place]:
            where = folder if place is None else folder / place
            raise InputError(f"{where}: expected the tensor {name} with the shape {list(shape)}, found none")
        other, number = tensors[place][name]
        if other != shape:
            raise InputError(
                f"{folder / place}: {name}: expected the shape {list(shape)}, as {CONFIG} has it, found "
                f"{shorten(list(other))}"
            )
        if number not in NUMBERS:
            raise InputError(
                f"{folder / place}: {name}: expected numbers as {', '.join(NUMBERS)}, found {one_line(str(number), 60)}"
            )
    further = next((name for name in sorted(places) if name not in expected and not name.endswith(_FOLLOWS)), None)
    if further is not None:
        raise InputError(
            f"{folder / places[further]}: expected the tensors of a LLaMA{' with a tied output' if base.tied else ''} "
            f"alone, found {one_line(further, 100)} too"
        )


def _stamp(folder: Path, name: str) -> File:
    about = (folder / name).stat()
    return File(name, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, changed: int) -> str:
    """SHA-256 of a file, read once a process as long as size and time of writing stay."""
    del size, changed
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def weights(checkpoint: Checkpoint) -> Iterator[Callable[[str], Tensor]]:
    """Read the weights of a checkpoint, each when it is asked for.

    Yields:
        Returns a weight by its name in :class:`lpzero.spaces.llama.model.LlamaModel`, as float32 on the CPU. It may lie
        in the file: what is kept has to be copied.

    Raises:
        InputError: A file is not what it was when the checkpoint was opened.
    """
    from safetensors import safe_open

    _check_unchanged(checkpoint.folder, checkpoint.files)
    places = dict(checkpoint.places)
    with ExitStack() as stack:
        names = sorted(set(places.values()))
        files: dict[str, Any] = {name: stack.enter_context(safe_open(checkpoint.folder / name, "pt")) for name in names}

        def read(name: str) -> Tensor:
            known = tensor_name(name)
            tensor: Tensor = files[places[known]].get_tensor(known).float()
            return tensor

        yield read


def _check_unchanged(folder: Path, files: Sequence[File]) -> None:
    for file in files:
        path = folder / file.name
        if not path.is_file() or _stamp(folder, file.name) != file:
            raise InputError(f"{path}: expected the file as it was when the checkpoint was opened, found it changed")
