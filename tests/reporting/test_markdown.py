"""A page as Markdown."""

from __future__ import annotations

from pathlib import Path

from lpzero.reporting.blocks import Article, Code, Facts, Grid, Page, Section, Text
from lpzero.reporting.markdown import to_markdown
from lpzero.reporting.report import page_of
from tests.reporting.conftest import HOSTILE


def test_texts_of_anybody_stay_within_their_line() -> None:
    blocks = [
        Text(HOSTILE),
        Facts({"a": HOSTILE}),
        Grid("c", ["x", "y"], [[HOSTILE, None]]),
        Code(f"{HOSTILE}\n# no title"),
    ]
    text = to_markdown(Page(HOSTILE, "0", None, [Article(HOSTILE, "k", "s", {}, [Section("t", blocks)])]))
    for line in text.splitlines():
        # what is indented is code, where nothing means anything
        assert line.startswith("    ") or "<script>" not in line.replace("\\<", "")
        assert not set(line) & {"\x1b", "\x00", "\u202e"}
    assert "    # no title" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert [line.count("|") - line.count("\\|") for line in table] == [3, 3, 3]


def test_a_run_has_its_sections_and_figures(runs: Path) -> None:
    text = to_markdown(page_of([runs / "evolve"]))
    for heading in ("What was found", "The sealed test", "Score against truth", "How to repeat it"):
        assert f"### {heading}" in text
    assert "    lpzero evolve --table gpt2-own --protocol own --seed 0" in text
