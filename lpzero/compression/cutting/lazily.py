"""The smaller model without memory of its own: its blocks are made anew whenever they run, and let go behind it."""

from __future__ import annotations

from typing import Any

from torch import nn

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import Model, check_choice, cut
from lpzero.compression.cutting.layout import Layout, blocks_of
from lpzero.compression.cutting.stream import smaller_block


class _Later(nn.Module):
    """A block as a choice leaves it, made when it runs."""

    def __init__(self, block: nn.Module, layout: Layout, one: LayerChoice) -> None:
        super().__init__()
        # in a tuple, so that the parameters of the whole block are none of this module
        self._of = (block, layout, one)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the smaller block gives."""
        return smaller_block(*self._of)(*args, **kwargs)


def lazily_cut(model: Model, layout: Layout, choice: Choice) -> Model:
    """Make the smaller model to ask it a few times: bit for bit that of :func:`lpzero.compression.cutting.cut.cut`.

    At any time one of its blocks holds tensors of its own; all others are the checkpoint's. It keeps no cache and
    answers a little slower, since each pass picks the weights of all blocks again.

    Args:
        model: The checkpoint, to be left as it is meanwhile.
        layout: Its shape.
        choice: What stays.

    Raises:
        InputError: As :func:`lpzero.compression.cutting.cut.cut`.
    """
    check_choice(layout, choice)
    kept = [one for one in choice.layers if not one.is_dropped]
    every = layout.everything.layers
    whole = tuple(one if one.is_dropped else full for one, full in zip(choice.layers, every, strict=True))
    smaller = cut(model, layout, Choice(whole), share=True)
    blocks, sources = blocks_of(smaller, layout), blocks_of(model, layout)
    for place, one in enumerate(kept):
        blocks[place] = _Later(sources[one.layer], layout, one)
    return smaller
