"""The result reads back what it wrote, and refuses what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.acquisition.result import SuggestResult
from lpzero.errors import InputError
from lpzero.result import read_result

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "space": "gpt2",
    "protocol": "own",
    "table": None,
    "direction": "lower",
    "seed": 0,
    "acquisition": "value",
    "features": ["spec", "shape"],
    "limits": {"params": 20_000_000},
    "labels": 5,
    "failed": 1,
    "pending": 2,
    "candidates": 640,
    "left_out": 0,
    "level": 0.9,
    "best": {"architecture": {"space": "gpt2", "whole": {}, "layers": []}, "quality": 2.5},
    "chance": 0.25,
    "threshold": 0.05,
    "worthwhile": True,
    "file": "next/next.csv",
    "rows": [
        {
            "id": "0123456789abcdef",
            "value": 2.4,
            "low": 2.2,
            "high": 2.6,
            "chance": 0.25,
            "by": "labels",
            "quality": None,
            "params": 1000,
            "config": "architectures/0123456789abcdef/config.json",
        }
    ],
}


def read(document: dict[str, Any]) -> SuggestResult:
    return read_result(SuggestResult, document, Path("there"), of="a suggestion", remedy="ask again")


def test_it_reads_what_it_wrote() -> None:
    assert read(DOCUMENT).to_json() == DOCUMENT


@pytest.mark.parametrize(("key", "value"), [("labels", "five"), ("chance", float("nan")), ("best", [])])
def test_another_value_is_refused(key: str, value: object) -> None:
    with pytest.raises(InputError, match=f"there: expected the result of a suggestion, found {key}"):
        read({**DOCUMENT, key: value})
