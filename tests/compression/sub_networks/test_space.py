"""Sub-networks as a space: the laws of every space, and that a model is what the compression cuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.cut import cut
from lpzero.compression.losses import logits_of
from lpzero.compression.sub_networks.space import architecture_of, cut_of, open_space
from lpzero.errors import InputError
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.testing import check_space
from tests.compression.sub_networks.small import UNITS, small_space
from tests.compression.tiny import tokens


def _architecture(*layers: tuple[int, int]) -> Architecture:
    return Architecture.of("sub-networks", {}, [{"groups": g, "neurons": n} for g, n in layers])


def test_it_keeps_the_laws_of_spaces(tmp_path: Path) -> None:
    check_space(small_space(tmp_path), draws=6)


def test_it_is_of_any_family_and_of_the_checkpoint_that_the_file_fits(tmp_path: Path) -> None:
    heads = replace(UNITS, groups=((2, 0, 1),) * 3)
    found = small_space(tmp_path / "a", "gpt2", heads)
    architecture = _architecture((3, 10), (1, 0), (0, 4))
    assert found.parameter_counts(architecture)["total"] == found.counts["params"].of(found.choice(architecture))
    with pytest.raises(InputError, match="3 groups"):
        _ = small_space(tmp_path / "b", "gpt2").layout


def test_a_model_is_what_compress_cuts_and_its_file_finds_the_space(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    assert get_space(space.reference, space.protocol) == space == open_space(Path(space.reference).parent)
    architecture = _architecture((1, 4), (0, 0), (2, 7))
    whole = load_checkpoint(tmp_path / "full")
    expected = cut(whole, space.layout, UNITS.choice([1, 0, 2], [4, 0, 7]))
    ids = tokens(2, 6)
    with torch.no_grad():
        torch.testing.assert_close(logits_of(cut_of(space, architecture), ids), logits_of(expected, ids))
        torch.testing.assert_close(space.build(architecture, 3).logits(ids), logits_of(expected, ids))
    assert architecture_of(space.choice(architecture)) == architecture
    assert space.parameter_counts(architecture)["total"] == sum(one.numel() for one in expected.parameters())
    assert space.parameter_counts(architecture)["total"] == space.counts["params"].of(space.choice(architecture))


def test_operands_are_those_of_the_cut_model(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    for layers in (((2, 10), (2, 10), (2, 10)), ((1, 4), (0, 0), (2, 7)), ((0, 7), (1, 0), (2, 4))):
        found = untrained_operands(space, _architecture(*layers), Probe(batch=2, tokens=6))
        assert found.depth == sum(1 for one in layers if one != (0, 0))
        assert not found.absent
        assert np.isfinite(found.loss)


def test_no_attention_and_another_protocol_are_refused(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    with pytest.raises(InputError, match="groups in one layer"):
        space.validate(_architecture((0, 4), (0, 0), (0, 7)))
    with pytest.raises(InputError, match="has changed since"):
        get_space(space.reference, "cut-0123456789abcdef")
