"""A page as a JSON document, with the numbers behind each picture."""

from __future__ import annotations

from typing import Any

from lpzero.reporting.blocks import Block, Facts, Grid, Page, Picture, Section, Text

SCHEMA = 1


def to_document(page: Page) -> dict[str, Any]:
    """A page as plain JSON types."""
    return {
        "schema": SCHEMA,
        "title": page.title,
        "version": page.version,
        "beside": None if page.beside is None else _section(page.beside),
        "runs": [
            {
                "title": one.title,
                "kind": one.kind,
                "state": one.state,
                "brief": dict(one.brief),
                "sections": [_section(section) for section in one.sections],
            }
            for one in page.articles
        ],
    }


def _section(section: Section) -> dict[str, Any]:
    return {"title": section.title, "blocks": [_block(block) for block in section.blocks]}


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    if isinstance(block, Facts):
        return {"kind": kind, "facts": block.given}
    if isinstance(block, Grid):
        return {"kind": kind, "caption": block.caption, "header": list(block.header), "rows": [*map(list, block.rows)]}
    if isinstance(block, Picture):
        return {"kind": kind, "caption": block.caption, "alt": block.alt, "points": dict(block.points)}
    warning = {"warning": True} if isinstance(block, Text) and block.warning else {}
    return {"kind": kind, "text": block.text, **warning}
