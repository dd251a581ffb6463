"""The bank: the sketched operands of architectures, computed once and kept on disk.

One safetensors file an architecture, named by the SHA-256 of everything that it depends on: space, protocol,
architecture, initialisation seed, batch, sketch, extractor version, versions of torch and transformers, and dtype.
Each holds a checksum of its content. Files are replaced atomically; a damaged one is built again, with a warning in the
log.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from lpzero.engines import Engine, Fault
from lpzero.engines.fault import NonfiniteError
from lpzero.errors import InputError, LpzeroError
from lpzero.files import DAY, remove_parts, write_bytes
from lpzero.operands.brought import derived_identities, derived_named
from lpzero.operands.extract import Site
from lpzero.operands.matrices import Outline, outline_of
from lpzero.operands.operand import SITE_FAMILIES
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.shape import COUNTS, FANS, ModelShape
from lpzero.operands.sketch import ALIGNED, Sketch, SketchedSites, sketch
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.registry import brought_space, lacked_families
from lpzero.spaces.space import SearchSpace

EXTRACTOR_VERSION = 6
CHECKSUM = "sha256"
DERIVED = "derived"
NO_FAULTS: Mapping[str, Fault] = MappingProxyType({})
_LOG = logging.getLogger(__name__)


@cache
def _transformers() -> str:
    """The version of transformers: looking it up takes milliseconds, as much as a small architecture does."""
    return metadata.version("transformers")


def bank_path(home: Path, space: SearchSpace, architecture: Architecture, probe: Probe) -> Path:
    """Where the sketch of one architecture is kept."""
    document = {
        "space": space.name,
        "protocol": space.protocol,
        "architecture": architecture.digest,
        "pass": _pass_of(probe),
        "extractor": EXTRACTOR_VERSION,
        "torch": torch.__version__,
        # it draws the weights of some spaces, and its modules are parts of others
        "transformers": _transformers(),
        "dtype": "float32",
    }
    brought = brought_space(space.reference)
    if brought is not None:
        # another version of its package may build other models
        document["plugin"] = brought
    if probe.device != "cpu":
        # the CPU computes in one order anyway
        document["deterministic"] = torch.are_deterministic_algorithms_enabled()
    key = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return home / "bank" / space.name / space.protocol / key[:2] / f"{key}.safetensors"


def _pass_of(probe: Probe) -> dict[str, object]:
    """What a sketch depends on of a probe: of operands of other packages also whose they are, in which version."""
    document = asdict(probe)
    del document["derived"]
    return {**document, "derived": derived_identities(probe.derived)} if probe.derived else document


def sketch_bytes(sketched: Sketch) -> bytes:
    """A sketch as the content of a bank file, its checksum included."""
    tensors: dict[str, torch.Tensor] = {}
    places: dict[str, list[list[object]]] = {}
    more: dict[str, list[str]] = {}
    for family, part in sketched.sites.items():
        places[family] = [[site.layer, site.role, site.group] for site in part.sites]
        if derived := sorted(part.values.keys() - set(ALIGNED[family])):
            more[family] = derived
        tensors |= {f"{family}.weights": part.weights}
        tensors |= {f"values.{name}": value for name, value in part.values.items()}
    counts, fans = sketched.shape.counts, sketched.shape.fans
    tensors["shape.counts"] = torch.tensor([counts[name] for name in COUNTS], dtype=torch.float64)
    tensors["shape.fans"] = torch.tensor([fans[name] for name in FANS], dtype=torch.float64)
    tensors["sites"] = torch.frombuffer(
        bytearray(json.dumps({**places, DERIVED: more} if more else places).encode()), dtype=torch.uint8
    )
    tensors[CHECKSUM] = torch.frombuffer(bytearray(_checksum(tensors)), dtype=torch.uint8)
    return save(tensors)


def _checksum(tensors: dict[str, torch.Tensor]) -> bytes:
    """SHA-256 of tensors with their names, types and shapes, the checksum itself left out."""
    digest = hashlib.sha256()
    for name in sorted(tensors.keys() - {CHECKSUM}):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.digest()


def write_sketch(path: Path, content: bytes) -> None:
    """Write a bank file, atomically; raises LpzeroError where the folder cannot be written."""
    try:
        write_bytes(path, content)
    except OSError as err:
        raise LpzeroError(f"the bank cannot be written at {path}: {err.strerror or err}: set LPZERO_HOME") from err


def read_sketch(path: Path, *, verify: bool = True) -> Sketch:
    """Read one sketch.

    Args:
        path: Its file.
        verify: Whether its checksum is computed, which takes longer than to read it.

    Raises:
        InputError: It is damaged; the file is named.
    """
    try:
        # read whole, not memory-mapped: a file that is cut while it is mapped kills the process
        tensors = load(path.read_bytes())
        if verify and tensors[CHECKSUM].numpy().tobytes() != _checksum(tensors):
            raise ValueError("its checksum is another")
        places = json.loads(tensors["sites"].numpy().tobytes())
        more = places.get(DERIVED, {})
        sites = {
            family: SketchedSites(
                tuple(Site(*place) for place in places[family]),
                tensors[f"{family}.weights"],
                {name: tensors[f"values.{name}"] for name in (*ALIGNED[family], *more.get(family, ()))},
            )
            for family in SITE_FAMILIES
        }
        counts = dict(zip(COUNTS, tensors["shape.counts"].tolist(), strict=True))
        fans = {name: tuple(row) for name, row in zip(FANS, tensors["shape.fans"].tolist(), strict=True)}
        return Sketch(sites, ModelShape(counts, fans))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as err:
        raise InputError(f"bank file {path} is damaged ({err}): delete it") from err


@dataclass(frozen=True)
class Banked:
    """What a bank holds of some architectures.

    Attributes:
        paths: Files of the sketches that are there, in the order of the architectures.
        outlines: Of each of these files, which were checked by their checksums or have just been written.
        faults: Index of an architecture -> why it has no sketch.
    """

    paths: tuple[Path, ...]
    outlines: Mapping[Path, Outline]
    faults: Mapping[int, Fault]


@dataclass(frozen=True)
class _Task:
    space: SearchSpace
    architecture: Architecture
    probe: Probe


@dataclass(frozen=True)
class _Made:
    """A sketch that was made: the content of its file, and its outline."""

    content: bytes
    outline: Outline


def _bank_one(task: _Task) -> _Made:
    space = task.space
    operands = untrained_operands(space, task.architecture, task.probe)
    # what no model of the space has is in no grammar of a search either
    missing = operands.absent - lacked_families(space.reference)
    if missing:
        raise LpzeroError(f"space {space.name}: its models show no {', '.join(sorted(missing))}")
    derived = derived_named(task.probe.derived)
    for name, tensors in {**operands.tensors, **{row.name: operands.derived(row) for row in derived}}.items():
        if not all(bool(tensor.isfinite().all()) for tensor in tensors):
            raise NonfiniteError(f"its {name} is not finite")
    seed = derived_seed(task.probe.seed, "sketch")
    made = sketch(operands, elements=task.probe.elements, seed=seed, derived=derived)
    return _Made(sketch_bytes(made), outline_of(made))


def fill_bank(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    probe: Probe,
    *,
    home: Path,
    engine: Engine,
    progress: Callable[[int, int], None],
    before: Mapping[str, Fault] = NO_FAULTS,
    faulted: Callable[[Architecture, Fault], None] | None = None,
) -> Banked:
    """Compute the sketches that the bank lacks.

    Files are checked by their checksums; one that is damaged is made again, which the log says. Memory does not grow
    with the number of architectures.

    Args:
        space: Space of the architectures.
        architectures: In the order of the result.
        probe: The pass.
        home: The cache folder.
        engine: Where models are built and run; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).
        before: Digest of an architecture -> the fault that it had before: it is not tried again.
        faulted: Told of every other fault the moment that it is there; None for nobody.

    Returns:
        Where the sketches are, and which architectures have none.

    Raises:
        LpzeroError: The cache folder cannot be written.
    """
    paths = [bank_path(home, space, architecture, probe) for architecture in architectures]
    for folder in {path.parents[1] for path in paths}:
        remove_parts(folder, "*/*", older_than=DAY)
    asked = dict(zip(paths, architectures, strict=True))
    faults = {path: before[one.digest] for path, one in asked.items() if one.digest in before}
    kept = {path: _kept_outline(path) for path in asked if path not in faults}
    outlines = {path: outline for path, outline in kept.items() if outline is not None}
    places = [path for path in kept if path not in outlines]
    done = 0

    def arrived(index: int, result: _Made | Fault) -> None:
        nonlocal done
        path = places[index]
        if isinstance(result, Fault):
            faults[path] = result
            if faulted is not None:
                faulted(asked[path], result)
        else:
            write_sketch(path, result.content)
            outlines[path] = result.outline
        done += 1
        progress(done, len(places))

    tasks = [_Task(space, asked[path], probe) for path in places]
    with closing(engine.attempt(_bank_one, tasks, arrived=arrived)) as results:
        deque(results, maxlen=0)
    return Banked(
        tuple(path for path in paths if path not in faults),
        outlines,
        {i: faults[path] for i, path in enumerate(paths) if path in faults},
    )


def _kept_outline(path: Path) -> Outline | None:
    """The outline of a sketch that is there; None where there is none, or it is damaged, which the log says."""
    if not path.exists():
        return None
    try:
        return outline_of(read_sketch(path))
    except InputError as err:
        _LOG.warning("%s; building it again", err)
        return None
