"""One adapter for several sub-networks: all of them come nearer, and a stop changes no bit."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.proof import mean_divergence
from lpzero.compression.recovery.elastic import learn_elastic
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError
from tests.compression.files.cases import half, narrow, shallow
from tests.compression.tiny import tiny, tokens

pytest.importorskip("peft")

TEXT = to_predict("novel.txt", tokens(10, 6), "causal", None)
SETTINGS = RecoverySettings(steps=45, rate=1e-2, windows=2, rank=4, seed=3)


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_every_sub_network_comes_nearer_to_the_checkpoint_which_stays_as_it_is() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    choices = [narrow(layout), shallow(layout), half(layout)]
    before = copy.deepcopy(weights(model))
    found = learn_elastic(model, layout, choices, TEXT, SETTINGS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert list(found.model.state_dict()) == list(before)
    for choice in choices:
        near = mean_divergence(model, cut(found.model, layout, choice), TEXT)
        assert near < 0.9 * mean_divergence(model, cut(model, layout, choice), TEXT)


def test_the_first_steps_are_the_divergences_of_the_sub_networks_in_turn() -> None:
    model = tiny("gpt2")
    layout = read_layout(model)
    still = RecoverySettings(steps=4, rate=1e-12, windows=10, rank=2)
    found = learn_elastic(model, layout, [half(layout), shallow(layout)], TEXT, still)
    labels = to_predict("novel.txt", TEXT.inputs, "causal", None)
    logits = [model(input_ids=TEXT.inputs).logits.log_softmax(-1)]
    for choice in (half(layout), shallow(layout)):
        with torch.no_grad():
            small = cut(model, layout, choice)(input_ids=labels.inputs).logits.log_softmax(-1)
        logits.append(small)
    expected = [
        float((logits[0].exp() * (logits[0] - other)).sum(-1).mean().detach()) for other in (*logits[1:], *logits[1:])
    ]
    assert [one.divergence for one in found.curve] == pytest.approx(expected, rel=1e-4)


def test_a_state_goes_on_with_the_same_sub_networks_alone(tmp_path: Path) -> None:
    model = tiny("llama")
    layout = read_layout(model)
    choices = [narrow(layout), half(layout)]
    learn_elastic(model, layout, choices, TEXT, SETTINGS, folder=tmp_path)
    again = learn_elastic(model, layout, choices, TEXT, SETTINGS, folder=tmp_path)
    whole = learn_elastic(model, layout, choices, TEXT, SETTINGS)
    assert np.array_equal([one.divergence for one in again.curve], [one.divergence for one in whole.curve])
    assert all(torch.equal(value, weights(whole.model)[name]) for name, value in again.model.state_dict().items())
    with pytest.raises(InputError, match="expected the state of this recovery"):
        learn_elastic(model, layout, choices[::-1], TEXT, SETTINGS, folder=tmp_path)
