"""Search spaces: draw an architecture, change it, and build the untrained model that it stands for.

Importing this package loads no torch; building a model does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lpzero.errors import unknown_name
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.flexibert import FlexiBert
from lpzero.spaces.gpt2 import Gpt2
from lpzero.spaces.output import ModelOutput
from lpzero.spaces.sites import OutputSite, ParameterSite, SitedModel, SiteMap
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.transfo_xl import TransfoXl

__all__ = [
    "SPACES",
    "Architecture",
    "FlexiBert",
    "Gpt2",
    "ModelOutput",
    "OutputSite",
    "ParameterSite",
    "SearchSpace",
    "SiteMap",
    "SitedModel",
    "TransfoXl",
    "get_space",
]

SPACES: Mapping[str, Callable[..., SearchSpace]] = MappingProxyType(
    {FlexiBert.name: FlexiBert, Gpt2.name: Gpt2, TransfoXl.name: TransfoXl}
)


def get_space(name: str, protocol: str | None = None) -> SearchSpace:
    """Find a space by its name.

    Args:
        name: One of ``SPACES``.
        protocol: One of the space's protocols; None for its default.

    Raises:
        InputError: If there is no such space or protocol.

    >>> get_space("flexibert", "legacy").protocols
    ('trained', 'listed', 'legacy', 'own')
    """
    if name not in SPACES:
        raise unknown_name("space", name, SPACES)
    return SPACES[name]() if protocol is None else SPACES[name](protocol)
