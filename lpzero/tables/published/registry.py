"""The upstream files of the known tables, each with the checksum of the pinned commit."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import resources


@cache
def _registry() -> dict[str, str]:
    lines = resources.files("lpzero.tables.published").joinpath("registry.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


def registered(pattern: str) -> dict[str, str]:
    """The files whose path in the data folder matches, as path -> SHA-256 (64 hexadecimal digits).

    Args:
        pattern: A shell pattern, in which ``*`` also matches ``/``.

    >>> list(registered("flexibert/*"))
    ['flexibert/BERT_benchmark.json']
    """
    return {path: digest for path, digest in _registry().items() if fnmatchcase(path, pattern)}
