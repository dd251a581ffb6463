"""The loss on text, against the model's own."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from lpzero.errors import LpzeroError
from lpzero.metrics.text_loss import text_loss
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe, untrained_model
from lpzero.operands.text import text_batch
from lpzero.spaces import get_space


def test_it_is_the_mean_over_sequences() -> None:
    space, probe = get_space("llama", "own"), Probe(batch=2, tokens=16)
    model, _ = untrained_model(space, space.sample(np.random.default_rng(0)), probe)
    text = text_batch(space, probe)
    alone = [text_loss(model, Batch(text.input_ids[i : i + 1], text.labels[i : i + 1])) for i in range(2)]
    assert text_loss(model, text) == pytest.approx(np.mean(alone), rel=1e-5)
    # trained weights know more of English than that there are 257 ids
    assert text_loss(model, text) < np.log(257) / 2


def test_a_model_without_a_loss_is_refused() -> None:
    class Silent(nn.Module):
        def forward(self, **_given: object) -> object:
            return object()

    with pytest.raises(LpzeroError, match="the model returned no loss"):
        text_loss(Silent(), text_batch(get_space("llama", "own"), Probe(batch=1, tokens=4)))
