"""Cards: their figures are the space's, their code runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.pretrained import write_configuration, write_model
from lpzero.pretrained.card import card_text
from lpzero.spaces import Architecture, SearchSpace

Small = tuple[SearchSpace, Architecture]


def test_a_card_says_what_the_model_is(small: Small) -> None:
    space, architecture = small
    text = card_text(space, architecture, 5, "## Scores\n\nsnip 3.2")
    assert space.key(architecture) in text
    assert f"| protocol | {space.protocol} |" in text
    assert "untrained: they were drawn with the seed 5" in text
    for part, number in space.parameter_counts(architecture).items():
        assert f"| {part} | {number:,} |" in text
    for index in range(architecture.depth):
        cells = " | ".join(str(value) for _, value in architecture.layers[index])
        assert f"| {index} | {cells} |" in text
    assert text.endswith("## Scores\n\nsnip 3.2\n")


def test_without_weights_it_says_how_to_get_some(tiny_gpt2: Small) -> None:
    text = card_text(*tiny_gpt2, None)
    assert "holds no weights: `lpzero build . --out DIR`" in text
    assert "seed" not in text


@pytest.mark.parametrize("weights", [True, False])
def test_its_code_runs_in_its_folder(
    small: Small, weights: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, architecture = small
    folder = tmp_path / "model"
    if weights:
        write_model(folder, space, architecture, 0)
    else:
        write_configuration(folder, space, architecture)
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(folder)
    made: dict[str, Any] = {}
    with torch.random.fork_rng():
        exec(code, made)  # noqa: S102  (what the card tells its reader to run)
    found = sum(parameter.numel() for parameter in made["model"].parameters())
    assert found == space.parameter_counts(architecture)["total"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["README.md", "architecture.json", "config.json", *(["model.safetensors"] if weights else [])]
    )
