"""The file of a space beside the documents that name it: a document names a space, and never the path of one.

A space of a ``space.toml`` has a name that nothing but its file explains. Whatever keeps architectures of it, a table
or the folder of an architecture, keeps a copy of the file; a protocol in the document tells whether it is the same.
"""

from __future__ import annotations

from pathlib import Path

from lpzero.errors import InputError
from lpzero.files import write_text
from lpzero.settings import one_line
from lpzero.spaces.registry import BY_FILE, SPACES, get_space, named_space, space_names
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.toml.space import ConfigSpace

SPACE_FILE = "space.toml"


def lies_beside(folder: Path) -> bool:
    """Whether a folder holds the file of a space."""
    return any((folder / name).is_file() for name in (SPACE_FILE, *BY_FILE))


def keep_space(folder: Path, space: SearchSpace) -> None:
    """Write a copy of a space's file into a folder; nothing where the space has a name that finds it.

    Args:
        folder: Where the document lies that names the space.
        space: The space.

    Raises:
        OSError: The file cannot be written.
    """
    if isinstance(space, ConfigSpace):
        write_text(folder / SPACE_FILE, space.text)


def space_beside(document: Path, name: str, protocol: str | None) -> SearchSpace:
    """Find the space that a document names, by its name, or by the file that lies beside the document.

    Args:
        document: The document, for messages; its folder is where the file is.
        name: The name that it gives.
        protocol: The protocol that it gives; None for the default one.

    Raises:
        InputError: Neither finds it, the file describes another space, or it has changed since.
    """
    beside = (document.parent / file for file in (SPACE_FILE, *BY_FILE))
    file = next((path for path in beside if path.is_file()), document.parent / SPACE_FILE)
    if name not in SPACES and file.is_file():
        space = get_space(str(file), None if protocol is None else one_line(protocol, 80))
        if space.name != name:
            raise InputError(
                f"{file}: expected the space {one_line(name, 80)!r} that {document.name} names, found {space.name!r}: "
                "restore the file"
            )
        return space
    try:
        return named_space(name, protocol)
    except InputError as err:
        if name in space_names():
            raise InputError(f"{document}: {err}") from err
        raise InputError(
            f"{document}: unknown space {one_line(name, 80)!r}: expected one of {', '.join(space_names())}, or the "
            f"space's own file: copy it to {file}"
        ) from err
