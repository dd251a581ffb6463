"""The proof: the same windows and the same recovery for all, paired differences, one model at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import stats
from torch import nn

from lpzero.compression.cut import cut
from lpzero.compression.layout import read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.proof import ANSWERS, Contender, Learning, against, prove
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from lpzero.progress import Progress
from tests.compression.files.cases import half, shallow
from tests.compression.tiny import tiny, tokens

TEXTS = [
    to_predict(name, tokens(5, 8, seed=seed), "causal", None) for name, seed in (("novel.txt", 2), ("code.txt", 3))
]


@pytest.fixture(scope="module")
def full() -> nn.Module:
    return tiny("llama")


def contenders(full: Any) -> list[Contender]:
    layout = read_layout(full)
    return [
        Contender("choice", lambda: cut(full, layout, half(layout))),
        Contender("whole layers", lambda: cut(full, layout, shallow(layout))),
    ]


def test_losses_stand_beside_those_of_the_full_checkpoint(full: nn.Module) -> None:
    found = prove(contenders(full), full, TEXTS)
    assert [one.name for one in found] == ["choice", "whole layers"]
    for index, text in enumerate(TEXTS):
        whole = window_losses(full, text)
        for standing, contender in zip(found, contenders(full), strict=True):
            losses = window_losses(contender.make(), text)
            told = standing.before[index]
            assert (told.text, told.tokens, told.context) == (text.name, 35, 8)
            assert (told.loss, told.full) == (float(losses.mean()), float(whole.mean()))
            assert standing.after is None
    assert all(one.less_choice is None for one in found[0].before)
    assert all(one.less_choice is not None for one in found[1].before)


def test_all_recover_alike_from_answers_that_they_share(full: nn.Module, tmp_path: Path) -> None:
    learning = Learning(RecoverySettings(steps=20, rate=1e-2), to_predict("t", tokens(6, 8), "causal", None), tmp_path)
    told: list[Progress] = []
    found = prove(contenders(full), full, TEXTS, learning=learning, watch=told.append)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ANSWERS, "choice", "whole-layers"]
    for standing in found:
        assert standing.after is not None
        assert standing.after != standing.before
    assert [one.facts for one in told if one.step == "proof"] == ["choice", "whole layers", "2 models"]
    # a proof that was stopped goes on: nothing is learned again
    again: list[Progress] = []
    assert prove(contenders(full), full, TEXTS, learning=learning, watch=again.append) == found
    assert {one.step for one in again} == {"proof"}


def test_differences_are_those_of_a_paired_test() -> None:
    rng = torch.Generator().manual_seed(0)
    first, second = torch.randn(9, generator=rng).double(), torch.randn(9, generator=rng).double()
    found = against(first, second)
    expected = stats.ttest_rel(first.numpy(), second.numpy()).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(float((first - second).mean()))


def test_two_of_one_name_are_refused(full: nn.Module) -> None:
    with pytest.raises(InputError, match="expected contenders with names of their own, found choice, choice"):
        prove([contenders(full)[0]] * 2, full, TEXTS)
