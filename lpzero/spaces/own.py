"""The protocol ``own``: models that lpzero trains itself, small enough to learn within minutes.

They read bytes: id 0 is the mask, and byte b has the id b + 1. ``own-N`` is the same model for a vocabulary of
N ids, such as that of a byte-pair encoding, in which id 0 is the mask as well. Where the own models of a space are cut
out of a checkpoint, those that are trained from scratch have the protocol ``scratch``, and ``scratch-N``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lpzero.errors import unknown_name

NAME = "own"
SCRATCH = "scratch"
MASK = 0
BYTE_VOCABULARY = 257
MAX_TOKENS = 64
SMALLEST_VOCABULARY, LARGEST_VOCABULARY = 257, 65536

_NAMED = re.compile(r"(own|scratch)-([1-9][0-9]{0,5})")


def trained_name(protocols: Sequence[str]) -> str | None:
    """The protocol of a space under which lpzero trains models from scratch; None where there is none.

    Args:
        protocols: The protocols of the space.

    >>> trained_name(("lts", "own")), trained_name(("160m", "own", "scratch")), trained_name(("lts",))
    ('own', 'scratch', None)
    """
    return next((name for name in (SCRATCH, NAME) if name in protocols), None)


def protocol_of(vocabulary: int, name: str = NAME) -> str:
    """The protocol of models with a vocabulary: ``name`` itself for bytes, else with the number of ids behind it.

    Args:
        vocabulary: Number of token ids.
        name: ``"own"`` or ``"scratch"``.

    >>> protocol_of(257), protocol_of(4096, "scratch")
    ('own', 'scratch-4096')
    """
    return name if vocabulary == BYTE_VOCABULARY else f"{name}-{vocabulary}"


def split_protocol(protocol: str, protocols: tuple[str, ...]) -> tuple[str, int | None]:
    """Take a protocol apart into its name and its vocabulary.

    Args:
        protocol: One of ``protocols``, or that of :func:`trained_name` with ``-N`` behind it.
        protocols: The protocols of a space.

    Returns:
        The name, and the number of ids of an ``own`` or ``scratch`` protocol; None for another.

    Raises:
        InputError: It is neither, or N is out of its range.

    >>> split_protocol("own-4096", ("lts", "own"))
    ('own', 4096)
    """
    named = _NAMED.fullmatch(protocol)
    if named and named[1] == trained_name(protocols) and SMALLEST_VOCABULARY < int(named[2]) <= LARGEST_VOCABULARY:
        return named[1], int(named[2])
    if protocol not in protocols:
        raise unknown_name("protocol", protocol, protocols)
    return protocol, BYTE_VOCABULARY if protocol in (NAME, SCRATCH) else None


def byte_ids(text: str) -> list[int]:
    """The ids of a text that is read byte by byte.

    >>> byte_ids("ab")
    [98, 99]
    """
    return [byte + 1 for byte in text.encode()]
