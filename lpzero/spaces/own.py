"""The protocol ``own``: models that lpzero trains itself, small enough to learn within minutes.

They read bytes: id 0 is the mask, and byte b has the id b + 1. ``own-N`` is the same model for a vocabulary of
N ids, such as that of a byte-pair encoding, in which id 0 is the mask as well.
"""

from __future__ import annotations

import re

from lpzero.errors import unknown_name

NAME = "own"
MASK = 0
BYTE_VOCABULARY = 257
MAX_TOKENS = 64
SMALLEST_VOCABULARY, LARGEST_VOCABULARY = 257, 65536

_NAMED = re.compile(r"own-([1-9][0-9]{0,5})")


def protocol_of(vocabulary: int) -> str:
    """The protocol of models with a vocabulary: ``own`` for bytes, else ``own-N``."""
    return NAME if vocabulary == BYTE_VOCABULARY else f"{NAME}-{vocabulary}"


def split_protocol(protocol: str, protocols: tuple[str, ...]) -> tuple[str, int | None]:
    """Take a protocol apart into its name and its vocabulary.

    Args:
        protocol: One of ``protocols``, or ``own-N`` where ``own`` is among them.
        protocols: The protocols of a space.

    Returns:
        The name, and the number of ids of an ``own`` protocol; None for another.

    Raises:
        InputError: It is neither, or N is out of its range.

    >>> split_protocol("own-4096", ("lts", "own"))
    ('own', 4096)
    """
    named = _NAMED.fullmatch(protocol)
    if NAME in protocols and named and SMALLEST_VOCABULARY < int(named[1]) <= LARGEST_VOCABULARY:
        return NAME, int(named[1])
    if protocol not in protocols:
        raise unknown_name("protocol", protocol, protocols)
    return protocol, BYTE_VOCABULARY if protocol == NAME else None


def byte_ids(text: str) -> list[int]:
    """The ids of a text that is read byte by byte.

    >>> byte_ids("ab")
    [98, 99]
    """
    return [byte + 1 for byte in text.encode()]
