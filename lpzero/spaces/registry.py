"""Find a space: one that comes with the package, a ``space.toml``, a checkpoint, or one of another package.

Another package brings a space through the entry point ``lpzero.spaces``: its name, and the class or function that makes
the space, called without arguments or with a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lpzero.errors import InputError, LpzeroError, unknown_name
from lpzero.settings import one_line
from lpzero.spaces.flexibert.space import FlexiBert
from lpzero.spaces.gpt2.space import Gpt2
from lpzero.spaces.hat_mt.space import HatMt
from lpzero.spaces.hwgpt.space import HwGpt
from lpzero.spaces.llama.space import Llama, open_subnetworks
from lpzero.spaces.nb201.space import Nb201
from lpzero.spaces.rnn.space import Rnn
from lpzero.spaces.space import LacksOperands, SearchSpace
from lpzero.spaces.transfo_xl.space import TransfoXl

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "lpzero.spaces"

SPACES: Mapping[str, Callable[..., SearchSpace]] = MappingProxyType(
    {space.name: space for space in (FlexiBert, Gpt2, TransfoXl, Llama, HwGpt, Rnn, HatMt)}
)
"""The spaces that come with the package."""

TABULAR: Mapping[str, Callable[..., SearchSpace]] = MappingProxyType({Nb201.name: Nb201})
"""Spaces without models, which no command lists: only tables can be asked about them."""

BY_FILE: Mapping[str, str] = MappingProxyType({"sub_networks.json": "lpzero.compression.sub_networks.space:open_space"})
"""Files beside a document that find its space, and what opens them: named and not imported, since it stands above."""

_DIGEST = re.compile(r"config-[0-9a-f]{16}")


def get_space(name: str, protocol: str | None = None) -> SearchSpace:
    """Find a space.

    Args:
        name: One of ``SPACES``, the path of a ``space.toml`` or of a file of ``BY_FILE``, the name that an installed
            package gives a space, or the folder of a LLaMA checkpoint, whose sub-networks are a space. They are looked
            for in this order; a path with a separator, such as ``./mine``, is never taken for a name.
        protocol: One of the space's protocols; None for its default. For a ``space.toml``, the protocol that it had:
            another one means that it has changed since.

    Raises:
        InputError: If there is no such space or protocol, or what should make it is broken.

    >>> get_space("flexibert", "legacy").protocols
    ('trained', 'listed', 'legacy', 'own')
    """
    if name in SPACES or name in TABULAR:
        make = SPACES.get(name) or TABULAR[name]
        return make() if protocol is None else make(protocol)
    if name.endswith(".toml"):
        return _from_file(Path(name), protocol)
    if Path(name).name in BY_FILE:
        return _opened(Path(name), protocol)
    found = [entry for entry in _entry_points() if entry.name == name]
    if found:
        return _from_entry_point(found, protocol)
    if name and _is_folder(name):
        _refuse_folder_of_a_file(Path(name))
        return open_subnetworks(Path(name), protocol)
    raise unknown_name("space", one_line(name, 80), (*space_names(), "a space.toml", "the folder of a checkpoint"))


def named_space(name: str, protocol: str | None = None) -> SearchSpace:
    """Find a space by a name that stands in a document, which somebody else may have written.

    Raises:
        InputError: As :func:`get_space` does, and where it is a path: a document does not say which files are opened.
    """
    if name not in (*TABULAR, *space_names()):
        raise unknown_name("space", one_line(name, 80), space_names())
    return get_space(name, None if protocol is None else one_line(protocol, 80))


def lacked_families(name: str) -> frozenset[str]:
    """The families of operands that no model of a space has; none of a file or a checkpoint, which are transformers.

    Args:
        name: What :func:`get_space` finds the space by.

    >>> sorted(lacked_families("rnn")), sorted(lacked_families("gpt2"))
    (['attention', 'head'], [])
    """
    if name not in SPACES and name not in space_names():
        return frozenset()
    space = get_space(name)
    return frozenset(family for family, _ in space.lacks) if isinstance(space, LacksOperands) else frozenset()


def space_names() -> tuple[str, ...]:
    """The names of the spaces that come with the package, then those of installed packages; none of these is loaded."""
    return tuple(dict.fromkeys([*SPACES, *sorted(entry.name for entry in _entry_points())]))


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        # longer than a path can be, or no path at all
        return False


def _refuse_folder_of_a_file(folder: Path) -> None:
    """Raise InputError for a folder that holds a ``space.toml``, as that of a table does, and no checkpoint."""
    file = folder / "space.toml"
    if file.is_file() and not (folder / "config.json").is_file():
        raise InputError(f"{folder}: expected the file of a space, or the folder of a checkpoint: give {file}")


def _opened(path: Path, protocol: str | None) -> SearchSpace:
    module, _, name = BY_FILE[path.name].partition(":")
    space: SearchSpace = getattr(import_module(module), name)(path, protocol)
    return space


def _entry_points() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points

    return tuple(entry_points(group=GROUP))


def _from_file(path: Path, protocol: str | None) -> SearchSpace:
    from lpzero.spaces.toml.file import read_space

    space = read_space(path)
    if space.name in SPACES:
        raise InputError(f"{path}: name: expected another one, found {space.name!r}, which comes with the package")
    if protocol in (None, "config", space.protocol):
        return space
    if not _DIGEST.fullmatch(str(protocol)):
        raise InputError(f"{path}: expected the protocol {space.protocol}, found {protocol!r}")
    expected = f"expected what had the protocol {protocol}, found {space.protocol}"
    raise InputError(f"{path}: changed since: {expected}: restore it")


def _from_entry_point(entries: list[EntryPoint], protocol: str | None) -> SearchSpace:
    owners = [f"{entry.value} of {entry.dist.name if entry.dist else 'an unknown package'}" for entry in entries]
    if len(entries) > 1:
        raise InputError(f"space {entries[0].name!r}: expected one package that brings it, found {', '.join(owners)}")
    name, place = entries[0].name, f"space {entries[0].name!r}, {owners[0]}"
    try:
        make = entries[0].load()
        space: SearchSpace = make() if protocol is None else make(protocol)
    except LpzeroError:
        raise
    except Exception as err:  # whatever the code of another package raises
        found_text = f"{type(err).__name__}: {' '.join(str(err).split())}"
        raise InputError(f"{place}: expected a class or function that makes it, found {found_text}") from err
    parts = [part for part in vars(SearchSpace) if not part.startswith("_")]
    missing = [part for part in parts if not hasattr(type(space), part) and not hasattr(space, part)]
    if missing:
        raise InputError(f"{place}: expected a search space, found {type(space).__name__} without {', '.join(missing)}")
    if space.name != name:
        raise InputError(f"{place}: expected a space of that name, found one called {space.name!r}")
    return space
