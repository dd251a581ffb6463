"""A sub-network on disk: its description says what the model is, and the model loads with the same answers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from lpzero.compression.losses import logits_of
from lpzero.compression.sub_networks.space import cut_of
from lpzero.errors import InputError
from lpzero.pretrained.folder import write_configuration, write_model
from lpzero.spaces.architecture import Architecture
from tests.compression.sub_networks.small import small_space
from tests.compression.tiny import tokens


@pytest.mark.parametrize("neurons", [(10, 4, 7), (4, 4, 4)])
def test_the_model_is_what_its_description_says(tmp_path: Path, neurons: tuple[int, ...]) -> None:
    space = small_space(tmp_path)
    point = Architecture.of("sub-networks", {}, [{"groups": 2, "neurons": one} for one in neurons])
    write_configuration(tmp_path / "said", space, point, "Found somewhere.")
    write_model(tmp_path / "made", space, point, 0, "Found somewhere.")
    assert json.loads((tmp_path / "said/architecture.json").read_text()) == point.to_json()
    said, made = (json.loads((tmp_path / one / "config.json").read_text()) for one in ("said", "made"))
    assert said == made
    for one in ("said", "made"):
        assert "Found somewhere." in (tmp_path / one / "README.md").read_text()
    auto: Any = AutoModelForCausalLM
    loaded = auto.from_pretrained(tmp_path / "made", trust_remote_code=True).eval()
    ids = tokens(2, 6)
    with torch.no_grad():
        torch.testing.assert_close(logits_of(loaded, ids), logits_of(cut_of(space, point), ids), rtol=1e-4, atol=1e-5)


def test_what_is_not_in_the_space_is_not_written(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    wrong = Architecture.of("sub-networks", {}, [{"groups": 2, "neurons": 5}] * 3)
    with pytest.raises(InputError, match="neurons"):
        write_configuration(tmp_path / "out", space, wrong)
    assert not (tmp_path / "out").exists()
