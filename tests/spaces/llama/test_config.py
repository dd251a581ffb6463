"""The configuration of a LLaMA checkpoint: read as transformers means it, and refused where it is not built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig as Upstream

from lpzero.errors import InputError
from lpzero.spaces.llama.config import LARGEST, LlamaConfig, config_document, read_config, read_document
from lpzero.spaces.llama.plan import BASES, Base

SMALL: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "vocab_size": 300,
}


def written(folder: Path, **changes: Any) -> Path:
    document = {key: value for key, value in {**SMALL, **changes}.items() if value != "gone"}
    path = folder / "config.json"
    path.write_text(json.dumps(document))
    return path


bases = st.builds(
    lambda groups, shared, **rest: Base(heads=groups * shared, kv_heads=groups, **rest),
    groups=st.integers(1, 4),
    shared=st.integers(2, 4),
    vocabulary=st.integers(1, LARGEST),
    max_tokens=st.integers(1, 4096),
    width=st.integers(1, 512),
    depth=st.integers(1, 64),
    head_width=st.integers(1, 32).map(lambda n: 2 * n),
    inner_width=st.integers(2, 1024),
    epsilon=st.floats(1e-12, 1.0),
    theta=st.floats(1.0, 1e7),
    tied=st.booleans(),
)


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(base=bases)
def test_a_document_that_is_written_is_read_as_the_same(base: Base) -> None:
    document = json.loads(json.dumps(config_document(base)))
    assert LlamaConfig.model_validate(document).base == base


@pytest.mark.parametrize("name", list(BASES))
def test_transformers_reads_the_same_numbers(name: str, tmp_path: Path) -> None:
    base = BASES[name]
    (tmp_path / "config.json").write_text(json.dumps(config_document(base)))
    found = Upstream.from_pretrained(tmp_path)
    assert (found.hidden_size, found.num_hidden_layers, found.vocab_size) == (base.width, base.depth, base.vocabulary)
    assert (found.num_attention_heads, found.num_key_value_heads, found.head_dim) == (
        base.heads,
        base.kv_heads,
        base.head_width,
    )
    assert (found.intermediate_size, found.rms_norm_eps) == (base.inner_width, base.epsilon)
    assert found.tie_word_embeddings == base.tied
    # and what transformers writes is read back
    found.save_pretrained(tmp_path)
    assert read_config(tmp_path / "config.json") == base


def test_what_is_not_said_is_the_default_of_transformers(tmp_path: Path) -> None:
    base = read_config(written(tmp_path))
    upstream = Upstream(**{key: value for key, value in SMALL.items() if key != "model_type"})
    assert base.kv_heads == upstream.num_key_value_heads == 4
    assert base.head_width == upstream.head_dim == 16
    assert base.max_tokens == upstream.max_position_embeddings
    assert base.epsilon == upstream.rms_norm_eps
    assert base.tied == upstream.tie_word_embeddings
    assert base.theta == 1e4


@pytest.mark.parametrize(
    ("changes", "theta"),
    [
        ({"rope_theta": 5e5}, 5e5),
        ({"rope_theta": 500000}, 5e5),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 2e4}}, 2e4),
        ({"rope_parameters": {"rope_theta": 300}, "rope_theta": 1.0}, 300.0),
        ({"rope_parameters": {"rope_type": "default"}, "rope_theta": 7.0}, 7.0),
        ({"rope_scaling": {"type": "default"}}, 1e4),
    ],
)
def test_the_wavelengths_are_read_wherever_they_stand(tmp_path: Path, changes: dict[str, Any], theta: float) -> None:
    assert read_config(written(tmp_path, **changes)).theta == theta


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "mistral"}, "model_type: Input should be 'llama', found 'mistral'"),
        ({"hidden_size": "gone"}, "hidden_size: Field required, found none"),
        ({"hidden_size": 64.0}, "hidden_size: Input should be a valid integer, found 64.0"),
        ({"hidden_size": 65}, "hidden_size: expected a multiple of the 4 heads, found 65"),
        ({"vocab_size": LARGEST + 1}, "vocab_size: Input should be less than or equal to"),
        ({"num_hidden_layers": 1025}, "num_hidden_layers: Input should be less than or equal to 1024"),
        ({"num_key_value_heads": 3}, "num_attention_heads: expected a multiple of num_key_value_heads 3, found 4"),
        ({"num_key_value_heads": 8}, "num_attention_heads: expected a multiple of num_key_value_heads 8, found 4"),
        ({"head_dim": 7}, "head_dim: expected an even number, found 7"),
        ({"num_attention_heads": 1}, "expected at least 2 heads and an intermediate_size of at least 2"),
        ({"intermediate_size": 1}, "expected at least 2 heads and an intermediate_size of at least 2"),
        ({"hidden_act": "gelu"}, "hidden_act: Input should be 'silu', found 'gelu'"),
        ({"attention_bias": True}, "attention_bias: Input should be False, found True"),
        ({"mlp_bias": True}, "mlp_bias: Input should be False, found True"),
        ({"quantization_config": {"bits": 4}}, "quantization_config: Input should be None"),
        ({"rms_norm_eps": 0}, "rms_norm_eps: Input should be greater than 0"),
        ({"rope_theta": -1.0}, "rope_theta: Input should be greater than 0"),
        ({"rope_scaling": {"rope_type": "yarn"}}, "rope_scaling: expected rotary positions as they are .*found 'yarn'"),
        ({"rope_parameters": {"type": "linear"}}, "rope_parameters: expected rotary positions as they are"),
        ({"rope_parameters": {"rope_theta": "many"}}, "rope_theta: expected a number above 0, found 'many'"),
        ({"rope_parameters": {"rope_theta": True}}, "rope_theta: expected a number above 0, found True"),
        ({"rope_parameters": {"rope_theta": 0}}, "rope_theta: expected a number above 0, found 0"),
    ],
)
def test_what_is_not_built_is_refused_with_its_key(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(InputError, match=rf"config\.json: {message}") as raised:
        read_config(path)
    assert str(raised.value).startswith(str(path))
    assert len(str(raised.value).splitlines()) == 1


def test_a_wavelength_beyond_every_decimal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rope_theta: expected a number above 0"):
        read_config(written(tmp_path, rope_parameters={"rope_theta": 10**400}))


def test_what_is_no_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(InputError, match=r"config\.json: expected a file, found none$"):
        read_document(path)
    for text in ("{", '{"a": 1, "a": 2}', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InputError, match=r"config\.json: expected JSON, found: "):
            read_document(path)
    path.write_text("[1]")
    with pytest.raises(InputError, match="the whole: "):
        read_config(path)
