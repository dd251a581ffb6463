"""A checkpoint block by block gives what it gives as a whole."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.cutting.choice import LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import blocks_of, part, read_layout
from lpzero.compression.cutting.stream import Head, entering, look_into, smaller_block, through
from lpzero.compression.losses import logits_of
from tests.compression.tiny import tiny, tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_and_head_one_by_one_are_the_model(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    with torch.no_grad():
        entry = entering(model, layout, ids)
        states = entry.states
        for block in blocks_of(model, layout):
            states = through(block, states, entry)
        assert torch.equal(Head(model, layout).logits(ids, states), logits_of(model, ids))
        # the model is whole again
        assert len(blocks_of(model, layout)) == 3
        assert torch.equal(logits_of(model, ids), logits_of(cut(model, layout, layout.everything), ids))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_smaller_block_does_what_that_of_a_cut_model_does(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    one = LayerChoice(0, (0,), (1, 2, 5))
    whole = layout.everything.layers
    smaller = cut(model, layout, type(layout.everything)((one, *whole[1:])))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        entry = entering(model, layout, ids)
        found = through(smaller_block(blocks_of(model, layout)[0], layout, one), entry.states, entry)
        assert torch.equal(found, through(blocks_of(smaller, layout)[0], entry.states, entry))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_seen_within_a_block_is_what_passes_there(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    out, outer, block = layout.places.attention_out, layout.places.outer, blocks_of(model, layout)[0]
    with torch.no_grad():
        entry = entering(model, layout, ids)
        seen = look_into(block, entry.states, entry, given=(out, outer), made=(out,))
        assert torch.equal(part(block, out)(seen.given[out]), seen.made[out])
        assert seen.after is not None
        until = look_into(block, entry.states, entry, until=outer)
    assert until.after is None
    assert torch.equal(until.given[outer], seen.given[outer])
    assert not block._forward_hooks
    assert not part(block, outer)._forward_pre_hooks
