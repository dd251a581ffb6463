"""What predictors said: nobody is asked twice about one model, and calls are counted with and without a cache."""

from __future__ import annotations

from pathlib import Path

from lpzero.nas.schedule.answers import Answers
from lpzero.tables import load_table
from tests.nas.schedule.told import Told, answers_of, depth

SOME = [record.architecture for record in load_table("gpt2-own").records[:6]]


def answers(folder: Path) -> tuple[Told, Answers]:
    predictor = Told()
    return predictor, answers_of(folder, predictor)[0]


def test_each_is_asked_about_once_and_answers_come_in_order(tmp_path: Path) -> None:
    predictor, one = answers(tmp_path)
    assert [scored.architecture for scored in one.of(SOME[:3])] == SOME[:3]
    assert [scored.scores[0] for scored in one.of(SOME[1:5])] == [depth(a) for a in SOME[1:5]]
    assert predictor.asked == SOME[:5]
    assert (one.asked, len(one.met), len(one.said())) == (7, 5, 5)
