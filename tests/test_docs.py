"""The documentation, as far as can be seen without building it: pages are in the contents, links lead on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)")


def pages(entry: Any) -> Iterator[str]:
    """The files of the contents."""
    if isinstance(entry, str):
        yield entry
    else:
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from pages(inner)


def test_every_page_is_in_the_contents_once() -> None:
    named = list(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert sorted(named) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], ids=lambda path: path.name)
def test_every_link_leads_to_a_file_that_is_there(path: Path) -> None:
    for link in LINK.findall(path.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (path.parent / link).resolve()
        assert target.exists(), f"{link} of {path.name}"
        # the built pages hold nothing else
        assert not path.is_relative_to(DOCS) or (target.is_file() and target.is_relative_to(DOCS)), link
