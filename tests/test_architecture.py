"""The rooms that docs/architecture.md names are those that there are, each once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = re.compile(r"^\| `((?:lpzero|proxies|benchmarks|docs|tests|examples)/[\w/]*)` \|", re.MULTILINE)


def test_every_room_is_named_once_and_is_there() -> None:
    named = Counter(ROOMS.findall((ROOT / "docs" / "architecture.md").read_text()))
    assert [room for room, times in named.items() if times > 1] == []
    assert [room for room in named if not (ROOT / room).is_dir()] == []
    rooms = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in (ROOT / "lpzero").glob("*/__init__.py")}
    assert sorted(rooms - set(named)) == []
