"""Files that are replaced atomically: each holds the old text or the new one, never a part."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file, whose folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            file.write(content)
            file.flush()
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)


def write_text(path: Path, text: str) -> None:
    """Replace a file of UTF-8 text."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Any) -> None:
    """Replace a JSON document; NaN and infinity are refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")
