"""Progress: shares and facts, and a watch that may end the job."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from lpzero.progress import Progress, counting, unwatched


def test_things_are_counted_as_a_share() -> None:
    told: list[Progress] = []
    tell = counting(told.append, "scoring", "models")
    for done in (0, 1, 1234, 2468):
        tell(done, 2468)
    assert [one.share for one in told] == [0, 1 / 2468, 0.5, 1]
    assert told[2] == Progress("scoring", 0.5, "1,234/2,468 models")


def test_nothing_to_do_is_no_division_by_zero() -> None:
    told: list[Progress] = []
    counting(told.append, "scoring")(0, 0)
    assert told == [Progress("scoring", 0.0, "0/0 architectures")]


def test_what_a_watch_raises_goes_through() -> None:
    def ends(_: Progress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        counting(ends, "scoring")(1, 2)


def test_nobody_has_to_listen(capsys: pytest.CaptureFixture[str]) -> None:
    counting(unwatched, "scoring")(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_progress_is_not_changed() -> None:
    progress = Progress("scoring", 0.5, "")
    with pytest.raises(FrozenInstanceError):
        progress.share = 1.0  # type: ignore[misc]
