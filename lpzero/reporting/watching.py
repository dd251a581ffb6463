"""What there is to see of a run from outside, again and again: new events, how far it is, and its best so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.folder import CHECKPOINT
from lpzero.files import is_held
from lpzero.reporting.articles.unfinished import best_so_far
from lpzero.reporting.blocks import visible
from lpzero.reporting.folders import kind_of
from lpzero.reporting.repeat import resume_of
from lpzero.reporting.runs import FINISHED, UNFINISHED, row_of, so_far
from lpzero.reporting.standing import Event, read_events
from lpzero.run_folder import CONFIG, EVENTS


@dataclass(frozen=True)
class Seen:
    """What there is to see of a run.

    Attributes:
        state: ``"finished"`` or ``"unfinished"``.
        said: One line a event that was not seen before.
        facts: How far it is, in one line; empty where nothing says.
        best: The best so far as a table, its header first; empty where there is none.
        go_on: The command that goes on with it, where it is not finished and, as far as this machine sees, nobody works
            on it; empty otherwise.
    """

    state: str
    said: tuple[str, ...]
    facts: str
    best: tuple[tuple[str, ...], ...] = ()
    go_on: str = ""


def seen(path: Path) -> Iterator[Seen]:
    """What there is to see of a run, each time that it is asked for, until it is finished.

    Args:
        path: Its folder.

    Raises:
        InputError: It is no folder of a run that has events, or a file of it is damaged.
    """
    if not (path / CONFIG).is_file():
        raise InputError(f"{path}: expected the folder of a run of evolve, enumerate or search, found none")
    command, result_file, config = _opened(path)
    told, rows = 0, _Front(path, config if isinstance(config, EvolveConfig) else None)
    while True:
        # before the result: who worked on it a moment ago may have finished it
        alone = not is_held(path)
        # before the events: what is finished has said all of them
        finished = (path / result_file).is_file()
        # a process that was killed at once has said nothing
        events = read_events(path) if (path / EVENTS).is_file() else []
        new, told = tuple(map(line_of, events[told:])), len(events)
        if finished:
            yield Seen(FINISHED, new, row_of(path).best or "", rows.read())
            return
        go_on = resume_of(command, path) if alone else ""
        yield Seen(UNFINISHED, new, so_far(path, command, events) or "", rows.read(), go_on)


def _opened(path: Path) -> tuple[str, str, BaseModel | None]:
    """The command that made a run, the file that its result will be in, and its settings."""
    from lpzero.reporting.articles import choices

    if choices.is_about_units(path):
        from lpzero.compression.choices.evolving import ChoicesRunFolder

        return choices.COMMAND, ChoicesRunFolder.result_file, None
    kind, config = kind_of(path)
    return kind.command, kind.folder.result_file, config


class _Front:
    """The front of an evolution, read anew where its state has changed."""

    def __init__(self, path: Path, config: EvolveConfig | None) -> None:
        self._path, self._config = path, config
        self._changed: float | None = None
        self._rows: tuple[tuple[str, ...], ...] = ()

    def read(self) -> tuple[tuple[str, ...], ...]:
        state = self._path / CHECKPOINT
        if self._config is None or not state.is_file():
            return ()
        changed = state.stat().st_mtime
        if changed != self._changed:
            found = best_so_far(self._path, self._config)
            rows = [(str(one.size), "-" if one.both is None else f"{one.both:.3f}", one.formula) for one in found]
            self._rows = (("nodes", "tau-a", "formula"), *rows) if rows else ()
            self._changed = changed
        return self._rows


def line_of(event: Event) -> str:
    """An event in one line.

    >>> line_of(Event("2026-01-01T00:00:00+00:00", "generation", {"number": 3, "evaluated": 250, "best": 0.71537}))
    '2026-01-01T00:00:00+00:00 generation: number 3, evaluated 250, best 0.715'
    """
    shown = {name: f"{fact:.3f}" if isinstance(fact, float) else fact for name, fact in event.facts.items()}
    facts = visible(", ".join(f"{name} {fact}" for name, fact in shown.items()).replace("\n", " "))
    return visible(f"{event.time} {event.name}".replace("\n", " ")) + (f": {facts}" if facts else "")
