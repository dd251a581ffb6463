"""What a page consists of, as values: an article for each run, sections, and within them text, tables and pictures.

Who builds an article knows nothing of HTML, and who writes HTML nothing of runs. Every text may come from anybody:
writers escape it and show what cannot be printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        text: What it says.
        warning: Whether a reader must not miss it.
    """

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Facts:
    """Names with what they stand for; those without a value are left out.

    Attributes:
        rows: Names and values, in their order.
    """

    rows: Mapping[str, object]

    @property
    def given(self) -> dict[str, str]:
        """The rows that have a value, as texts."""
        return {name: str(value) for name, value in self.rows.items() if value is not None and value != ""}


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        caption: What it shows.
        header: Names of the columns; the first one names the rows.
        rows: Cells; None for what is not known.
        worked: Whether a reader may sort its rows and hide some.
        marked: Places of rows that stand out, with the reason in one of their cells.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    worked: bool = False
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        caption: What it shows, for everybody.
        alt: What there is to see, for who does not see it.
        svg: The picture as an element of SVG, of :func:`lpzero.reporting.svg.to_svg`: trusted.
        points: What is drawn, by name: numbers for whoever draws it anew.
    """

    caption: str
    alt: str
    svg: str = field(repr=False)
    points: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Formula:
    """A formula.

    Attributes:
        text: Its text, which every command reads.
        mathml: The same as an element of MathML, of :func:`lpzero.reporting.mathml.to_mathml`: trusted; empty where it
            is too long to be read so.
    """

    text: str
    mathml: str = field(default="", repr=False)


@dataclass(frozen=True)
class Code:
    """A command line, or another text to copy."""

    text: str


Block = Text | Facts | Grid | Picture | Formula | Code


@dataclass(frozen=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Article:
    """What is said of one run.

    Attributes:
        title: What it is called.
        kind: What it is the run of, such as ``"evolve"``.
        state: ``"finished"`` or ``"unfinished"``.
        brief: Its figures beside those of other runs, by name.
        sections: In their order.
        curve: How its best grew: (numbers of evaluations, best so far); None where nothing evolved.
        judged: Tau-a on the sealed test with the ends of its interval; None where there is none.
    """

    title: str
    kind: str
    state: str
    brief: Mapping[str, str | None]
    sections: Sequence[Section]
    curve: tuple[Sequence[float], Sequence[float]] | None = None
    judged: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: What it is called.
        version: Version of lpzero that made it.
        beside: What stands side by side of several runs; None for a single one.
        articles: One a run.
    """

    title: str
    version: str
    beside: Section | None
    articles: Sequence[Article]


def visible(text: str) -> str:
    r"""A text of anybody with what cannot be printed made visible; line ends stay.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
