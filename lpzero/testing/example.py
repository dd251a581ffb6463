"""A small model and what it shows, for laws that need one."""

from __future__ import annotations

from functools import cache
from typing import cast

import numpy as np
from torch import nn

from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.extract import Operands, extract
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.models.sites import SitedModel, SiteMap


def example_model(seed: int = 0) -> tuple[nn.Module, SiteMap, Batch]:
    """A small untrained decoder, its sites, and two sequences of eight tokens."""
    space = get_space("gpt2", "own")
    layer = {"d_inner": 64, "heads": 2}
    model = space.build(Architecture.of("gpt2", {"d_model": 64}, [layer, layer]), seed)
    batch = random_batch(space.vocabulary, space.objective, np.random.default_rng(seed), batch=2, tokens=8)
    return model, cast(SitedModel, model).site_map(), batch


@cache
def example_operands() -> Operands:
    """What one pass of it shows, exactly."""
    return extract(*example_model())
