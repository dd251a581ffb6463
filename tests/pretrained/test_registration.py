"""The entry into transformers: for every space, asked for and not at import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import transformers

import lpzero
from lpzero.errors import InputError
from lpzero.pretrained import registration
from lpzero.pretrained.registration import HEADS, classes_of, register
from lpzero.spaces import SPACES, get_space


def test_the_auto_classes_know_every_space_however_often_it_is_registered() -> None:
    lpzero.register()
    register()
    for space in SPACES:
        classes = classes_of(space)
        assert transformers.CONFIG_MAPPING[f"lpzero-{space}"] is classes.configuration
        for head in ("", HEADS[get_space(space).objective]):
            mapping = getattr(transformers, f"AutoModel{head}")._model_mapping
            assert mapping[classes.configuration] is classes.model


def test_a_model_is_no_language_model_of_the_other_objective() -> None:
    for space in SPACES:
        for other in set(HEADS) - {get_space(space).objective}:
            mapping = getattr(transformers, f"AutoModel{HEADS[other]}")._model_mapping
            assert classes_of(space).configuration not in mapping


def test_nothing_is_registered_or_loaded_at_import() -> None:
    # what is not loaded cannot have been told anything
    code = "import sys, lpzero.pretrained; sys.exit(' '.join({'torch', 'transformers'} & set(sys.modules)))"
    place = Path(lpzero.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_classes_are_found_by_their_names() -> None:
    assert registration.LpzeroGpt2ForCausalLM is classes_of("gpt2").model
    assert registration.LpzeroFlexibertConfig is classes_of("flexibert").configuration
    for name in ("LpzeroBert", "Bert"):
        with pytest.raises(AttributeError, match=name):
            getattr(registration, name)


def test_an_unknown_space_has_no_classes() -> None:
    with pytest.raises(InputError, match="unknown space 'gpt3'"):
        classes_of("gpt3")
