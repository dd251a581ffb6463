"""Building a table of sub-networks: goes on where it was stopped, grows, and refuses what is another table's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lpzero.compression.sub_networks.build import ANSWERS, RECOVERIES, Built, build_sub_networks
from lpzero.engines import Serial
from lpzero.errors import InputError
from lpzero.progress import Progress
from tests.compression.sub_networks.small import SETTINGS, source


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sub-networks")
    source(folder)
    return folder


def _built(place: Path, name: str, number: int, *, stop_after: int | None = None, measure: Path | None = None) -> Built:
    given = replace(source(place), measure=measure)

    def stop(progress: Progress) -> None:
        if progress.step == "recovering" and progress.facts.startswith(f"{stop_after}/"):
            raise KeyboardInterrupt

    with build_sub_networks(
        given, place / name, SETTINGS, number=number, repeated=1, engine=Serial(), watch=stop
    ) as built:
        return built


def _losses(built: Built) -> Iterator[tuple[str, int, float, float]]:
    return ((one.id, one.seed, one.before, one.after) for one in built.recoveries)


def test_one_that_was_stopped_goes_on_and_one_that_grows_keeps_what_it_has(place: Path) -> None:
    whole = _built(place, "whole", 4)
    with pytest.raises(KeyboardInterrupt):
        _built(place, "stopped", 3, stop_after=2)
    assert len(list((place / "stopped" / RECOVERIES).iterdir())) == 2
    kept = {path: path.stat().st_mtime_ns for path in (place / "stopped" / RECOVERIES).iterdir()}
    grown = _built(place, "stopped", 4)
    assert list(_losses(grown)) == list(_losses(whole))
    assert grown.drawn == whole.drawn
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    assert [(one.id, one.seed) for one in grown.recoveries] == [*((f"{i:04d}", 0) for i in range(4)), ("0000", 1)]
    assert list((place / "stopped" / ANSWERS).iterdir())


def test_measured_divergences_add_up_and_are_kept(place: Path) -> None:
    built = _built(place, "measured", 2, measure=place / "measured.jsonl")
    assert built.measured is not None
    lines = (place / "measured.jsonl").read_text()
    assert _built(place, "measured", 2, measure=place / "measured.jsonl").measured == built.measured
    assert (place / "measured.jsonl").read_text() == lines
    assert all(found > 0 for found in built.measured)
    known = [json.loads(line)["divergence"] for line in lines.splitlines()[1:]]
    assert max(built.measured) <= sum(known)


def test_another_recipe_or_another_folder_is_refused(place: Path) -> None:
    _built(place, "one", 2)
    other = replace(SETTINGS, steps=3)
    again = build_sub_networks(source(place), place / "one", other, number=2, repeated=1, engine=Serial())
    with pytest.raises(InputError, match=r"recipe\.json.*settings"), again:
        pass
    (place / "mine").mkdir()
    (place / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="found neither"):
        _built(place, "mine", 2)
    record = next((place / "one" / RECOVERIES).iterdir())
    record.write_text(json.dumps({**json.loads(record.read_text()), "id": "0009"}))
    with pytest.raises(InputError, match=record.name):
        _built(place, "one", 2)


def test_too_few_are_refused(place: Path) -> None:
    with pytest.raises(InputError, match="2 sub-networks or more"):
        _built(place, "few", 1)
