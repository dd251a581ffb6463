"""Discover zero-cost proxies: formulas that rank untrained language models the way training would.

The public names are loaded when they are first used, so ``import lpzero`` alone is quick: it brings in
neither torch nor transformers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpzero.errors import LpzeroError
    from lpzero.formula import Formula, parse
    from lpzero.pretrained import register
    from lpzero.proxy import load_proxy
    from lpzero.spaces import get_space
    from lpzero.spaces.architecture import Architecture
    from lpzero.tables import load_table

    __version__: str

# Public name -> the module that defines it.
_EXPORTS = {
    "Architecture": "lpzero.spaces.architecture",
    "Formula": "lpzero.formula",
    "LpzeroError": "lpzero.errors",
    "get_space": "lpzero.spaces",
    "load_proxy": "lpzero.proxy",
    "load_table": "lpzero.tables",
    "parse": "lpzero.formula",
    "register": "lpzero.pretrained",
}

__all__ = [
    "Architecture",
    "Formula",
    "LpzeroError",
    "__version__",
    "get_space",
    "load_proxy",
    "load_table",
    "parse",
    "register",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562); raises AttributeError where there is none of that name."""
    if name == "__version__":
        value: Any = importlib.import_module("importlib.metadata").version("lpzero")
    elif name in _EXPORTS:
        value = getattr(importlib.import_module(_EXPORTS[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The names that are loaded already, and the public ones."""
    return sorted({*globals(), *__all__})
