"""An architecture that a user gave: a JSON or TOML file, a folder that a search wrote, or standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError

if TYPE_CHECKING:
    from lpzero.spaces.architecture import Architecture
    from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class GivenArchitecture:
    """An architecture as it was given.

    Attributes:
        source: What messages call the place where it stands.
        architecture: The architecture.
        protocol: The protocol that stands beside it; None where none does.
        document: The file that it stands in, beside which the file of its space may lie; None for standard input.
    """

    source: str
    architecture: Architecture
    protocol: str | None
    document: Path | None = None


def read_architecture(text: str) -> GivenArchitecture:
    """Read an architecture; raises InputError where there is none."""
    from lpzero.pretrained.folder import ARCHITECTURE
    from lpzero.pretrained.whole import CONFIGURATION
    from lpzero.settings import read_document

    if text == "-":
        return _given(_standard_input(), "stdin")
    path = Path(text)
    if path.suffix == ".toml":
        return _given(_toml(path), text, path)
    if not path.is_dir():
        given = _given(read_document(path), text, path)
        return _as_its_folder_says(given, path.parent / CONFIGURATION) if path.name == ARCHITECTURE else given
    configuration, alone = path / CONFIGURATION, path / ARCHITECTURE
    if configuration.is_file() and "architecture" in (document := read_document(configuration)):
        return _given(document, str(configuration), configuration)
    if alone.is_file():
        return _given(read_document(alone), str(alone), alone)
    raise InputError(f"{path}: expected a folder with {ARCHITECTURE}, or with {CONFIGURATION} of lpzero, found neither")


def _as_its_folder_says(given: GivenArchitecture, configuration: Path) -> GivenArchitecture:
    """An architecture with the protocol of the configuration beside it, where that is of the same architecture."""
    from lpzero.settings import read_document

    document = read_document(configuration) if given.protocol is None and configuration.is_file() else {}
    if document.get("architecture") != given.architecture.to_json():
        return given
    return replace(given, protocol=_given(document, str(configuration)).protocol)


def _toml(path: Path) -> dict[str, object]:
    """An architecture as TOML: ``space``, ``[whole]``, ``[[layers]]``, and ``protocol`` where it is not the default."""
    from lpzero.spaces.toml.document import parse_toml, read_text

    document = parse_toml(path, read_text(path))
    protocol = document.pop("protocol", None)
    architecture = {"layers": [], **document}
    return {"architecture": architecture, "protocol": protocol}


def _standard_input() -> object:
    from lpzero.settings import parse_json, reason_of

    try:
        return parse_json(sys.stdin.read())
    except ValueError as err:
        raise InputError(f"stdin: expected a JSON object, found {reason_of(err)}") from None


def _given(document: Any, source: str, path: Path | None = None) -> GivenArchitecture:
    """An architecture by itself, or one with its protocol, as a configuration of lpzero has them."""
    from lpzero.settings import shorten
    from lpzero.spaces.architecture import Architecture

    configuration = isinstance(document, dict) and "architecture" in document
    protocol = document.get("protocol") if configuration else None
    if protocol is not None and not isinstance(protocol, str):
        raise InputError(f"{source}: protocol: expected text, found {shorten(protocol)}")
    try:
        return GivenArchitecture(
            source, Architecture.from_json(document["architecture"] if configuration else document), protocol, path
        )
    except InputError as err:
        raise InputError(f"{source}: {err}") from None


def space_of(given: GivenArchitecture, reference: str | None, protocol: str | None) -> SearchSpace:
    """The space that an architecture is a point of; raises InputError where there is none.

    Args:
        given: The architecture.
        reference: What :func:`lpzero.get_space` finds the space by; None for the space that the architecture names, or
            the ``space.toml`` that lies beside it.
        protocol: Which model it stands for; None for what stands beside it, else the space's first.
    """
    from lpzero.spaces import get_space
    from lpzero.spaces.beside import lies_beside
    from lpzero.spaces.llama.space import SUBNET

    chosen = protocol or given.protocol
    if reference is None and str(chosen).startswith(SUBNET):
        raise InputError(
            f"{given.source}: a sub-network has the weights of its checkpoint, which is not here: give the folder of "
            f"the checkpoint as `space`, or cut it out with lpzero build {given.source} --space CHECKPOINT_FOLDER "
            "--out DIR"
        )
    try:
        space = _named(given, chosen) if reference is None else get_space(reference, chosen)
    except InputError as err:
        document = given.document
        if reference or protocol or (document is not None and lies_beside(document.parent)):
            raise
        raise InputError(f"{err}: `space` and `protocol` say another one") from None
    try:
        space.validate(given.architecture)
    except InputError as err:
        raise InputError(f"{given.source}: {err}{_hint(space, given) if chosen is None else ''}") from None
    return space


def _named(given: GivenArchitecture, protocol: str | None) -> SearchSpace:
    """The space that an architecture names: it may name a space, but no path that would be opened."""
    from lpzero.spaces.beside import space_beside
    from lpzero.spaces.registry import named_space

    if given.document is not None:
        return space_beside(given.document, given.architecture.space, protocol)
    try:
        return named_space(given.architecture.space, protocol)
    except InputError as err:
        raise InputError(f"{given.source}: {err}") from None


def _hint(space: SearchSpace, given: GivenArchitecture) -> str:
    """The protocols that an architecture fits, where none is named."""
    from lpzero.spaces import get_space

    fitting = []
    for protocol in space.protocols:
        try:
            get_space(space.reference, protocol).validate(given.architecture)
        except InputError:
            continue
        fitting.append(protocol)
    return f" (it fits `protocol` {' or '.join(fitting)})" if fitting else ""
