"""What predictors said: nobody is asked twice about one model, and calls are counted with and without a cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.answers import Answers
from lpzero.nas.schedule.predictor import Answer, Arrived, Place
from lpzero.spaces.architecture import Architecture
from lpzero.tables import load_table
from tests.nas.schedule.told import SPACE, Told, answers_of, depth

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


def test_what_the_folder_has_is_a_call_and_is_not_asked_again(tmp_path: Path) -> None:
    _, one = answers(tmp_path)
    one.of(SOME)
    predictor, again = answers(tmp_path)
    for _, answer in again.run.kept_answers(1):
        again.known[SPACE.model_key(answer.scored.architecture)] = answer
    assert again.said() == []
    assert again.of(SOME) == [answer.scored for answer in one.said()]
    assert predictor.asked == []
    assert again.said() == one.said()


def test_those_of_the_random_search_are_counted_apart(tmp_path: Path) -> None:
    predictor, one = answers(tmp_path)
    one.of(SOME[:3])
    one.of(SOME[2:], control=True)
    assert predictor.asked == SOME
    assert list(one.met) == [SPACE.model_key(a) for a in SOME[:3]]
    assert list(one.beside) == [SPACE.model_key(a) for a in SOME[2:]]
    assert one.asked == 3


def test_the_first_reason_is_kept(tmp_path: Path) -> None:
    _, one = answers(tmp_path)
    deep = [record.architecture for record in load_table("gpt2-own").records if record.architecture.depth == 7][:2]
    assert one.reason == ""
    one.of([SOME[0], *deep])
    assert one.reason == "no value"


def test_what_arrived_before_a_kill_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, one = answers(tmp_path)

    def killed(architectures: Sequence[Architecture], place: Place, arrived: Arrived) -> None:
        del place
        arrived([Answer(Scored(architectures[0], (1.0,)), 0.1)])
        raise KeyboardInterrupt

    monkeypatch.setattr(predictor, "score", killed)
    with pytest.raises(KeyboardInterrupt):
        one.of(SOME)
    assert [(place, answer.scored) for place, answer in one.run.kept_answers(1)] == [(0, Scored(SOME[0], (1.0,)))]
