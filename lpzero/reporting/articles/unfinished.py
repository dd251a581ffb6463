"""The article of a run without a result: how far it is, and its best so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lpzero.errors import InputError
from lpzero.evolution.checkpoint import from_document
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.report import front_formulas
from lpzero.evolution.evolution import front
from lpzero.evolution.folder import CHECKPOINT, EvolutionRunFolder
from lpzero.proxy.discovery import FrontFormula
from lpzero.reporting.articles.shared import repeated
from lpzero.reporting.blocks import Article, Block, Code, Facts, Formula, Grid, Picture, Section, Text
from lpzero.reporting.cells import figure
from lpzero.reporting.mathml import to_mathml
from lpzero.reporting.pictures import curves
from lpzero.reporting.repeat import resume_of
from lpzero.reporting.standing import Event, curve_of, read_events
from lpzero.reporting.svg import to_svg


def unfinished(folder: Path, command: str, config: BaseModel, name: str) -> Article:
    """What is said of a run that has no result yet.

    Args:
        folder: The run folder.
        command: Which command carries it on.
        config: Its settings.
        name: What makes ids its own on the page.

    Raises:
        InputError: A file of the folder is damaged.
    """
    events = read_events(folder)
    curve = curve_of(events)
    said: list[Block] = [
        Text("This run has no result: it is still at work, or was stopped. Nothing here is a test of anything.", True),
        Code(resume_of(command, folder)),
        Facts({"began": events[0].time if events else None, "last event": _last(events)}),
    ]
    sections = [Section("Where it stands", said)]
    found = best_so_far(folder, config) if isinstance(config, EvolveConfig) else []
    if found:
        best = max(found, key=lambda one: one.both or -1.0)
        rows = [[str(one.size), figure(one.both), one.direction, one.formula] for one in found]
        grid = Grid("The front so far; tau-a of sketches", ["nodes", "tau-a", "better", "formula"], rows, worked=True)
        sections.append(Section("Best so far", [Formula(best.formula, to_mathml(best.formula)), grid]))
    if curve is not None:
        x, y = curve
        picture = Picture(
            "The best tau-a on the search split so far, by evaluated formulas.",
            f"A curve that rises from {y[0]:.3f} to {y[-1]:.3f} after {x[-1]:,.0f} formulas.",
            to_svg(curves({"best": curve}, "formulas evaluated", "best tau-a (search)"), f"{name}-curve"),
            {"evaluated": x, "best": y},
        )
        sections.append(Section("How it evolves", [picture]))
    sections.append(repeated(folder, command, config))
    brief = {
        "formula": max(found, key=lambda one: one.both or -1.0).formula if found else None,
        "evaluated": None if curve is None else f"{curve[0][-1]:,.0f}",
        "best on search": None if curve is None else f"{curve[1][-1]:.3f}",
    }
    return Article(folder.name, command, "unfinished", brief, sections, curve)


def best_so_far(folder: Path, config: EvolveConfig) -> Sequence[FrontFormula]:
    """The front of the last state of an evolution; nothing before there is one.

    Raises:
        InputError: The state is damaged.
    """
    document = EvolutionRunFolder(folder).read_checkpoint()
    if document is None:
        return []
    try:
        return front_formulas(front(from_document(document, config).archive))
    except InputError as err:
        raise InputError(f"{folder / CHECKPOINT}: {err}") from err


def _last(events: list[Event]) -> str | None:
    if not events:
        return None
    last = events[-1]
    facts: dict[str, Any] = last.facts
    return f"{last.time}: {last.name}" + (f" {json.dumps(facts)}" if facts else "")
