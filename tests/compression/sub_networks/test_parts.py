"""Parameters by part, put together from few models, against those of each model."""

from pathlib import Path

import numpy as np
import pytest

from lpzero.compression.sub_networks.file import Units
from lpzero.compression.sub_networks.parts import parts_of
from lpzero.spaces.toml.model import part_counts
from tests.compression.sub_networks.small import UNITS, small_space

HEADS = Units(UNITS.widths, ((2, 0, 1),) * 3, UNITS.neurons)


@pytest.mark.parametrize(("family", "units"), [("llama", UNITS), ("gpt2", HEADS), ("bert", HEADS)])
def test_they_are_those_of_the_model(tmp_path: Path, family: str, units: Units) -> None:
    space = small_space(tmp_path, family, units)
    rng = np.random.default_rng(0)
    for _ in range(12):
        architecture = space.sample(rng)
        model = space.blank(architecture)
        sizes = list(zip(architecture.integers("groups"), architecture.integers("neurons"), strict=True))
        assert parts_of(space, sizes) == part_counts(model, model.site_map())
