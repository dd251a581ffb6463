"""``--plot``: a picture beside what a command prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.cli.main import run

TABLE = ["--table", "gpt2-own", "--labels", "20", "--jobs", "1"]


def test_a_picture_is_written_and_said_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rank.svg"
    assert run(["rank", "width", "depth", *TABLE, "--plot", str(path), "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("{")
    assert captured.err.splitlines()[-1] == f"picture: {path}"
    assert path.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "width", "depth", *TABLE],
        ["explain", "width", "--table", "gpt2-own", "--archs", "8", "--jobs", "1", "--batch", "1", "--tokens", "4"],
        ["predictor", "curve", "--table", "gpt2-own", "--predictor", "params", "--splits", "2", "--labels", "8"],
        ["predictor", "eval", "--table", "gpt2-own", "--features", "spec", "--splits", "2", "--labels", "8"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_command_with_the_option_draws(words: list[str], tmp_path: Path) -> None:
    assert run([*words, "--plot", str(tmp_path / "x.png")]) == 0
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_another_file_is_refused_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank", "width", "--table", "gpt2-own", "--plot", str(tmp_path / "x.pdf")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"lpzero: error: --plot: expected a file with the suffix .svg or .png, found {tmp_path}/x.pdf\n"
    )
