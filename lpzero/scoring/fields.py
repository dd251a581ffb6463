"""The fields of a configuration that its class does not know: a misspelt size is another model, which nobody sees.

Published files have many such fields that mean nothing to the model: what another task, another library or an older
version wanted. They are named, and not refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from lpzero.errors import InputError
from lpzero.settings import one_line

_SIZES = {
    "num_hidden_layers": "n_layer n_layers num_layer num_layers layers depth n_blocks num_blocks n_block num_block",
    "num_attention_heads": "n_head n_heads num_head num_heads nhead nheads head heads attention_heads",
    "num_key_value_heads": "n_kv_head n_kv_heads num_kv_head num_kv_heads kv_heads n_head_kv num_heads_kv",
    "hidden_size": "n_embd n_embed embd d_model dim model_dim hidden_dim hidden width n_hidden embed_dim emb_dim",
    "intermediate_size": "d_ff ff_dim ffn_dim n_inner d_inner inner_dim mlp_dim ffn_hidden_size ffn_size "
    "dim_feedforward",
    "vocab_size": "vocab n_vocab vocabulary vocabulary_size vocabsize n_words num_tokens ntoken",
    "max_position_embeddings": "n_positions n_ctx block_size context_length max_seq_len max_seq_length max_len seq_len "
    "seq_length max_sequence_length ctx_len context_size",
}
"""What sizes are called elsewhere, by the name that most classes of transformers have for them."""
_OF_FILES = frozenset(
    {
        *("auto_map", "quantization_config", "compression_config", "task_specific_params", "finetuning_task"),
        *("gradient_checkpointing", "name_or_path", "tokenizer_class", "num_labels", "output_past"),
        *("model_max_length", "transformers.js_config"),
    }
)
"""What is said of a file, a task or its training."""
_NEAR, _NEARLY_EQUAL = 0.85, 0.9


def unknown_fields(config: Any, settings: Mapping[str, Any], place: str) -> list[str]:
    """The fields that a configuration was given and that its class does not know.

    Args:
        config: What transformers made of them.
        settings: The fields, without the model type.
        place: Where they stand, for the message.

    Raises:
        InputError: One of them looks like a field that is not given: a size under another name, or a misspelt field.
    """
    known = _known(config)
    unknown = [name for name in settings if _is_unknown(config, name, known)]
    meant = {name: _meant(config, name, known, settings) for name in unknown}
    if any(meant.values()):
        named = ", ".join(f"{one_line(name, 60)} ({field}?)" if field else name for name, field in meant.items())
        raise InputError(f"{place}: {config.model_type} has no such field: {named}: give it by its name, or remove it")
    found = [one_line(name, 60) for name in unknown]
    for part in getattr(config, "sub_configs", None) or ():
        if isinstance(settings.get(part), dict) and getattr(config, part, None) is not None:
            inside = {name: value for name, value in settings[part].items() if name != "model_type"}
            found += [f"{part}.{name}" for name in unknown_fields(getattr(config, part), inside, f"{place}: {part}")]
    return found


def paths_of(settings: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Where a text stands in a configuration, with dots between the names."""
    for name, found in settings.items():
        if isinstance(found, Mapping):
            yield from (f"{name}.{inner}" for inner in paths_of(found, value))
        elif found == value and isinstance(found, str):
            yield name


def _known(config: Any) -> dict[str, str]:
    """The names that a class knows, each with the one that it uses itself."""
    kind = type(config)
    default = {name for name in _default_of(kind) if not name.startswith("_")}
    own = {*getattr(kind, "__dataclass_fields__", ()), *default, *dir(kind)}
    return {**{name: name for name in own}, **dict(kind.attribute_map)}


def _default_of(kind: type) -> Mapping[str, Any]:
    try:
        return dict(vars(kind()))
    except Exception:  # a class that cannot be made without arguments has its fields alone
        return {}


def _is_unknown(config: Any, name: str, known: Mapping[str, str]) -> bool:
    if name in known or name in _OF_FILES or name.startswith(("_", "summary_")):
        return False
    # what older versions wrote, and of generation, is taken out on the way
    return name in vars(config)


def _meant(config: Any, name: str, known: Mapping[str, str], settings: Mapping[str, Any]) -> str | None:
    """The field that an unknown one stands for, where that is not given under any name."""
    given = {known[other] for other in settings if other in known}
    for size, others in _SIZES.items():
        if name.lower() in others.split() and size in known:
            return None if known[size] in given else known[size]
    fields = {field for field in known.values() if field not in given and field in vars(config)}
    counted = {field for field in fields if type(getattr(config, field)) is int and not field.endswith("_token_id")}
    # another number of the same kind is another size; of what is no number, only a slip of the finger is refused
    near = get_close_matches(name, counted, n=1, cutoff=_NEAR) if isinstance(settings[name], int) else []
    near = near or get_close_matches(name, fields, n=1, cutoff=_NEARLY_EQUAL)
    return near[0] if near else None
