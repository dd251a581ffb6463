"""Trackers by name."""

from __future__ import annotations

import importlib

import pytest

from lpzero.errors import InputError, MissingError
from lpzero.trackers import TRACKERS, tracker


def test_an_unknown_name_lists_those_that_there_are() -> None:
    with pytest.raises(InputError, match="unknown tracker 'x': expected one of tensorboard, mlflow, trackio, wandb"):
        tracker("x")


@pytest.mark.parametrize("name", TRACKERS)
def test_one_that_is_not_installed_says_how_to_get_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(wanted: str) -> None:
        raise ImportError(wanted)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingError, match=rf"{name} is not installed: python -m pip install 'lpzero\[{name}\]'"):
        tracker(name)
