"""What is drawn: curves, scores against truth, intervals, matrices. Nothing is told by its colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpzero.reporting.blocks import visible
from lpzero.reporting.svg import Drawing, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
MOST_POINTS = 1_500
"""Points of a cloud; of more as many are drawn, evenly by their place."""
MOST_STEPS = 400
"""Points of a curve."""
LONGEST = 28
"""Letters of a name in a picture."""


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Attributes:
        name: What it is the value of.
        value: The value.
        ends: The ends of its interval; None where there is none.
        main: Whether it is what the picture is about.
    """

    name: str
    value: float
    ends: tuple[float, float] | None = None
    main: bool = False


@dataclass(frozen=True)
class Cloud:
    """Points of two coordinates and a size.

    Attributes:
        x, y, size: (points,).
        picks: (marked points,) their places.
        x_label, y_label, size_label: What they are.
    """

    x: np.ndarray
    y: np.ndarray
    size: np.ndarray
    picks: np.ndarray
    x_label: str
    y_label: str
    size_label: str

    @property
    def drawn(self) -> np.ndarray:
        """Places of the points that are drawn, picks aside."""
        return _spread(len(self.x), MOST_POINTS)

    @property
    def said(self) -> str:
        """What a caption has to say of points that are not drawn; empty where all are."""
        return "" if len(self.x) <= MOST_POINTS else f" Drawn are {len(self.drawn):,} of them, evenly by their place."


def short(name: str, longest: int = LONGEST) -> str:
    """A name for a picture: what matplotlib would read as a formula is not, and a long one is cut."""
    text = visible(name).replace("\n", " ")
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return cut.replace("$", r"\$")


def curves(series: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_label: str, y_label: str) -> Drawing:
    """Curves that keep a value until the next one: the best so far."""

    def draw(axes: Axes, look: Look) -> None:
        for number, (name, (x, y)) in enumerate(series.items()):
            kept = _spread(len(x), MOST_STEPS)
            axes.plot(
                np.asarray(x)[kept],
                np.asarray(y)[kept],
                drawstyle="steps-post",
                color=look.series[number % len(look.series)],
                linestyle=DASHES[number % len(DASHES)],
                marker=MARKERS[number % len(MARKERS)] if len(kept) <= 40 else None,
                markersize=3.5,
                label=short(name),
            )
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        _few_ticks(axes, whole=True)
        if len(series) > 1:
            axes.legend(loc="best")

    return draw


def lines(
    series: Mapping[str, Sequence[tuple[float, float, tuple[float, float] | None]]], x_label: str, y_label: str
) -> Drawing:
    """Lines through points (x, y, ends of an interval or None)."""
    whole = all(float(point[0]).is_integer() for points in series.values() for point in points)

    def draw(axes: Axes, look: Look) -> None:
        for number, (name, points) in enumerate(series.items()):
            colour = look.series[number % len(look.series)]
            x, y = [p[0] for p in points], [p[1] for p in points]
            style: dict[str, Any] = {
                "linestyle": DASHES[number % len(DASHES)],
                "marker": MARKERS[number % len(MARKERS)],
            }
            axes.plot(x, y, color=colour, markersize=4, label=short(name), **style)
            within = [(p[0], *p[2]) for p in points if p[2] is not None]
            if within and number == 0:
                places, low, high = ([p[i] for p in within] for i in range(3))
                axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        _few_ticks(axes, whole=whole)
        if len(series) > 1:
            axes.legend(loc="best")

    return draw


def scatter(cloud: Cloud) -> Drawing:
    """A cloud by quarters of size, each with a colour and a marker, and picks in rings."""
    edges = np.unique(np.quantile(cloud.size, [0.25, 0.5, 0.75])) if len(cloud.size) else np.empty(0)
    quarter = np.searchsorted(edges, cloud.size, side="left")
    drawn = np.zeros(len(cloud.x), dtype=bool)
    drawn[cloud.drawn] = True

    def draw(axes: Axes, look: Look) -> None:
        for number in range(len(edges) + 1):
            mine = (quarter == number) & drawn
            if not mine.any():
                continue
            sizes = cloud.size[quarter == number]
            style: dict[str, Any] = {"color": look.series[number], "marker": MARKERS[number], "linewidths": 0}
            label = f"{_amount(sizes.min())} to {_amount(sizes.max())}"
            axes.scatter(cloud.x[mine], cloud.y[mine], s=13, alpha=0.75, label=label, **style)
        picks = cloud.picks
        if len(picks):
            axes.scatter(
                cloud.x[picks],
                cloud.y[picks],
                s=70,
                facecolors="none",
                edgecolors=look.ink,
                linewidths=1.1,
                label="picks",
            )
        axes.set_xlabel(cloud.x_label)
        axes.set_ylabel(cloud.y_label)
        _few_ticks(axes, whole=False)
        axes.legend(title=cloud.size_label, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, title_fontsize=8)

    return draw


def intervals(rows: Sequence[Interval], x_label: str, *, zero: bool = False) -> Drawing:
    """Values with their intervals, one below the other, in their order."""

    def draw(axes: Axes, look: Look) -> None:
        for place, row in enumerate(rows):
            colour, marker = (look.series[0], "D") if row.main else (look.ink, "o")
            if row.ends is not None:
                axes.plot(row.ends, [place, place], color=colour, linewidth=2.4 if row.main else 1.2)
            axes.plot([row.value], [place], color=colour, marker=marker, markersize=6 if row.main else 4)
        if zero:
            axes.axvline(0, color=look.ink, linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(rows)), [short(row.name) for row in rows])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(x_label)

    return draw


def height_of(rows: int) -> float:
    """Inches that a picture of so many intervals, or rows of a matrix, takes."""
    return 0.9 + 0.24 * max(2, rows)


def matrix(names: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]]) -> Drawing:
    """Numbers in a grid, each written and with a bar as long as it is."""

    def draw(axes: Axes, look: Look) -> None:
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                if value is None:
                    axes.text(j + 0.5, i, "-", ha="center", va="center")
                    continue
                colour = look.series[0] if value >= 0 else look.series[1]
                axes.barh(i, 0.9 * min(1.0, abs(value)), left=j + 0.05, height=0.62, color=colour, alpha=0.35)
                axes.text(j + 0.5, i, f"{value:.2f}", ha="center", va="center")
        axes.set_xlim(0, len(columns))
        axes.set_xticks(
            [j + 0.5 for j in range(len(columns))], [short(c, 18) for c in columns], rotation=20, ha="right"
        )
        axes.set_yticks(range(len(names)), [short(name) for name in names])
        axes.invert_yaxis()
        axes.grid(visible=False)

    return draw


def _few_ticks(axes: Axes, *, whole: bool) -> None:
    """Numbers below the axis that do not run into each other."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=whole))
    if max(map(abs, axes.get_xlim())) >= 10_000:
        axes.xaxis.set_major_formatter(lambda value, _place: _amount(value))


def _spread(number: int, most: int) -> np.ndarray:
    """Places of so many of a number of points, the first and the last among them."""
    if number <= most:
        return np.arange(number)
    return np.unique(np.linspace(0, number - 1, most).round().astype(int))


def _amount(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
