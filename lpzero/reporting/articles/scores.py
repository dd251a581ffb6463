"""What a run scored, as columns, and what there is to see of it: scores against truth, and the highest of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpzero.errors import InputError
from lpzero.proxy.discovery import ScoredRecord
from lpzero.reporting.blocks import Block, Grid, Picture
from lpzero.reporting.pictures import Cloud, scatter
from lpzero.reporting.svg import WIDTH, to_svg
from lpzero.run_folder import SCORES
from lpzero.settings import read_bounded, reason_of

LARGEST = 1 << 30
TOP, PICKS = 20, 5
HEIGHT = 3.9
"""Inches of a picture with a legend below it."""


@dataclass(frozen=True)
class Scores:
    """What a run scored: the columns of :class:`lpzero.proxy.discovery.ScoredRecord`, NaN for what there is not.

    Attributes:
        part, id: (architectures,) texts.
        score, quality, size: (architectures,).
    """

    part: np.ndarray
    id: np.ndarray
    score: np.ndarray
    quality: np.ndarray
    size: np.ndarray

    def __len__(self) -> int:
        return len(self.id)

    def where(self, kept: np.ndarray) -> Scores:
        """Some of it, by a mask (architectures,)."""
        return Scores(self.part[kept], self.id[kept], self.score[kept], self.quality[kept], self.size[kept])

    def best(self, number: int, *, higher: bool) -> np.ndarray:
        """Places of the best by score, the best first; of equal ones the first that was scored."""
        return np.argsort(-self.score if higher else self.score, kind="stable")[:number]


def read_scores(folder: Path) -> Scores:
    """What the run of a folder scored; nothing where an older version did not keep it.

    Raises:
        InputError: The file is damaged.
    """
    path, rows = folder / SCORES, list[list[str]]()
    if path.is_file():
        try:
            header, *rows = csv.reader(io.StringIO(read_bounded(path, LARGEST)), strict=True)
            if header != list(ScoredRecord.model_fields) or any(len(row) != len(header) for row in rows):
                raise ValueError("another header, or a line of another length")
            return _columns(rows)
        except (OSError, ValueError, csv.Error) as err:
            expected = f"{path}: expected scored architectures, found {reason_of(err)}"
            raise InputError(f"{expected}: remove the file to go without") from None
    return _columns(rows)


def _columns(rows: list[list[str]]) -> Scores:
    columns: list[Sequence[str]] = list(zip(*rows, strict=True)) if rows else [()] * len(ScoredRecord.model_fields)
    part, name, *numbers = columns
    score, quality, size = (np.array([one or "nan" for one in column], dtype=np.float64) for column in numbers)
    if not np.isfinite(size).all():
        raise ValueError("a line without a size")
    return Scores(np.array(part, dtype=object), np.array(name, dtype=object), score, quality, size)


def against_truth(scores: Scores, name: str, *, higher: bool, size_label: str, score_label: str) -> list[Block]:
    """Scores against what architectures are worth, and the highest of them with both ranks; nothing without truth.

    Args:
        scores: What was scored.
        name: What makes the ids of the picture its own.
        higher: Whether higher scores are better.
        size_label: What their size is.
        score_label: What scored.
    """
    known = scores.where(np.isfinite(scores.score) & np.isfinite(scores.quality))
    if len(known) < 2:
        return []
    worth = np.empty(len(known), dtype=int)
    worth[np.argsort(-known.quality, kind="stable")] = np.arange(1, len(known) + 1)
    picks = known.best(PICKS, higher=higher)
    axis, label = _axis(known.score, score_label)
    cloud = Cloud(axis, known.quality, known.size, picks, label, "quality (higher is better)", size_label)
    ranks = ", ".join(map(str, worth[picks]))
    alt = (
        f"{len(known)} architectures as points: score to the right, quality upwards, colour and shape by {size_label}. "
        f"The {len(picks)} best by score, in rings, have the ranks {ranks} of {len(known)} by quality."
    )
    caption = (
        f"Score against quality of {len(known):,} architectures, oriented so that higher is better; rings are the "
        f"{len(picks)} best by score, colours and shapes are quarters of {size_label}.{cloud.said}"
    )
    points = {"id": known.id, "score": known.score, "quality": known.quality, "size": known.size}
    picture = Picture(caption, alt, to_svg(scatter(cloud), f"{name}-truth", (WIDTH, HEIGHT)), _some(cloud, points))
    rows = [
        [
            str(place),
            known.id[i],
            f"{known.score[i]:.6g}",
            f"{known.quality[i]:.6g}",
            str(worth[i]),
            f"{known.size[i]:,.0f}",
        ]
        for place, i in enumerate(known.best(TOP, higher=higher), start=1)
    ]
    header = ["rank by score", "architecture", "score", "quality", "rank by quality", size_label]
    return [picture, Grid(f"The {len(rows)} best of {len(known):,} by score", header, rows, worked=True)]


def against_cost(scores: Scores, name: str, *, higher: bool, size_label: str, score_label: str) -> list[Block]:
    """Everything that was scored against what it costs; arguments as of :func:`against_truth`."""
    known = scores.where(np.isfinite(scores.score))
    if len(known) < 2:
        return []
    picks = known.best(PICKS, higher=higher)
    axis, label = _axis(known.score, score_label)
    cloud = Cloud(known.size, axis, known.size, picks, size_label, label, size_label)
    alt = f"{len(known)} architectures as points: {size_label} to the right, score upwards; the 5 best in rings."
    caption = f"Everything that was scored: {size_label} against score; rings are the {len(picks)} best.{cloud.said}"
    points = {"id": known.id, "score": known.score, "size": known.size}
    return [Picture(caption, alt, to_svg(scatter(cloud), f"{name}-cloud", (WIDTH, HEIGHT)), _some(cloud, points))]


def _some(cloud: Cloud, points: dict[str, np.ndarray]) -> dict[str, list[object]]:
    """What is drawn of the points."""
    return {name: column[cloud.drawn].tolist() for name, column in points.items()}


def _axis(score: np.ndarray, label: str) -> tuple[np.ndarray, str]:
    """Scores that span many powers of ten as logarithms, which keep every order."""
    least, most = float(score.min()), float(score.max())
    if least > 0 and most / least > 1e3:
        return np.log10(score), f"log10 of {label}"
    return score, label
