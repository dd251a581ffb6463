"""The front of a checkpoint from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.compression.choosing.fronts import CompressFront
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.progress import Progress
from lpzero.result import read_result
from tests.compression.test_job import job_in


def test_a_front_is_a_document_and_writes_nothing(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    told: list[Progress] = []
    found = lpzero.compress_front(
        job.checkpoint, calibration=job.calibration, number=3, settings=CompressSettings(context=8), watch=told.append
    )
    assert [one.limit for one in found.points] == sorted({one.limit for one in found.points})
    assert read_result(CompressFront, found.to_json(), "r", of="a front", remedy="again") == found
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert told


def test_what_is_no_front_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected at least 2 limits"):
        lpzero.compress_front(tmp_path / "nothing", calibration=tmp_path / "nothing", number=0)


@pytest.mark.parametrize(
    "given", [{"plain": True}, {"recover": "5"}, {"budget": "5"}, {"form": "gguf"}, {"elastic": 4}]
)
def test_what_says_nothing_of_a_front_is_refused(tmp_path: Path, given: dict[str, Any]) -> None:
    settings = CompressSettings(**given)
    with pytest.raises(InputError, match=f"`{next(iter(given))}` has no effect on a front"):
        lpzero.compress_front(tmp_path / "nothing", calibration=tmp_path / "nothing", number=3, settings=settings)
