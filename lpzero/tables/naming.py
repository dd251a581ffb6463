"""What a table of one's own may be called, and what its card may say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lpzero.errors import InputError
from lpzero.tables.catalog import TABLES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_names(name: str, folder: Path) -> None:
    """Check the name and the folder of a new table.

    Raises:
        InputError: The name is no path, or a known table would be found by one of them instead.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"expected a name of letters, digits, dots, dashes and underscores, found {name!r}: give another `name`"
        )
    if name in TABLES:
        raise InputError(f"expected a name that no known table has, found {name!r}: give another `name`")
    if str(folder) in TABLES:
        raise InputError(f"expected a folder that is no known table's name, found {str(folder)!r}: give another `out`")


def check_texts(texts: Iterable[tuple[str, str]]) -> None:
    """Check what a card says.

    Args:
        texts: (option, text); an option may come several times.

    Raises:
        InputError: A text is empty, or more than a line.
    """
    for option, text in texts:
        if not text.strip() or not text.isprintable():
            raise InputError(f"`{option}`: expected a line of text, found {text!r}")
