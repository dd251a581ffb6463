"""The article of a table in lpzero's own format, whole or still being built."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.fitness.figures import RankingFigures
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.articles.shared import counted, plain
from lpzero.reporting.blocks import Article, Block, Code, Facts, Grid, Picture, Section, Text
from lpzero.reporting.cells import figures
from lpzero.reporting.pictures import Interval, curves
from lpzero.reporting.plots import of_intervals, two
from lpzero.reporting.repeat import command_line
from lpzero.reporting.svg import to_svg
from lpzero.settings import read_document
from lpzero.tables.folder import CARD, FolderTable, read_folder
from lpzero.training.build import ENVIRONMENT, RECIPE, TRAININGS

_TRAINING = re.compile(r"\d{4,}-[01]-[0-9a-f]{16}\.json")


def is_table(folder: Path) -> bool:
    """Whether a folder holds a table, or one that is being built."""
    return (folder / CARD).is_file() or (folder / RECIPE).is_file()


def article(folder: Path, name: str) -> Article:
    """What is said of a table.

    Args:
        folder: Its folder.
        name: What makes ids its own on the page.

    Raises:
        InputError: A file of it is damaged.
        MissingError: One is not there.
    """
    if not (folder / CARD).is_file():
        return _unfinished(folder)
    table = read_folder(folder)
    sections = [
        Section("What was measured", _measured(table, name)),
        Section("Plain counts on it", _baselines(table.card.figures, name)),
        Section("Noise and trainings", _trained(table)),
        Section("The best records", [_best(table)]),
    ]
    use = [Code(command_line("evolve", "--table", folder)), Code(command_line("tables", "verify", folder))]
    sections.append(Section("How to use and to verify it", use))
    if table.card.environment:
        sections.append(Section("Environment", [Facts(table.card.environment)]))
    card = table.card
    brief = {"space": card.space, "quality": f"{card.quality}, {card.unit}", "records": str(len(table.table.records))}
    return Article(card.name, "tables build", "finished", brief, sections)


def _unfinished(folder: Path) -> Article:
    kept = [path for path in (folder / TRAININGS).glob("*.json") if _TRAINING.fullmatch(path.name)]
    recipe = {name: str(value) for name, value in read_document(folder / RECIPE).items()}
    statuses = Counter(str(read_document(path).get("status")) for path in kept)
    blocks: list[Block] = [
        Text(
            "This table is not whole: its build is still at work, or was stopped. The same command goes on.",
            warning=True,
        ),
        Facts({"trainings that ended": len(kept)}),
    ]
    if statuses:
        blocks.append(counted("Trainings by status", "status", statuses))
    sections = [Section("Where it stands", blocks), Section("Recipe", [Facts(recipe)])]
    if (folder / ENVIRONMENT).is_file():
        facts = {key: str(value) for key, value in read_document(folder / ENVIRONMENT).items()}
        sections.append(Section("Environment", [Facts(facts)]))
    return Article(folder.name, "tables build", "unfinished", {"trainings": str(len(kept))}, sections)


def _measured(table: FolderTable, name: str) -> list[Block]:
    card, qualities = table.card, sorted(record.quality for record in table.table.records)
    facts = {
        "name": card.name,
        "space": card.space,
        "protocols": ", ".join(card.protocols),
        "quality": f"{card.quality}, {card.unit}, {'higher' if card.higher_is_better else 'lower'} is better",
        "records": len(qualities),
        "source": card.source,
        "licence": card.licence,
        "digest": table.table.digest,
    }
    blocks: list[Block] = [Facts(facts), *(Text(note, warning=True) for note in card.notes)]
    if len(qualities) > 1:
        places = [float(place) for place in range(1, len(qualities) + 1)]
        middle = qualities[len(qualities) // 2]
        said = (
            f"{len(qualities)} qualities from {qualities[0]:.4g} to {qualities[-1]:.4g}, the middle one {middle:.4g}."
        )
        drawing = curves({card.quality: (places, qualities)}, "records, sorted", f"{card.quality} ({card.unit})")
        blocks.append(
            Picture("Every quality, sorted.", said, to_svg(drawing, f"{name}-quality"), {"quality": qualities})
        )
    return blocks


def _baselines(found: dict[str, Any], name: str) -> list[Block]:
    try:
        rows = {key: RankingFigures.model_validate(row) for key, row in found.get("baselines", {}).items()}
    except (ValueError, AttributeError) as err:
        raise InputError(f"{CARD}: figures.baselines: expected figures of rankings, found others") from err
    shown = [Interval(key, row.tau_a, two(row.interval)) for key, row in rows.items() if row.tau_a is not None]
    if not shown:
        return [Text("The card has no baselines.")]
    caption = "Tau-a of plain counts, with 95 % intervals: what a proxy must beat."
    header = ["baseline", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    grid = Grid("Baselines", header, [[key, *figures(row)] for key, row in rows.items()], worked=True)
    return [*pictured(of_intervals(shown, "tau-a", caption), f"{name}-baselines"), grid]


def _trained(table: FolderTable) -> list[Block]:
    card, noise = table.card, table.card.figures.get("noise")
    if not table.trainings:
        return [Text("It was imported: nobody says how its models were trained, or how far two trainings agree.")]
    blocks: list[Block] = []
    if isinstance(noise, dict):
        blocks.append(
            Facts(
                {
                    "sd between trainings of one model": plain(noise.get("sd")),
                    "trained twice": noise.get("repeated"),
                    "ceiling of tau-a": plain(noise.get("ceiling"), 3),
                }
            )
        )
    else:
        blocks.append(Text("No model was trained twice: the noise is not known."))
    blocks.append(counted("Trainings by status", "status", Counter(str(one.status) for one in table.trainings)))
    if card.recipe is not None:
        blocks.append(Facts({key: str(value) for key, value in card.recipe.items()}))
    return blocks


def _best(table: FolderTable) -> Grid:
    sign = -1 if table.card.higher_is_better else 1
    best = sorted(table.table.records, key=lambda record: sign * record.quality)[:20]
    rows = [[str(place), record.id, f"{record.quality:.6g}"] for place, record in enumerate(best, start=1)]
    return Grid(f"The {len(rows)} best of {len(table.table.records)}", ["rank", "record", "quality"], rows, worked=True)
