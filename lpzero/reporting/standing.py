"""How far the run of a folder is: what its events say, and the best so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.plugins import checked_identities
from lpzero.run_folder import ENV, EVENTS, PLUGINS
from lpzero.settings import parse_json, read_bounded, read_document, reason_of

LARGEST = 1 << 30


@dataclass(frozen=True)
class Event:
    """One line of the events.

    Attributes:
        time: When, as ISO 8601.
        name: What happened.
        facts: What is said of it.
    """

    time: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        """A number that is said of it; None where there is none of that name."""
        value = self.facts.get(name)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def read_events(folder: Path) -> list[Event]:
    """The events of a run, the first one first; a last line that is not whole is left out.

    Raises:
        InputError: There are none, or another line is damaged.
    """
    path = folder / EVENTS
    try:
        text = read_bounded(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file: expected the folder of a run") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected lines of JSON, found {reason_of(err)}") from None
    return list(_events(text[: text.rfind("\n") + 1], path))


def _events(text: str, path: Path) -> Iterator[Event]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            document = parse_json(line)
            time, name = document.pop("time"), document.pop("event")
            if not isinstance(time, str) or not isinstance(name, str):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(f"{path}, line {number}: expected an event with its time, found a damaged line") from None
        yield Event(time, name, document)


def curve_of(events: list[Event]) -> tuple[list[float], list[float]] | None:
    """Evaluated formulas and the best tau-a so far, of an evolution's generations; None where there are none."""
    told = [(one.number("evaluated"), one.number("best")) for one in events if one.name in ("generation", "stopped")]
    points = [(x, y) for x, y in told if x is not None and y is not None]
    if not points:
        return None
    return [x for x, _ in points], [y for _, y in points]


def begun_at(folder: Path, events: list[Event]) -> tuple[str | None, str | None]:
    """When a run began, and when it last said something, as ISO 8601; None where nobody knows."""
    if events:
        return events[0].time, events[-1].time
    changed = [path.stat().st_mtime for path in folder.iterdir() if path.is_file()]
    if not changed:
        return None, None
    first, last = (datetime.fromtimestamp(when, timezone.utc) for when in (min(changed), max(changed)))
    return first.isoformat(timespec="seconds"), last.isoformat(timespec="seconds")


def environment(folder: Path, name: str = ENV) -> dict[str, str]:
    """Versions and machine of a run; empty where its folder does not say.

    Raises:
        InputError: The file is damaged.
    """
    path = folder / name
    found = dict(read_document(path)) if path.is_file() else {}
    said = found.pop(PLUGINS, None)
    named = [] if said is None else checked_identities(said, path)
    return {**{key: str(value) for key, value in found.items()}, **{one["package"]: one["version"] for one in named}}
