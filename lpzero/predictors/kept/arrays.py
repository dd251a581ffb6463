"""Arrays beside a document, as npz: plain numbers by name, checked by their checksum, and never a pickle."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lpzero.errors import InputError
from lpzero.settings import one_line

LARGEST = 1 << 28
"""Bytes of the largest file that is read."""
# zipfile has no error of its own for an archive of a later version, nor for one that asks for a password
_UNREADABLE = (NotImplementedError, RuntimeError, struct.error, zipfile.BadZipFile)
_DAMAGED = (OSError, ValueError, KeyError, EOFError, MemoryError, *_UNREADABLE)


def arrays_path(path: Path) -> Path:
    """The file with the arrays of a document: its name with another suffix."""
    return path.with_suffix(".npz")


def packed_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[bytes, str]:
    """The content of such a file, and its SHA-256."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its stubs have one argument more
    content = buffer.getvalue()
    return content, hashlib.sha256(content).hexdigest()


def read_arrays(path: Path, sha256: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read the arrays of a document, in whatever shapes.

    Args:
        path: The file.
        sha256: What the document says of it.
        names: Those that are needed.

    Raises:
        InputError: It is not the file that was written, or has other arrays.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("its checksum is another")
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            if any(member.compress_type != zipfile.ZIP_STORED for member in members.infolist()):
                # a few bytes could stand for more than any memory
                raise ValueError("its arrays are compressed")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except _DAMAGED as err:
        raise damaged(path, err) from None


def damaged(path: Path, why: object) -> InputError:
    """The error of arrays that are not what they should be."""
    return InputError(f"{path} is damaged ({one_line(str(why), 200)}): fit the predictor again")
