"""One page of one run or several: each run's article, and what stands side by side of them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from lpzero.errors import InputError
from lpzero.reporting.blocks import Article, Block, Grid, Page, Picture, Section
from lpzero.reporting.folders import article_of
from lpzero.reporting.pictures import Interval, curves, height_of, intervals
from lpzero.reporting.svg import WIDTH, to_svg


def page_of(paths: Sequence[Path]) -> Page:
    """The report of runs.

    Args:
        paths: Their folders or files, one or more.

    Raises:
        InputError: One of them is no run, or is damaged; or there is none.
    """
    if not paths:
        raise InputError("expected the folder of a run to report on, found none")
    articles = [article_of(path, f"r{number}") for number, path in enumerate(paths, start=1)]
    title = f"Report: {articles[0].title}" if len(articles) == 1 else f"Report of {len(articles)} runs"
    return Page(title, metadata.version("lpzero"), _beside(articles) if len(articles) > 1 else None, articles)


def _beside(articles: Sequence[Article]) -> Section:
    names = [f"{number}. {one.title}" for number, one in enumerate(articles, start=1)]
    figures = list(dict.fromkeys(figure for one in articles for figure in one.brief))
    rows = [
        [name, one.kind, one.state, *(one.brief.get(figure) for figure in figures)]
        for name, one in zip(names, articles, strict=True)
    ]
    blocks: list[Block] = [Grid("Each run in one row", ["run", "kind", "state", *figures], rows, worked=True)]
    judged = [
        Interval(name, one.judged[0], one.judged[1:])
        for name, one in zip(names, articles, strict=True)
        if one.judged is not None
    ]
    if len(judged) > 1:
        said = ", ".join(f"{row.name}: {row.value:.3f}" for row in judged)
        blocks.append(
            Picture(
                "Tau-a on each run's own sealed test, with 95 % intervals. Runs with other splits were tested on other "
                "architectures: overlap says little, and lpzero compare says whether two formulas differ.",
                said,
                to_svg(intervals(judged, "tau-a (sealed test)"), "beside-judged", (WIDTH, height_of(len(judged)))),
                {"name": [row.name for row in judged], "value": [row.value for row in judged]},
            )
        )
    evolved = {name: one.curve for name, one in zip(names, articles, strict=True) if one.curve is not None}
    if len(evolved) > 1:
        drawing = curves(evolved, "evaluated", "best so far")
        alt = "; ".join(f"{name} reaches {curve[1][-1]:.3f}" for name, curve in evolved.items())
        blocks.append(Picture("The best so far, by what was evaluated.", alt, to_svg(drawing, "beside-curves")))
    return Section("Side by side", blocks)
