"""A drawing with what is said of it, and as a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.errors import InputError, LpzeroError
from lpzero.reporting.pictures import Interval
from lpzero.reporting.plots import check_plot, of_intervals, two, write_plot

PLOT = of_intervals([Interval("a", 0.5, (0.4, 0.6), True), Interval("b", 0.25)], "tau-a", "A caption.")


def test_what_there_is_to_see_is_said() -> None:
    assert PLOT.alt == "tau-a, a line each: a 0.500, b 0.250."
    assert PLOT.points == {"name": ["a", "b"], "value": [0.5, 0.25], "ends": [[0.4, 0.6], None]}
    assert two([0.1, 0.2]) == (0.1, 0.2)
    assert two(None) is None


@pytest.mark.parametrize("name", ["x.pdf", "x", "svg", ".svg"])
def test_other_files_are_refused_before_the_work(name: str) -> None:
    with pytest.raises(InputError, match=r"`plot`: expected a file with the suffix .svg or .png, found"):
        check_plot(Path(name))
    check_plot(Path("x.png"))
    check_plot(None)


def test_a_file_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LpzeroError, match=r"cannot be written: (Not a directory|File exists)"):
        write_plot(tmp_path / "file" / "x.svg", PLOT)
