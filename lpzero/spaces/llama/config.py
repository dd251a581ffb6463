"""The configuration of a LLaMA checkpoint, as transformers writes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError
from lpzero.settings import one_line, parse_json, place_in, read_bounded, reason_of, shorten
from lpzero.spaces.llama.plan import Base

CONFIG = "config.json"
THETA = 1e4
LARGEST = 1 << 24
"""No number of a configuration may be larger: a list of so many choices still fits in memory."""
DEEPEST = 1024
MOST_HEADS = 1 << 12
WIDEST_INNER = 1 << 18
Whole = Annotated[int, Field(ge=1, le=LARGEST)]
Positive = Annotated[float, Field(gt=0)]


class LlamaConfig(BaseModel):
    """What a configuration has to say, and the defaults of transformers; further keys may be there.

    What the space does not build has one valid value here.
    """

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, extra="ignore")

    model_type: Literal["llama"]
    hidden_size: Whole
    num_hidden_layers: Annotated[int, Field(ge=1, le=DEEPEST)]
    num_attention_heads: Annotated[int, Field(ge=1, le=MOST_HEADS)]
    num_key_value_heads: Whole | None = None
    intermediate_size: Annotated[int, Field(ge=1, le=WIDEST_INNER)]
    vocab_size: Whole
    head_dim: Whole | None = None
    max_position_embeddings: Whole = 2048
    rms_norm_eps: Positive = 1e-6
    rope_theta: Positive | None = None
    rope_scaling: dict[str, Any] | None = None
    rope_parameters: dict[str, Any] | None = None
    tie_word_embeddings: bool = False
    hidden_act: Literal["silu"] = "silu"
    attention_bias: Literal[False] = False
    mlp_bias: Literal[False] = False
    quantization_config: None = None

    @property
    def base(self) -> Base:
        """The numbers that a space is drawn around; raises ValueError where they do not fit each other."""
        heads = self.num_attention_heads
        kv_heads = self.num_key_value_heads or heads
        if heads % kv_heads:
            raise ValueError(
                f"num_attention_heads: expected a multiple of num_key_value_heads {kv_heads}, found {heads}"
            )
        if self.head_dim is None and self.hidden_size % heads:
            raise ValueError(f"hidden_size: expected a multiple of the {heads} heads, found {self.hidden_size}")
        head_width = self.head_dim or self.hidden_size // heads
        if head_width % 2:
            raise ValueError(f"head_dim: expected an even number, found {head_width}")
        if heads < 2 or self.intermediate_size < 2:
            raise ValueError("expected at least 2 heads and an intermediate_size of at least 2, to have a choice")
        return Base(
            vocabulary=self.vocab_size,
            max_tokens=self.max_position_embeddings,
            width=self.hidden_size,
            depth=self.num_hidden_layers,
            heads=heads,
            kv_heads=kv_heads,
            head_width=head_width,
            inner_width=self.intermediate_size,
            epsilon=self.rms_norm_eps,
            theta=self._theta(),
            tied=self.tie_word_embeddings,
        )

    def _theta(self) -> float:
        """Where the base of the wavelengths is: by itself, or among the parameters of newer versions."""
        for name, positions in (("rope_parameters", self.rope_parameters), ("rope_scaling", self.rope_scaling)):
            kind = None if positions is None else positions.get("rope_type", positions.get("type", "default"))
            if kind not in (None, "default"):
                raise ValueError(
                    f"{name}: expected rotary positions as they are (rope_type default), found {shorten(kind)}"
                )
        theta = (self.rope_parameters or {}).get("rope_theta", self.rope_theta)
        if theta is None:
            return THETA
        if isinstance(theta, bool) or not isinstance(theta, (int, float)) or not 0 < theta <= sys.float_info.max:
            raise ValueError(f"rope_theta: expected a number above 0, found {shorten(theta)}")
        return float(theta)


def read_config(path: Path) -> Base:
    """Read the configuration of a checkpoint.

    Raises:
        InputError: There is none, it is no JSON, it is of another model, or it asks for what the space does not build:
            biases, scaled positions, quantised weights, another non-linearity. One line that names the key.
    """
    try:
        return LlamaConfig.model_validate(read_document(path)).base
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        key = place_in(fault["loc"]) or "the whole"
        found = "none" if fault["type"] == "missing" else shorten(fault["input"])
        raise InputError(f"{path}: {key}: {one_line(fault['msg'])}, found {found}") from err
    except ValueError as err:
        raise InputError(f"{path}: {err}") from err


def config_document(base: Base) -> dict[str, Any]:
    """A configuration that transformers loads as the same model."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": base.vocabulary,
        "max_position_embeddings": base.max_tokens,
        "hidden_size": base.width,
        "num_hidden_layers": base.depth,
        "num_attention_heads": base.heads,
        "num_key_value_heads": base.kv_heads,
        "head_dim": base.head_width,
        "intermediate_size": base.inner_width,
        "rms_norm_eps": base.epsilon,
        "rope_theta": base.theta,
        "tie_word_embeddings": base.tied,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
    }


def read_document(path: Path) -> Any:
    """Parse a JSON file; raises InputError where there is none, or something else."""
    try:
        return parse_json(read_bounded(path))
    except FileNotFoundError as err:
        raise InputError(f"{path}: expected a file, found none") from err
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected JSON, found: {reason_of(err)}") from err
