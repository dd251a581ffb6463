"""Progress on stderr: lines where there is no terminal, a bar where there is one."""

from __future__ import annotations

import pytest

from lpzero.cli.progress import ProgressDisplay, best_table
from lpzero.evolution.evolution import Standing
from lpzero.progress import Progress, counting


def test_lines_come_at_the_begin_now_and_then_and_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("lpzero.cli.progress.time.monotonic", lambda: now[0])
    display = ProgressDisplay(terminal=False)
    tell = counting(display, "operands")
    for done in range(1, 11):
        tell(done, 10)
        now[0] += 2
    display.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0].startswith("operands:  10 %, 1/10 architectures")
    assert lines[-1].startswith("operands: 100 %, 10/10 architectures, 0 s left")
    assert len(lines) == 4
    # the clock runs since the first one was there: 3 took 6 s, and 6 are left
    assert "40 %, 4/10 architectures, 12 s left" in lines[1]


def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as the display and tqdm see it."""
    now = [100.0]
    monkeypatch.setattr("lpzero.cli.progress.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    return now


def resume(display: ProgressDisplay, now: list[float]) -> None:
    """80 of 100 trainings were there, and each takes 10 s."""
    tell = counting(display, "training", "trainings")
    for done in range(80, 101):
        tell(done, 100)
        now[0] += 10
    display.close()


def test_what_was_there_took_no_time(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    resume(ProgressDisplay(terminal=False), clock(monkeypatch))
    lines = capsys.readouterr().err.splitlines()
    # nothing is known of the pace before the first one ended
    assert lines[0] == "training:  80 %, 80/100 trainings"
    assert lines[1] == "training:  81 %, 81/100 trainings, 190 s left"
    assert lines[10] == "training:  90 %, 90/100 trainings, 100 s left"
    assert lines[-1] == "training: 100 %, 100/100 trainings, 0 s left"


def test_a_bar_counts_from_what_was_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    resume(ProgressDisplay(terminal=True), clock(monkeypatch))
    drawn = [line for line in capsys.readouterr().err.split("\r") if "90/100" in line]
    assert "01:40 gone, 01:40 left" in drawn[-1]


def test_all_that_was_there_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay(terminal=False)
    counting(display, "training", "trainings")(3, 3)
    display.close()
    assert capsys.readouterr().err == "training: 100 %, 3/3 trainings, 0 s left\n"


def test_a_bar_shows_best_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay(terminal=True)
    display(Standing(0, 0, None, 0.0).progress)
    display(Standing(3, 250, 0.7154, 0.5).progress)
    display(Standing(4, 300, 0.7154, 1.0).progress)
    display.close()
    err = capsys.readouterr().err
    assert "evolving" in err
    assert "left" in err
    assert "generation 4, 300 formulas, best tau-a 0.715" in err


BEST = (("nodes", "tau-a", "formula"), ("3", "0.700", "mean(numel(grad))"), ("9", "0.812", "[bold]" + "x" * 500))


def test_the_best_so_far_stands_above_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay(terminal=True)
    display(Progress("evolving", 0.0, "none yet"))
    display(Progress("evolving", 0.4, "100 formulas", BEST))
    # what has nothing new keeps what was there
    display(Progress("evolving", 0.6, "150 formulas"))
    display(Progress("testing", 0.1, "1/10 architectures"))
    display.close()
    err = capsys.readouterr().err
    assert err.count("mean(numel(grad))") >= 2
    # a formula is no markup, and a long one is cut
    assert "[bold]xxx" in err
    assert "x" * 100 not in err
    assert "0.812" in err
    assert "evolving  60 %, 150 formulas" in err
    assert "1/10 architectures" in err.splitlines()[-1]


def test_without_a_terminal_the_best_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay(terminal=False)
    display(Progress("evolving", 1.0, "100 formulas", BEST))
    display.close()
    assert "numel" not in capsys.readouterr().err


def test_of_many_rows_the_last_are_shown() -> None:
    rows = [("nodes",), *((str(number),) for number in range(40))]
    assert best_table(rows, most=5).row_count == 5
