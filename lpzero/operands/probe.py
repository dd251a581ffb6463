"""A probe: what an untrained architecture is shown, its model, and what one pass of the two gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from torch import nn

from lpzero.errors import InputError
from lpzero.operands.batch import Batch, random_batch
from lpzero.operands.defaults import BATCH, ELEMENTS, TOKENS
from lpzero.operands.extract import Operands, extract
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.models.sites import SitedModel, SiteMap
from lpzero.spaces.models.weights import check_memory
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Probe:
    """What one architecture is shown, and how much of what it shows is kept.

    Attributes:
        seed: Seed of the run; the batch, the initialisation and the sketch positions derive from it.
        batch: Sequences in the batch, at least 1.
        tokens: Tokens of each sequence, at least 2 and at most what the space's models take.
        elements: Elements that a sketch keeps of each tensor, at least 16.
        device: ``"cpu"`` or ``"cuda"``.
        derived: Names of the operands of other packages that a sketch keeps as well.
    """

    seed: int = 0
    batch: int = BATCH
    tokens: int = TOKENS
    elements: int = ELEMENTS
    device: str = "cpu"
    derived: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("batch", 1), ("tokens", 2), ("elements", 16)):
            if getattr(self, name) < least:
                raise InputError(f"`{name}`: expected at least {least}, found {getattr(self, name)}")


def probe_batch(space: SearchSpace, probe: Probe) -> Batch:
    """The batch that every architecture of a run is shown; raises InputError where it is too long."""
    if probe.tokens > space.max_tokens:
        raise InputError(f"expected at most {space.max_tokens} tokens for {space.name}, found {probe.tokens}")
    rng = np.random.default_rng(derived_seed(probe.seed, "batch"))
    return random_batch(space.vocabulary, space.objective, rng, batch=probe.batch, tokens=probe.tokens)


def untrained_model(space: SearchSpace, architecture: Architecture, probe: Probe) -> tuple[nn.Module, SiteMap]:
    """Build one architecture on the probe's device, and name its sites.

    The initialisation seed derives from the run's seed and the architecture as listed: two architectures never
    share their random weights, equal ones always do.

    Raises:
        InputError: The architecture is not in the space, the model and its gradients do not fit in memory, or the
            space's models do not name their sites.
    """
    check_memory(space.parameter_counts(architecture)["total"], gradients=True)
    model = space.build(architecture, derived_seed(probe.seed, "weights", space.key(architecture)))
    if not isinstance(model, SitedModel):
        raise InputError(f"space {space.name}: expected models with a site_map method")
    site_map = model.site_map()
    return cast(nn.Module, model).to(probe.device), site_map


def untrained_operands(space: SearchSpace, architecture: Architecture, probe: Probe) -> Operands:
    """Build one architecture and take its operands, exactly; raises as :func:`untrained_model` does."""
    model, site_map = untrained_model(space, architecture, probe)
    return extract(model, site_map, probe_batch(space, probe).to(probe.device))
