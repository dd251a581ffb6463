"""Which operands a search may use: those that every space which it works on has."""

from __future__ import annotations

from collections.abc import Iterable

from lpzero.operands.brought import known_operand
from lpzero.spaces.registry import lacked_families


def operands_shown(names: Iterable[str], spaces: Iterable[str]) -> tuple[str, ...]:
    """The operands, of some, that the models of all of some spaces show.

    Args:
        names: Names of operands.
        spaces: What :func:`lpzero.spaces.get_space` finds each space by.

    >>> operands_shown(("hidden", "attention"), ["gpt2"]), operands_shown(("hidden", "attention"), ["gpt2", "rnn"])
    (('hidden', 'attention'), ('hidden',))
    """
    lacked = frozenset().union(*map(lacked_families, spaces))
    return tuple(name for name in names if known_operand(name).site_family not in lacked)
