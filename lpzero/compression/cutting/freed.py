"""Memory that was freed, given back to the system: the C library of Linux keeps it for itself otherwise."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> bool:
    """Give back what was freed; returns whether anything was. Elsewhere than on Linux with glibc nothing happens."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
