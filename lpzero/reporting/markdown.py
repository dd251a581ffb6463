"""A page as Markdown: tables and texts; a picture is its caption and what there is to see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lpzero.reporting.blocks import Block, Code, Facts, Formula, Grid, Page, Picture, Section, Text, visible


def to_markdown(page: Page) -> str:
    """A page as Markdown."""
    lines = [f"# {_escaped(page.title)}", "", f"Made by lpzero {page.version}.", ""]
    if page.beside is not None:
        lines += _section(page.beside, 2)
    for article in page.articles:
        lines += [f"## {_escaped(article.title)} ({article.kind}, {article.state})", ""]
        for section in article.sections:
            lines += _section(section, 3)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, level: int) -> list[str]:
    lines = [f"{'#' * level} {_escaped(section.title)}", ""]
    for block in section.blocks:
        lines += [*_block(block), ""]
    return lines


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield f"**Note:** {_escaped(block.text)}" if block.warning else _escaped(block.text)
    elif isinstance(block, Facts):
        yield from (f"- {_escaped(name)}: {_escaped(value)}" for name, value in block.given.items())
    elif isinstance(block, (Code, Formula)):
        # indented, so that no text ends it
        yield from (f"    {line}" for line in visible(block.text).splitlines())
    elif isinstance(block, Picture):
        yield f"{_escaped(block.caption)} {_escaped(block.alt)}"
    else:
        yield from _grid(block)


def _grid(grid: Grid) -> Iterator[str]:
    yield f"{_escaped(grid.caption)}:"
    yield ""
    yield _row(grid.header)
    yield _row(["---"] * len(grid.header), escaped=False)
    yield from map(_row, grid.rows)


def _row(cells: Sequence[str | None], *, escaped: bool = True) -> str:
    shown = ("-" if cell is None else _escaped(cell) if escaped else cell for cell in cells)
    return f"| {' | '.join(shown)} |"


def _escaped(text: str) -> str:
    one_line = " ".join(visible(text).split("\n"))
    return "".join(f"\\{letter}" if letter in "\\|<>*_`[]#&" else letter for letter in one_line)
