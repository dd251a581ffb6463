"""``lpzero report``: where it writes, what it prints, and what becomes of wrong use."""

from __future__ import annotations

import json
import shutil
import webbrowser
from pathlib import Path

import pytest

from lpzero.cli.main import run

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of one's own, and a working directory."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(RUNS / "search", tmp_path / "search"))


def test_a_page_lies_in_the_run_and_of_several_where_one_is(search: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(search)]) == 0
    assert capsys.readouterr().out == f"{search}/report.html\n"
    assert (search / "report.html").read_text().startswith("<!doctype html>")
    shutil.copy(RUNS / "principles.json", "principles.json")
    assert run(["report", "principles.json"]) == 0
    assert Path("principles-report.html").is_file()
    assert run(["report", "search", "principles.json"]) == 0
    assert Path("report.html").is_file()


def test_markdown_and_json_are_printed(search: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(search), "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("# Report: search\n")
    assert run(["report", str(search), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["title"] == "search"
    assert not (search / "report.html").exists()


def test_a_browser_is_given_the_file(
    search: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) is None)
    assert run(["report", "search", "--open"]) == 0
    assert opened == [(search / "report.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    capsys.readouterr()
    assert run(["report", "search", "--open"]) == 3
    assert capsys.readouterr().err == (
        "lpzero: error: expected a browser, found none: open search/report.html in one\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: expected the folder of a run, found no such folder"),
        (
            ["search", "--format", "md", "--open"],
            "--open: expected the format html, found md: a browser shows that alone",
        ),
        (["search", "--output", "search"], "search cannot be written: Is a directory: give another --output"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], message: str, search: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", *words]) in (1, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"lpzero: error: {message}")
    assert captured.err.count("\n") == 1


def test_every_end_of_a_long_command_says_what_opens_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = ["--batch", "2", "--tokens", "8", "--jobs", "1"]
    for words, kept in (
        (
            ["search", "--table", "gpt2-own", "--proxy", "depth", "--samples", "4", "--output", "a run", *small],
            "'a run'",
        ),
        (["suggest", "--table", "gpt2-own", "--output", "next", *small], "next"),
        (["principles", "mine", "--table", "gpt2-own", "--output", "p.json"], "p.json"),
        (["predictor", "fit", "--table", "gpt2-own", "--features", "spec", "--output", "fit.json", *small], "fit.json"),
    ):
        assert run(words) == 0
        assert capsys.readouterr().err.splitlines()[-1] == f"report: lpzero report {kept} --open"
    # and that line is true
    assert run(["report", "a run"]) == 0
