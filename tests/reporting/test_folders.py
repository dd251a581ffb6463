"""What a folder or a file holds."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.blocks import Code
from lpzero.reporting.folders import article_of, kind_of


@pytest.mark.parametrize(
    ("name", "kind", "state"),
    [
        ("evolve", "evolve", "finished"),
        ("several", "evolve", "finished"),
        ("left-out", "evolve --leave-one-out", "finished"),
        ("enumerate", "enumerate", "finished"),
        ("search", "search", "finished"),
        ("open", "search", "finished"),
        ("schedule", "search", "finished"),
        ("suggest", "suggest", "unfinished"),
        ("principles.json", "principles", "finished"),
        ("fit.json", "predictor", "finished"),
    ],
)
def test_every_kind_of_run_is_known(name: str, kind: str, state: str, runs: Path) -> None:
    article = article_of(runs / name, "one")
    assert (article.kind, article.state) == (kind, state)
    assert all(section.blocks for section in article.sections)


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('{"a": 1}')
    (tmp_path / "text.json").write_text("no JSON")
    (tmp_path / "empty").mkdir()
    for name, message in {
        "nowhere": "expected the folder of a run, found no such folder",
        "empty": "expected a folder of lpzero evolve, enumerate, search, suggest, compress or tables build, found none",
        "notes.json": r"expected principles, a kept predictor, or what one of .* prints, found a document with \['a'\]",
        "text.json": "expected a JSON object",
    }.items():
        with pytest.raises(InputError, match=message) as raised:
            article_of(tmp_path / name, "one")
        assert "\n" not in str(raised.value)


def test_settings_of_another_version_are_named_with_it(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "novelty": 3}))
    with pytest.raises(InputError, match="novelty: no such setting"):
        kind_of(run)
    env = json.loads((run / "env.json").read_text())
    (run / "env.json").write_text(json.dumps({**env, "lpzero": "9.9"}))
    with pytest.raises(InputError, match=r"; the run is of lpzero 9\.9$"):
        kind_of(run)


def test_a_run_of_another_version_says_so_first(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    env = json.loads((run / "env.json").read_text())
    (run / "env.json").write_text(json.dumps({**env, "lpzero": "0.0.1"}))
    first = article_of(run, "one").sections[0].blocks[0]
    assert getattr(first, "warning", False)
    assert "This run is of lpzero 0.0.1" in getattr(first, "text", "")


def test_a_damaged_result_names_its_key(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    result = json.loads((run / "best.json").read_text())
    del result["best"]["formula"]
    (run / "best.json").write_text(json.dumps(result))
    with pytest.raises(InputError, match=r"best.json: expected the result of a run, found best.formula: none"):
        article_of(run, "one")


def test_a_run_of_before_there_were_scores_goes_without(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "scores.csv").unlink()
    assert "Score against truth" not in [section.title for section in article_of(run, "one").sections]


@pytest.mark.parametrize(
    ("name", "half"),
    [
        *((name, half) for name in ("evolve", "enumerate", "search") for half in (False, True)),
        *((name, False) for name in ("suggest", "fit.json", "principles.json")),
    ],
)
def test_commands_of_a_report_name_files_whatever_they_are_called(
    name: str, half: bool, runs: Path, tmp_path: Path
) -> None:
    place = tmp_path / f"it's my {name}"
    if (runs / name).is_dir():
        shutil.copytree(runs / name, place)
    else:
        for beside in runs.glob(f"{Path(name).stem}.*"):
            shutil.copy(beside, tmp_path / f"it's my {beside.name}")
    for result in ("best.json", "result.json") if half else ():
        (place / result).unlink(missing_ok=True)
    blocks = [block for section in article_of(place, "r").sections for block in section.blocks]
    commands = [block.text for block in blocks if isinstance(block, Code) and block.text.startswith("lpzero ")]
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert all(word == str(place) or Path(word).parent == place for word in words if "my " in word), command
