"""Find a space: one that comes with the package, a ``space.toml``, a checkpoint, or one of another package.

Another package brings a space through the entry point ``lpzero.spaces`` (:mod:`lpzero.plugins`): its name, and the
class or function that makes the space, called without arguments or with a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lpzero import plugins
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
        own = SPACES.get(name) or TABULAR[name]
        return own() if protocol is None else own(protocol)
    if name.endswith(".toml"):
        return _from_file(Path(name), protocol)
    if Path(name).name in BY_FILE:
        return _opened(Path(name), protocol)
    make = plugins.find(BROUGHT, name)
    if make is not None:
        return make() if protocol is None else make(protocol)
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
    return (*SPACES, *plugins.names(BROUGHT))


def usable_spaces() -> tuple[str, ...]:
    """The same without the spaces that cannot be made; of these the log says once why."""
    return (*SPACES, *plugins.usable(BROUGHT))


def brought_space(name: str) -> dict[str, str] | None:
    """What a document says of the package that brings a space; None where none does, as for a file or a checkpoint.

    Args:
        name: What :func:`get_space` finds the space by.
    """
    return plugins.identity_of(BROUGHT, name)


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


def _checked(name: str, value: object) -> Callable[..., SearchSpace]:
    """What makes a space that a package brings, which was tried; raises InputError where it makes none."""
    make: Any = value
    try:
        space: SearchSpace = make()
    except LpzeroError:
        raise
    except Exception as err:  # whatever the code of another package raises
        found_text = f"{type(err).__name__}: {' '.join(str(err).split())}"
        raise InputError(f"expected a class or function that makes it, found {found_text}") from err
    parts = [part for part in vars(SearchSpace) if not part.startswith("_")]
    missing = [part for part in parts if not hasattr(type(space), part) and not hasattr(space, part)]
    if missing:
        raise InputError(f"expected a search space, found {type(space).__name__} without {', '.join(missing)}")
    if space.name != name:
        raise InputError(f"expected a space of that name, found one called {space.name!r}")
    return lambda *protocol: _made(make, name, protocol)


def _made(make: Callable[..., SearchSpace], name: str, protocol: tuple[str, ...]) -> SearchSpace:
    try:
        return make(*protocol)
    except LpzeroError:
        raise
    except Exception as err:  # likewise
        found = f"{type(err).__name__}: {' '.join(str(err).split())}"
        raise InputError(f"space {name!r}: expected the protocol {', '.join(protocol)}, found {found}") from err


BROUGHT = plugins.Kind("spaces", (*SPACES, *TABULAR), _checked)
"""Spaces of installed packages."""
