"""What stands in the fenced blocks of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")))
"""The pages, relative to the checkout."""

COMMANDS, SCRIPT, SHOWN = "sh", "python", ("text", "toml", "csv", "json")
"""Languages: lines that are carried out, a script that is run, and what is only looked at unless it has a title."""

_BLOCK = re.compile(
    r'^(?:<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>[a-z]*)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: The page that it stands on.
        line: The number of its first line there.
        language: What its fence says.
        title: The file whose content it is; empty where it is none.
        text: What stands in it.
        reason: Why it is not run; empty where it is.
    """

    page: str
    line: int
    language: str
    title: str
    text: str
    reason: str

    def commands(self) -> list[str]:
        """Its command lines, each with what it is continued on."""
        lines = self.text.replace("\\\n", " ").splitlines() if self.language == COMMANDS else []
        return [line for line in lines if line.strip()]


def blocks(page: str, text: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for found in _BLOCK.finditer(text):
        parts = {name: found[name] or "" for name in ("language", "title", "text", "reason")}
        yield Block(page, text[: found.start("text")].count("\n") + 1, **parts)


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page of the project."""
    return list(blocks(page, (ROOT / page).read_text(encoding="utf-8")))
