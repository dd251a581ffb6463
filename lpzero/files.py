"""Files that are replaced atomically: each holds the old text or the new one, never a part."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

PART = ".part"
"""Ending of a file that is not yet whole; a process that is killed may leave one."""


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file, whose folder is made where it is not there; its permissions follow the umask."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{path.name}.{uuid.uuid4().hex}{PART}"
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Replace a file of UTF-8 text."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Any) -> None:
    """Replace a JSON document; NaN and infinity are refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")
