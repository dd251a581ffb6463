"""What articles of several kinds say: rankings beside controls, scores against truth, environment, how to repeat."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.proxy.discovery import ScoredRecord
from lpzero.reporting.blocks import Block, Code, Facts, Grid, Picture, Section, Text
from lpzero.reporting.pictures import Cloud, scatter
from lpzero.reporting.standing import environment
from lpzero.reporting.svg import to_svg
from lpzero.run_folder import SCORES
from lpzero.settings import read_bounded, reason_of

LARGEST = 1 << 30
TOP, PICKS = 20, 5


def read_scores(folder: Path) -> list[ScoredRecord]:
    """What the run of a folder scored; nothing where an older version did not keep it.

    Raises:
        InputError: The file is damaged.
    """
    path = folder / SCORES
    if not path.is_file():
        return []
    try:
        return [_record(row) for row in csv.DictReader(io.StringIO(read_bounded(path, LARGEST)), strict=True)]
    except (OSError, ValueError, TypeError, KeyError, csv.Error, ValidationError) as err:
        found = "a line that is none" if isinstance(err, ValidationError) else reason_of(err)
        raise InputError(f"{path}: expected scored architectures, found {found}: remove it to go without") from None


def _record(row: dict[str, str]) -> ScoredRecord:
    def number(name: str) -> float | None:
        return None if row[name] == "" else float(row[name])

    size = number("size")
    if size is None:
        raise ValueError("a line without size")
    return ScoredRecord(part=row["part"], id=row["id"], score=number("score"), quality=number("quality"), size=size)


def against_truth(
    records: Sequence[ScoredRecord], name: str, *, higher: bool, size_label: str, score_label: str
) -> list[Block]:
    """Scores against what architectures are worth, and the highest of them with both ranks; nothing without truth.

    Args:
        records: What was scored.
        name: What makes the ids of the picture its own.
        higher: Whether higher scores are better.
        size_label: What their size is.
        score_label: What scored.
    """
    known = [one for one in records if one.score is not None and one.quality is not None]
    if len(known) < 2:
        return []
    score = np.array([one.score for one in known], dtype=np.float64)
    quality = np.array([one.quality for one in known], dtype=np.float64)
    size = np.array([one.size for one in known])
    order = np.argsort(-score if higher else score, kind="stable")
    worth = np.argsort(np.argsort(-quality, kind="stable"), kind="stable") + 1
    picks = order[:PICKS].tolist()
    axis, label = _axis(score, score_label)
    cloud = Cloud(axis, quality, size, picks, label, "quality (oriented: higher is better)", size_label)
    best = ", ".join(str(worth[i]) for i in picks)
    alt = (
        f"{len(known)} architectures as points: score to the right, quality upwards, colour and shape by {size_label}. "
        f"The {len(picks)} best by score, in rings, have the ranks {best} of {len(known)} by quality."
    )
    points = {"id": [one.id for one in known], "score": score.tolist(), "quality": quality.tolist()}
    picture = Picture(
        f"Score against quality of {len(known)} architectures; rings are the {len(picks)} best by score, colours and "
        f"shapes are quarters of {size_label}.",
        alt,
        to_svg(scatter(cloud), f"{name}-truth", (4.7, 3.9)),
        {**points, "size": size.tolist()},
    )
    rows = [
        [str(place), known[i].id, f"{score[i]:.6g}", f"{quality[i]:.6g}", str(worth[i]), f"{size[i]:,.0f}"]
        for place, i in enumerate(order[:TOP].tolist(), start=1)
    ]
    header = ["rank by score", "architecture", "score", "quality", "rank by quality", size_label]
    caption = f"The {len(rows)} best of {len(known)} by score, with their rank by quality"
    return [picture, Grid(caption, header, rows, worked=True)]


def _axis(score: np.ndarray, label: str) -> tuple[np.ndarray, str]:
    """Scores that span many powers of ten as logarithms, which keep every order."""
    least, most = float(score.min()), float(score.max())
    if least > 0 and most / least > 1e3:
        return np.log10(score), f"log10 of {label}"
    if most > 0 and most > 1e3 * max(1e-300, float(np.median(np.abs(score)))):
        return np.sign(score) * np.log10(1 + np.abs(score)), f"signed log10 of {label}"
    return score, label


def repeated(folder: Path, command: str, *more: Block) -> Section:
    """How to get the run again, and what it ran on."""
    blocks: list[Block] = [Code(command), *more]
    found = environment(folder)
    if found:
        blocks.append(Facts(found))
    else:
        blocks.append(Text("The folder does not say which versions the run had."))
    return Section("How to repeat it", blocks)


def counted(caption: str, what: str, counts: Mapping[str, int]) -> Grid:
    """Numbers by name, the largest first."""
    rows = [[name, f"{number:,}"] for name, number in sorted(counts.items(), key=lambda item: -item[1])]
    return Grid(caption, [what, "number"], rows, worked=len(rows) > 5)


def plain(value: float | None, digits: int = 6) -> str | None:
    """A number for people; None where there is none that is finite."""
    return None if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def amount(value: float) -> str:
    """A cost for people: whole numbers in full.

    >>> amount(3527968), amount(0.01234)
    ('3,527,968', '0.01234')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
