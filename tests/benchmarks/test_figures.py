"""The pages of figures: they are what the records say, and a figure that is not is seen."""

from __future__ import annotations

import json
from pathlib import Path

import figures
import pytest
import records
from figures import PAGE, README, page, with_table


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Records are read anew."""
    records.recorded.cache_clear()


def test_the_pages_are_what_the_records_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["figures.py", "--check"])
    with pytest.raises(SystemExit) as end:
        figures.main()
    assert end.value.code == 0


def test_a_figure_that_differs_from_its_record_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in records.RESULTS.glob("*.json"):
        document = json.loads(path.read_text())
        if path.stem == "sealed-gpt2-own-typed":
            place = document["header"].index("tau-a")
            document["rows"][0][place] += 0.01
        (tmp_path / path.name).write_text(json.dumps(document))
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["figures.py", "--check"])
    before = PAGE.read_text(), README.read_text()
    with pytest.raises(SystemExit) as end:
        figures.main()
    assert end.value.code == 1
    assert "gpt2-own" in capsys.readouterr().out
    assert (PAGE.read_text(), README.read_text()) == before


def test_nothing_of_readme_but_its_table_is_written() -> None:
    text = README.read_text()
    assert with_table(text) == text
    other = text.replace("# lpzero", "# another")
    assert with_table(other).startswith("# another")


@pytest.mark.parametrize(
    ("values", "shown"),
    [([0.5], ".500"), ([-0.25], "-.250"), ([1.0], "1.000"), ([0.1, 0.3, 0.2], ".200 (.100 to .300)")],
)
def test_figures_have_three_decimals_and_a_spread(values: list[float], shown: str) -> None:
    assert records.over(values) == shown


def test_every_row_has_a_command() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| ") and "`python benchmarks/" in line]
    assert len(rows) > 20
    tables = [line for line in page().splitlines() if line.startswith("|---")]
    assert len(tables) >= 6
