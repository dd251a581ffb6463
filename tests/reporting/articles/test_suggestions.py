"""The article of suggestions."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.cli.suggest import suggest
from lpzero.errors import InputError
from lpzero.reporting.articles.suggestions import article
from lpzero.reporting.blocks import Code, Grid, Picture


def test_it_says_what_to_train_and_what_came_of_the_rest(runs: Path) -> None:
    found = article(runs / "suggest", "one")
    blocks = [block for section in found.sections for block in section.blocks]
    assert any(isinstance(block, Picture) for block in blocks)
    grids = [block for block in blocks if isinstance(block, Grid)]
    assert [len(grid.rows) for grid in grids] == [4, 16]
    assert "architecture" not in grids[1].header
    code = next(block for block in blocks if isinstance(block, Code))
    assert code.text.startswith("lpzero suggest --table gpt2-own --protocol own")


def test_what_an_older_version_left_says_what_to_do(copied: Callable[[str], Path]) -> None:
    folder = copied("suggest")
    (folder / "suggested.json").unlink()
    with pytest.raises(InputError, match="no such file: give the command of lpzero suggest again"):
        article(folder, "one")


@pytest.mark.parametrize("text", [b"", b'id\n"', b"\xff\n"])
def test_a_damaged_list_is_one_line(text: bytes, copied: Callable[[str], Path]) -> None:
    folder = copied("suggest")
    (folder / "next.csv").write_bytes(text)
    with pytest.raises(InputError, match=r"next.csv: expected CSV") as raised:
        article(folder, "one")
    assert str(raised.value).isprintable()


def test_how_to_go_on_keeps_what_the_suggestions_kept(
    copied: Callable[[str], Path], runs: Path, tmp_path: Path
) -> None:
    folder, principles = copied("suggest"), tmp_path / "my own.json"
    principles.write_bytes((runs / "principles.json").read_bytes())
    result = json.loads((folder / "suggested.json").read_text())
    kept = {"principles": str(principles), "limits": {"params": 5e6, "latency": 0.0051}, "level": 0.9000001}
    (folder / "suggested.json").write_text(json.dumps({**result, **kept, "threshold": 0.0123456789}))
    blocks = [block for section in article(folder, "one").sections for block in section.blocks]
    (code,) = [block for block in blocks if isinstance(block, Code)]
    words = shlex.split(code.text)
    with suggest.make_context("suggest", words[2:]) as context:
        given = context.params
    assert given["principles"] == principles
    assert (given["max_params"], given["max_latency"]) == (5_000_000, 0.0051)
    assert (given["level"], given["stop"]) == (0.9000001, 0.0123456789)
