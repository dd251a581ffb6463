"""An evolution in trackio and in Weights & Biases; each skips where it is not installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lpzero.callbacks import Callback
from lpzero.proxy.discovery import EvolveResult
from lpzero.trackers.sessions import Trackio, WeightsAndBiases


class _Session:
    """What both libraries give, as they document it."""

    def __init__(self, **how: Any) -> None:
        self.how = how
        self.logged: list[tuple[dict[str, Any], int | None]] = []
        self.summary: dict[str, Any] = {}
        self.ended: list[dict[str, Any]] = []

    def log(self, figures: dict[str, Any], step: int | None = None) -> None:
        self.logged.append((figures, step))

    def finish(self, **how: Any) -> None:
        self.ended.append(how)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[_Session]:
    """Sessions of a library that is nobody's."""
    begun: list[_Session] = []

    def init(**how: Any) -> _Session:
        begun.append(_Session(**how))
        return begun[-1]

    for name in ("trackio", "wandb"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(init=init))  # type: ignore[arg-type]
    return begun


@pytest.mark.parametrize("kind", [Trackio, WeightsAndBiases])
def test_every_generation_is_logged_at_its_step(
    kind: type[Callback], sessions: list[_Session], lived: Callable[[Callback], None], result: EvolveResult
) -> None:
    lived(kind())
    (session,) = sessions
    assert session.how["project"] == "lpzero"
    assert session.how["name"] == "mine"
    assert [step for _, step in session.logged[:3]] == [0, 1, 2]
    final = session.summary or session.logged[-1][0]
    assert final["test_tau_a"] == result.best.test.tau_a
    assert session.ended == [{}]


def test_weights_and_biases_is_offline_unless_told_otherwise(sessions: list[_Session]) -> None:
    WeightsAndBiases().on_run_begin(Path("run"), {})
    WeightsAndBiases(mode="online", group="g").on_run_begin(Path("run"), {})
    assert [session.how["mode"] for session in sessions] == ["offline", "online"]
    assert sessions[1].how["group"] == "g"


def test_a_run_that_stops_ends_its_session(sessions: list[_Session]) -> None:
    for tracker in (Trackio(), WeightsAndBiases()):
        tracker.on_run_begin(Path("run"), {})
        tracker.on_run_stop()
    assert [session.ended for session in sessions] == [[{}], [{"exit_code": 1}]]


@pytest.mark.filterwarnings("ignore")
def test_the_real_one_keeps_a_run_without_a_network(
    lived: Callable[[Callback], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb", reason="no wandb: python -m pip install 'lpzero[wandb]'")
    monkeypatch.setenv("WANDB_SILENT", "true")
    lived(WeightsAndBiases(dir=str(tmp_path)))
    # its process writes what is left when it ends
    wandb.teardown()
    (kept,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert kept.stat().st_size > 1000


@pytest.mark.filterwarnings("ignore")
def test_the_real_trackio_keeps_a_run_on_this_machine(
    lived: Callable[[Callback], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    pytest.importorskip("trackio", reason="no trackio: python -m pip install 'lpzero[trackio]'")
    lived(Trackio("mine"))
    assert (tmp_path / "mine.db").stat().st_size > 1000
