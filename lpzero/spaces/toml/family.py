"""Families: what transformers says of a model type's configuration, and what its model class refuses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lpzero.errors import InputError
from lpzero.spaces.space import Objective

# What a configuration says of its file, of what a call returns or of another task, and not of the model.
_NOT_OF_THE_MODEL = frozenset(
    {
        "architectures",
        "dtype",
        "id2label",
        "is_encoder_decoder",
        "label2id",
        "model_type",
        "output_attentions",
        "output_hidden_states",
        "problem_type",
        "return_dict",
        "torch_dtype",
        "transformers_version",
    }
)
# what stands before the reason where a configuration checks itself
_VALIDATION = re.compile(r"^(Class validation error for validator|Validation error for field) '[^']*': (\w+: )?")


@dataclass(frozen=True)
class ModelFamily:
    """A model type of transformers with a language-model head.

    Attributes:
        model_type: Its name.
        fields: The fields of its configuration, by every name that they go by, with their own names.
        defaults: The fields by their own names, with the values of the default configuration.
        objectives: The heads that it has, the default one first.
    """

    model_type: str
    fields: Mapping[str, str]
    defaults: Mapping[str, Any]
    objectives: tuple[Objective, ...]

    def own_name(self, name: str) -> str:
        """The name that the configuration class itself uses: ``n_embd`` for ``hidden_size`` of gpt2.

        Raises:
            InputError: There is no such field.
        """
        if name in self.fields:
            return self.fields[name]
        near = difflib.get_close_matches(name, self.fields, n=3) or sorted(self.defaults)
        raise InputError(f"{self.model_type} has no such field: expected one of {', '.join(near)}")

    @property
    def depth(self) -> str:
        """The field that holds the number of layers."""
        return self.fields["num_hidden_layers"]

    @property
    def width(self) -> str:
        """The field that holds the width of the residual stream."""
        return self.fields["hidden_size"]

    @property
    def vocabulary(self) -> str:
        """The field that holds the number of token ids."""
        return self.fields["vocab_size"]

    @property
    def positions(self) -> str | None:
        """The field that holds the longest sequence; None where the family has none."""
        return self.fields.get("max_position_embeddings")

    @property
    def per_layer(self) -> tuple[str, ...]:
        """The fields that hold a list with one entry a layer."""
        depth = self.defaults[self.depth]
        return tuple(n for n, value in self.defaults.items() if isinstance(value, list) and len(value) == depth)


@lru_cache(maxsize=64)
def family_of(model_type: str) -> ModelFamily:
    """What transformers knows of a model type; nothing is downloaded.

    Raises:
        InputError: It knows no such type, or one without a causal or masked language model over a single stack of
            layers.
    """
    from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    if model_type not in CONFIG_MAPPING:
        near = difflib.get_close_matches(model_type, list(CONFIG_MAPPING), n=3)
        hint = f", such as {', '.join(near)}" if near else ""
        raise InputError(f"expected a model type that transformers knows{hint}, found {model_type!r}")
    config = configuration(model_type, {})
    heads: list[tuple[Objective, Any]] = [
        ("masked", MODEL_FOR_MASKED_LM_MAPPING),
        ("causal", MODEL_FOR_CAUSAL_LM_MAPPING),
    ]
    objectives = tuple(objective for objective, mapping in heads if type(config) in mapping)
    if not objectives:
        raise InputError(f"expected a model type with a causal or masked language model, found {model_type!r}")
    values = config.to_dict()
    defaults = {n: v for n, v in values.items() if n not in _NOT_OF_THE_MODEL and not n.startswith("_")}
    renamed = {other: own for other, own in type(config).attribute_map.items() if own in defaults}
    fields = {**renamed, **{name: name for name in defaults}}
    for name in ("num_hidden_layers", "hidden_size", "vocab_size"):
        if not isinstance(defaults.get(fields.get(name, "")), int):
            raise InputError(f"expected a model type whose configuration says {name}, found {model_type!r}")
    return ModelFamily(model_type, fields, defaults, objectives)


def configuration(model_type: str, settings: Mapping[str, Any]) -> Any:
    """The transformers configuration of a model type, with the given fields by their own names.

    Raises:
        InputError: The configuration class refuses them.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.for_model(model_type, **settings)
    except Exception as err:  # whatever a configuration class of transformers raises of its own fields
        raise InputError(f"{model_type} refuses it: {reason(err)}") from err


def reason(err: BaseException) -> str:
    """What an exception of transformers or torch says, in one line of at most 300 characters."""
    text = _VALIDATION.sub("", " ".join(str(err).split()))
    named = text if text and not isinstance(err, KeyError) else f"{type(err).__name__} {text}".strip()
    return named if len(named) <= 300 else f"{named[:300]}..."
