"""How much memory a process may still take."""

from __future__ import annotations

from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def free_memory() -> int:
    """Bytes that can be taken without swapping: what the machine has available, or less in a container with a limit."""
    return min((int(psutil.virtual_memory().available), *group_limits(_OWN_GROUPS, _GROUPS)))


def group_limits(own: Path, groups: Path) -> list[int]:
    """Bytes that the control groups of a process leave it; empty where there are none, as on another system than Linux.

    Args:
        own: The file that names the groups of the process, a line each: number, controllers, path.
        groups: Where they are mounted; version 2 as a whole, version 1 in the folder ``memory``.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            found += _up(groups, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            found += _up(groups / "memory", path, *names)
    return found


def _up(root: Path, path: str, limit: str, used: str, cached: str) -> list[int]:
    """What a group and every one above it leave; a container may see its own group as the root."""
    inside = Path(path.lstrip("/"))
    found = []
    for folder in (root / inside, *(root / parent for parent in inside.parents)):
        left = _left(folder, limit, used, cached)
        if left is not None:
            found.append(left)
    return found


def _left(folder: Path, limit: str, used: str, cached: str) -> int | None:
    """The limit without what is used, files that were only read not counted; None where there is no limit."""
    try:
        allowed, taken = (folder / limit).read_text().strip(), int((folder / used).read_text())
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    return None if allowed == "max" else max(0, int(allowed) - taken + int(statistics.get(cached, 0)))
