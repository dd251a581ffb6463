"""Drawings by matplotlib: as SVG within a page, in the page's own colours and font, or as a file of their own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIGHT = {
    "--ink": "#1c1f24",
    "--faint": "#8a919c",
    "--paper": "#ffffff",
    "--series-1": "#0b5cad",
    "--series-2": "#b3410e",
    "--series-3": "#1d7044",
    "--series-4": "#8a2f8f",
    "--series-5": "#6a5a00",
    "--series-6": "#a81e46",
}
"""The colours of a page on white, by the names of their variables; but for the faint one, each has a contrast of at
least 4.5 to it."""
DARK = {
    "--ink": "#e9ecf1",
    "--faint": "#7d8591",
    "--paper": "#15181d",
    "--series-1": "#74b4ff",
    "--series-2": "#ff9d66",
    "--series-3": "#67d391",
    "--series-4": "#e19ae6",
    "--series-5": "#d9c34c",
    "--series-6": "#ff8ba7",
}
"""Likewise in dark mode."""
WIDTH, HEIGHT = 4.7, 3.1
"""Inches: what can still be read when a phone shows it."""
SUFFIXES = (".svg", ".png")


@dataclass(frozen=True)
class Look:
    """The colours that something is drawn in.

    Attributes:
        ink: Of lines and letters.
        faint: Of grids.
        paper: Of what lies behind.
        series: Of what is told apart; each has a marker or dashes of its own as well.
    """

    ink: str
    faint: str
    paper: str
    series: tuple[str, ...]

    @classmethod
    def of(cls, colours: dict[str, str]) -> Look:
        """That of a palette."""
        first, faint, paper, *series = colours.values()
        return cls(first, faint, paper, tuple(series))


Drawing = Callable[["Axes", Look], None]
"""Draws something; asked for each picture of it anew."""

# colours that nobody else draws in stand for the variables of the page's style
_STAND_INS = {name: f"#0102{number:02x}" for number, name in enumerate(LIGHT, start=16)}


@contextmanager
def _drawn(drawing: Drawing, look: Look, size: tuple[float, float], letters: str) -> Iterator[Figure]:
    # without pyplot there is no state that other figures share
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # older versions of matplotlib know no type of a name of a setting
    style: Any = {**_style(look), "svg.fonttype": letters}
    with mpl.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        drawing(figure.add_subplot(), look)
        yield figure


def _style(look: Look) -> dict[str, Any]:
    inked = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(inked, look.ink),
        "svg.hashsalt": "lpzero",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 9,
        "grid.color": look.faint,
        "grid.linewidth": 0.4,
        "legend.frameon": False,
        "legend.fontsize": 8,
    }


def to_svg(drawing: Drawing, name: str, size: tuple[float, float] = (WIDTH, HEIGHT)) -> str:
    """A drawing as an element of SVG for a page, which says beside it what there is to see.

    Args:
        drawing: What draws it.
        name: What makes its ids different from those of other pictures of the page; letters, digits and dashes.
        size: Width and height, in inches.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    text = io.StringIO()
    with _drawn(drawing, Look.of(_STAND_INS), size, "none") as figure:
        # what lies behind is the page's
        for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
            patch.set_visible(False)
        # savefig would draw everything twice
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(text, metadata=_WITHOUT)
    svg = text.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    # elements of a page need no name space, which would be an address
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg).replace("url(#", f"url(#{name}-")
    svg = svg.replace("'DejaVu Sans'", "sans-serif")
    box = r'<svg class="picture" \1 aria-hidden="true" focusable="false">'
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', box, svg, count=1)
    for variable, colour in _STAND_INS.items():
        svg = svg.replace(colour, f"var({variable})")
    return re.sub(r"\n\s*", "\n", svg).strip()


# no name of a program and no date: equal drawings are equal files
_WITHOUT = {"Creator": None, "Date": None, "Format": None, "Type": None}


def to_file(drawing: Drawing, suffix: str, size: tuple[float, float] = (WIDTH, HEIGHT)) -> bytes:
    """A drawing as a file of its own, on white.

    Args:
        drawing: What draws it.
        suffix: ``".svg"`` or ``".png"``.
        size: Width and height, in inches.
    """
    content, metadata = io.BytesIO(), {"Software": None} if suffix == ".png" else _WITHOUT
    # letters as paths: nobody knows which fonts there are where the file is shown
    with _drawn(drawing, Look.of(LIGHT), size, "path") as figure:
        figure.savefig(content, format=suffix.removeprefix("."), dpi=160, facecolor="white", metadata=metadata)
    return content.getvalue()
