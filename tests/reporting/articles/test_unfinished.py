"""The article of a run without a result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.articles.unfinished import best_so_far, unfinished
from lpzero.reporting.blocks import Text
from lpzero.reporting.folders import article_of, kind_of


def test_half_a_run_shows_its_best_so_far_and_how_to_go_on(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "best.json").unlink()
    found = article_of(run, "one")
    assert found.state == "unfinished"
    assert [one.title for one in found.sections] == [
        *("Where it stands", "Best so far", "How it evolves", "How to repeat it"),
    ]
    warning, command, _ = found.sections[0].blocks
    assert isinstance(warning, Text)
    assert warning.warning
    assert getattr(command, "text", "") == f"lpzero evolve --resume {run}"
    assert found.brief["formula"]


@pytest.mark.parametrize("name", ["enumerate", "search", "schedule"])
def test_others_say_that_they_are_not_finished(name: str, copied: Callable[[str], Path]) -> None:
    run = copied(name)
    kind, _ = kind_of(run)
    (run / kind.folder.result_file).unlink()
    assert article_of(run, "one").state == "unfinished"


def test_a_run_that_has_just_begun_has_no_best(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "best.json").unlink()
    (run / "state" / "checkpoint.json").unlink()
    kind, config = kind_of(run)
    assert [one.title for one in unfinished(run, kind.command, config, "one").sections][1] != "Best so far"


def test_a_damaged_state_is_named(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "state" / "checkpoint.json").write_text('{"schema": 2}')
    _, config = kind_of(run)
    with pytest.raises(InputError, match=r"checkpoint.json: the checkpoint is damaged"):
        best_so_far(run, config)  # type: ignore[arg-type]
