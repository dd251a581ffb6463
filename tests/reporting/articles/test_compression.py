"""The article of a compressed checkpoint, of a real compression of a tiny one."""

from __future__ import annotations

from pathlib import Path

import pytest

import lpzero
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.reporting.articles.compression import article, is_compressed
from lpzero.reporting.blocks import Grid, Picture
from tests.compression.tiny import checkpoint_folder, written_text


@pytest.fixture(scope="module")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a compression wrote."""
    folder = tmp_path_factory.mktemp("compressed")
    (folder / "text.txt").write_text(written_text(600))
    source, small = checkpoint_folder(folder / "full", "llama"), CompressSettings(context=8, fitting=6, windows=3)
    lpzero.compress(source, output=folder / "out", calibration=folder / "text.txt", keep=0.9, settings=small)
    return folder / "out"


def test_it_says_what_stays_and_what_it_costs(compressed: Path) -> None:
    assert is_compressed(compressed)
    found = article(compressed, "one")
    assert (found.kind, found.state) == ("compress", "finished")
    blocks = [block for section in found.sections for block in section.blocks]
    assert any(isinstance(block, Picture) for block in blocks)
    losses = next(
        block for block in blocks if isinstance(block, Grid) and block.caption.startswith("Losses on text.txt")
    )
    assert {"full", "chosen", "one width", "random"} <= {str(row[0]) for row in losses.rows}


def test_a_report_is_made_of_its_folder(compressed: Path, tmp_path: Path) -> None:
    text = lpzero.report(compressed, output=tmp_path / "page.html")
    assert "What stays of each layer" in text
    assert (tmp_path / "page.html").read_text() == text


def test_a_damaged_result_is_one_line(compressed: Path, tmp_path: Path) -> None:
    (tmp_path / "compressed.json").write_text('{"schema": 1}')
    with pytest.raises(InputError, match=r"compressed.json: expected the result of lpzero compress, found \w+: none"):
        article(tmp_path, "one")
