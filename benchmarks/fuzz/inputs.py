"""The input of a reader, as text or as a file."""

from __future__ import annotations

from pathlib import Path


def text_of(data: bytes) -> str:
    """The text of an input."""
    # as Python reads the command line: what is no UTF-8 becomes lone surrogates
    return data.decode("utf-8", "surrogateescape")


def written(data: bytes, folder: Path, name: str) -> Path:
    """The path of an input that is a file now."""
    path = folder / name
    path.write_bytes(data)
    return path
