"""A checkpoint without its numbers has the shapes of the checkpoint, and none of its numbers."""

from pathlib import Path

import torch

from lpzero.compression.choosing.measured import digest_of
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.sub_networks.skeleton import skeleton_of
from tests.compression.tiny import checkpoint_folder


def test_it_has_the_shapes_alone(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    checkpoint_folder(folder, "llama")
    before = torch.random.get_rng_state()
    skeleton, whole = skeleton_of(folder, digest_of(folder)), load_checkpoint(folder)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(one.is_meta for one in skeleton.model.parameters())
    assert {name: one.shape for name, one in skeleton.model.named_parameters()} == {
        name: one.shape for name, one in whole.named_parameters()
    }
    assert skeleton.counts["params"].of(skeleton.layout.everything) == sum(one.numel() for one in whole.parameters())
