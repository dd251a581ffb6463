"""Lines of a published text file, which may be gzipped: one that is small and stands for much is refused."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from lpzero.errors import InputError, MissingError
from lpzero.settings import LARGEST_FILE, reason_of


def text_lines(path: Path, largest: int = LARGEST_FILE) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, each with its number from 1.

    Args:
        path: A file of UTF-8 text, gzipped where the suffix is ``.gz``.
        largest: Bytes of the text, at most.

    Raises:
        MissingError: The file is not there.
        InputError: It cannot be read, or is larger; the message is one line.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise ValueError(f"more than {largest} bytes of text")
        text = content.decode("utf-8")
    except FileNotFoundError as error:
        raise MissingError(f"{path}: expected a file, found none") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: expected a readable file of lines of text, found: {reason_of(error)}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line
