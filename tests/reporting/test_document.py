"""A page as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from lpzero.reporting.document import to_document
from lpzero.reporting.report import page_of


def test_a_document_has_every_section_and_the_numbers_of_each_picture(runs: Path) -> None:
    page = page_of([runs / "evolve", runs / "search"])
    document = json.loads(json.dumps(to_document(page), allow_nan=False))
    assert document["schema"] == 1
    assert [one["kind"] for one in document["runs"]] == ["evolve", "search"]
    assert [one["title"] for one in document["runs"][0]["sections"]] == [s.title for s in page.articles[0].sections]
    pictures = [b for one in document["runs"] for s in one["sections"] for b in s["blocks"] if b["kind"] == "picture"]
    assert len(pictures) > 6
    assert all(block["points"] and "<svg" not in json.dumps(block) for block in pictures)
    assert document["beside"]["title"] == "Side by side"
