"""What scores a phase: each kind says what it says outside of a schedule, with a status and its time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lpzero.engines import Serial
from lpzero.nas.schedule.config import PredictorConfig
from lpzero.nas.schedule.predictor import Answer, ByFitted, ByProxy, ByTraining, PhasePredictor, Place, shortened
from lpzero.operands.probe import Probe
from lpzero.predictors import Labelled, LookUp, Prediction, PredictionStatus
from lpzero.progress import Progress
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces.architecture import Architecture
from lpzero.tables import load_table
from lpzero.tables.load import load_trained
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.scale import Scale, recipe
from lpzero.training.train import train
from tests.nas.schedule.told import SPACE

TABLE = load_table("gpt2-own")
SOME = sorted((r.architecture for r in TABLE.records), key=lambda a: SPACE.parameter_counts(a)["total"])[:3]
CONFIG = PredictorConfig(kind="proxy", name="snip", text="snip", higher_is_better=True)


def asked(predictor: PhasePredictor, folder: Path, told: list[Progress] | None = None) -> dict[Architecture, Answer]:
    found: list[Answer] = []
    watch = ([] if told is None else told).append
    predictor.score(SOME, Place(Serial(), folder, watch, print), found.extend)
    assert all(answer.seconds >= 0 for answer in found)
    return {answer.scored.architecture: answer for answer in found}


def test_a_proxy_scores_as_ever(tmp_path: Path) -> None:
    probe, proxy = Probe(batch=1, tokens=4), load_proxy("snip")
    found = asked(ByProxy(CONFIG, SPACE, proxy, probe), tmp_path)
    rows = score_architectures(SPACE, SOME, [proxy], probe, engine=Serial(), progress=lambda _, __: None)
    assert [found[one].scored.scores[0] for one in SOME] == [row[0].value for row in rows]
    assert {answer.scored.status for answer in found.values()} == {"ok"}


def test_a_proxy_that_cannot_score_has_a_reason(tmp_path: Path) -> None:
    found = asked(ByProxy(CONFIG, SPACE, load_proxy("text_loss"), Probe(batch=1, tokens=4)), tmp_path)
    assert {answer.scored.status for answer in found.values()} == {"failed"}
    assert found[SOME[0]].reason == "the loss on text says something of trained causal models alone"


def test_a_look_up_knows_its_labels_and_fails_elsewhere(tmp_path: Path) -> None:
    labels = Labelled(tuple(SOME[:2]), np.array([2.0, 3.0]), higher_is_better=False)
    found = asked(ByFitted(CONFIG, LookUp(SPACE).fit(labels)), tmp_path)
    assert [found[one].scored.scores for one in SOME] == [(2.0,), (3.0,), (None,)]
    assert (found[SOME[2]].scored.status, found[SOME[2]].reason) == ("failed", "it is not among the labels")


class Beyond:
    """Says of everything that it is unlike its labels."""

    name, higher_is_better, in_unit = "beyond", True, True

    def predict(self, architectures: list[Architecture]) -> list[Prediction]:
        """One each."""
        return [
            Prediction(1.0, None, None, PredictionStatus.EXTRAPOLATED, False, "beyond", "far") for _ in architectures
        ]


def test_what_is_far_from_all_labels_has_a_score_and_says_so(tmp_path: Path) -> None:
    found = asked(ByFitted(CONFIG, Beyond()), tmp_path)  # type: ignore[arg-type]  # a list is what it is given
    assert {(a.scored.status, a.scored.ok, a.reason) for a in found.values()} == {("extrapolated", True, "")}


def test_trainings_are_those_of_the_recipe_and_none_is_done_twice(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("the cat sat on the mat. " * 60)
    source = CorpusFiles(tmp_path / "text.txt", None, "bytes")
    corpus = read_corpus(source.corpus)
    written = recipe("gpt2", "causal", corpus, Scale(10, 2, 8, 1e-3))
    short = replace(shortened(written, 2), validation_sequences=2)
    predictor, told = ByTraining(CONFIG, SPACE, short, source), list[Progress]()
    found = asked(predictor, tmp_path, told=told)
    assert told[-1] == Progress("snip", 1.0, "3/3 trainings")
    assert found[SOME[1]].scored.scores == (train(SPACE, SOME[1], short, corpus, seed=0).loss,)
    (tmp_path / "text.txt").unlink()
    assert asked(predictor, tmp_path) == found


def test_a_shorter_recipe_warms_up_as_long_a_share() -> None:
    full = load_trained("gpt2-own")[2]
    assert full is not None
    assert shortened(full, None) is shortened(full, full.steps) is full
    short = shortened(full, 40)
    assert (short.steps, short.warm_up, short.points) == (40, 8, (40,))
    assert replace(short, steps=full.steps, warm_up=full.warm_up, points=full.points) == full
    assert short.digest != full.digest


@pytest.mark.parametrize("steps", [1, 3])
def test_the_shortest_recipe_has_no_warm_up(steps: int) -> None:
    full = load_trained("gpt2-own")[2]
    assert full is not None
    assert shortened(full, steps).warm_up == 0
