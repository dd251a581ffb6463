"""What a checkpoint is watched by while it runs."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.choices.watching import watched
from lpzero.compression.cutting.layout import blocks_of, part, read_layout
from lpzero.compression.losses import logits_of
from tests.compression.tiny import tiny, tokens


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_all_layers_are_watched_and_nothing_stays_behind(family: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    ids = tokens(1, 10)
    with watched(model, layout) as seen:
        logits = logits_of(model, ids)
    assert len(seen.heads) == len(seen.inner) == len(seen.streams) == layout.depth
    for (_, behind), (before, _) in zip(seen.streams, seen.streams[1:], strict=False):
        torch.testing.assert_close(behind, before, rtol=0, atol=0)
    # what was written down is what the output projection worked with
    (gradient,) = torch.autograd.grad(logits.square().sum(), [seen.inner[-1]])
    assert gradient.shape == seen.inner[-1].shape == (1, 10, layout.neurons)
    assert bool(gradient.any())
    assert not any(part(block, layout.places.outer)._forward_pre_hooks for block in blocks_of(model, layout))
