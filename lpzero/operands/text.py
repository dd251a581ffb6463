"""A small batch of real text: what trained weights can be judged by before anything else.

The text is the beginning of Lewis Carroll's *Alice's Adventures in Wonderland* (1865), which is in the public domain:
no table was trained or measured on it.
"""

from __future__ import annotations

from importlib import resources

import torch

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe
from lpzero.spaces.space import ReadsText, SearchSpace

PASSAGE = "passage.txt"


def passage() -> str:
    """The text."""
    return resources.files("lpzero.operands").joinpath(PASSAGE).read_text(encoding="utf-8")


def text_batch(space: SearchSpace, probe: Probe) -> Batch:
    """Consecutive pieces of the text, as many and as long as those of the probe.

    Args:
        space: A space of trained weights that can read text.
        probe: Sequences and tokens.

    Raises:
        LpzeroError: The weights of the space are not trained, its tokeniser is not there, or the text is too short.
    """
    if not space.pretrained or space.objective != "causal":
        raise LpzeroError("the loss on text says something of trained causal models alone")
    if not isinstance(space, ReadsText):
        raise LpzeroError(f"the loss on text needs a tokeniser, and {space.name} has none")
    ids, wanted = space.token_ids(passage()), probe.batch * probe.tokens
    if len(ids) < wanted:
        raise LpzeroError(
            f"the text has {len(ids)} tokens, fewer than {probe.batch} sequences of {probe.tokens}: give a smaller "
            "`batch`"
        )
    pieces = torch.tensor(ids[:wanted], dtype=torch.int64).reshape(probe.batch, probe.tokens)
    return Batch(pieces, pieces.clone())
