"""The configuration and the code of unlike layers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.files.own_code import own_code, own_configuration
from tests.compression.files.cases import smaller


@pytest.mark.parametrize("family", FAMILIES)
def test_the_code_imports_the_family_from_transformers_and_nothing_of_lpzero(family: str, tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", family)
    tree = ast.parse(own_code(found))
    imports = {node.module: node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert set(imports) == {"typing", "torch", "transformers"}
    names = {alias.name for alias in imports["transformers"].names}
    assert names == {type(found.config).__name__, type(found.model).__name__}


def test_lists_say_what_each_layer_has(tmp_path: Path) -> None:
    found = own_configuration(smaller(tmp_path / "m"))
    assert (found["layer_groups"], found["layer_neurons"]) == ([0, 1, 2], [3, 0, 4])
    assert found["auto_map"] == {
        "AutoConfig": "modeling_cut.CutConfig",
        "AutoModelForCausalLM": "modeling_cut.CutModel",
    }


def test_an_encoder_is_loaded_for_its_loss(tmp_path: Path) -> None:
    assert "AutoModelForMaskedLM" in own_configuration(smaller(tmp_path / "m", "bert"))["auto_map"]
