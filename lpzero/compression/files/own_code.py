"""A smaller model of unlike layers as a folder with a modelling file of its own, for every family that can be cut."""

from __future__ import annotations

from importlib import resources
from typing import Any

from lpzero.compression.files.smaller import Smaller

CODE = "modeling_cut.py"
_SHIPPED = "lpzero.compression.files.shipped"
_AUTO = {"causal": "AutoModelForCausalLM", "masked": "AutoModelForMaskedLM"}


def own_configuration(smaller: Smaller) -> dict[str, Any]:
    """The document ``config.json`` that :func:`own_code` reads."""
    layout, places = smaller.layout, smaller.layout.places
    return smaller.with_depth() | {
        "model_type": "cut_layers",
        "architectures": ["CutModel"],
        "auto_map": auto_map(smaller, CODE, "CutConfig", "CutModel"),
        "layer_groups": list(smaller.groups),
        "layer_neurons": list(smaller.neurons),
        "layer_parts": {
            "blocks": places.blocks,
            "attention": places.attention,
            "projections": [[path, list(stacked)] for path, stacked in places.projections],
            "attention_out": places.attention_out,
            "attention_norm": places.attention_norm,
            "inner": list(places.inner),
            "outer": places.outer,
            "feed_forward": list(places.feed_forward),
            "feed_forward_norm": places.feed_forward_norm,
            "heads": list(places.heads),
            "width": list(places.width),
            "group_heads": layout.heads,
            "group_width": layout.group_width,
            "head_width": layout.head_width,
        },
    }


def auto_map(smaller: Smaller, file: str, config: str, model: str) -> dict[str, str]:
    """Which class of a modelling file stands for which of transformers."""
    module = file.removesuffix(".py")
    return {"AutoConfig": f"{module}.{config}", _AUTO[smaller.layout.objective]: f"{module}.{model}"}


def own_code(smaller: Smaller, file: str = CODE) -> str:
    """The text of a shipped modelling file, for the family of the model."""
    text = resources.files(_SHIPPED).joinpath(file).read_text(encoding="utf-8")
    for written, name in (
        ("LlamaConfig", type(smaller.config).__name__),
        ("LlamaForCausalLM", type(smaller.model).__name__),
    ):
        text = text.replace(written, name)
    return text
