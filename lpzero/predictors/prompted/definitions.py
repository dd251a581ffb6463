"""A search space and its architectures in words, from what the space declares: what is chosen, and from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from lpzero.llm.text import clean_line
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Choice
from lpzero.spaces.space import SearchSpace

DEPTH, BEHIND = "layers", "decoder layers"
"""What the number of layers is called, and that of those behind an encoder."""
MOST_LISTED = 12
"""Values of a choice that are listed; of more their range is said."""
_WIDTH = "width of the residual stream"
_INNER = "width of the feed-forward network"
_HEADS = "number of attention heads"
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        DEPTH: "number of layers, one behind the other",
        BEHIND: "number of layers of the decoder",
        "encoder_embed_dim": "width of the encoder's residual stream",
        "decoder_embed_dim": "width of the decoder's residual stream",
        "encoder_ffn_embed_dim": _INNER,
        "decoder_ffn_embed_dim": _INNER,
        "encoder_self_attention_heads": "number of heads of self-attention",
        "decoder_self_attention_heads": "number of heads of self-attention",
        "decoder_ende_attention_heads": "number of heads of the attention to the encoder",
        "decoder_arbitrary_ende_attn": "layers of the encoder that are attended to: -1 for the last, 1 for the last "
        "two, 2 for the last three",
        "hidden_size": _WIDTH,
        "d_model": _WIDTH,
        "n_embd": _WIDTH,
        "d_embed": "width of the token embeddings, which are projected to that of the model",
        "div_val": "factor by which embeddings of rarer tokens are narrower; 1 for equal widths",
        "d_inner": _INNER,
        "n_inner": _INNER,
        "intermediate_size": _INNER,
        "feed_forward": _INNER,
        "mlp_ratio": "width of the feed-forward network over that of the model",
        "feed_forward_layers": "hidden layers of the feed-forward network",
        "heads": _HEADS,
        "n_head": _HEADS,
        "num_attention_heads": _HEADS,
        "kv_heads": "attention heads that have keys and values of their own",
        "num_key_value_heads": "attention heads that have keys and values of their own",
        "head_dim": "width of an attention head",
        "operation": "what mixes tokens: self-attention SA, linear transform LT, or convolution DSC",
        "parameter": "which attention, which transform, or the width of the convolution",
        "bias": "whether linear layers have a bias",
        "cell": "kind of the recurrent layers",
        "d_hidden": "width of a recurrent layer's state",
        "tied": "whether input and output embeddings are the same",
        "projection": "whether states are projected before the output",
        "residual": "whether a layer's input is added to its output",
    }
)
"""What names of hyperparameters mean; one that is not here is told by its name and its values alone."""


def definitions(space: SearchSpace) -> str:
    """A line for each hyperparameter of a space: what it is, and its values."""
    choices = space.choices
    depths = [(depth - choices.front_depth,) for depth in choices.depths]
    lines = [_line((_depth_name(space),), depths, "")] if len(depths) > 1 else []
    lines += [_line(choice.names, choice.values, "") for choice in choices.whole]
    first = f", of each of the {choices.front_depth} layers of the encoder"
    lines += [_line(choice.names, choice.values, first) for choice in choices.front]
    each = ", of each layer of the decoder" if choices.front else ", of each layer"
    lines += [_line(choice.names, choice.values, each) for choice in choices.layer]
    return "\n".join(lines)


def described(space: SearchSpace, architecture: Architecture) -> str:
    """A line for each hyperparameter of an architecture, in the order of their definitions; a list of each layer's."""
    choices = space.choices
    whole = dict(architecture.whole)
    behind = architecture.depth - choices.front_depth
    lines = [f"{_depth_name(space)}: {behind}"] if len(choices.depths) > 1 else []
    lines += [f"{clean_line(name)}: {_said(whole[name])}" for name in _names(choices.whole)]
    layers = [architecture.layer(i) for i in range(architecture.depth)]
    for part, some in ((choices.front, layers[: choices.front_depth]), (choices.layer, layers[choices.front_depth :])):
        lines += [f"{clean_line(name)}: {', '.join(_said(layer[name]) for layer in some)}" for name in _names(part)]
    return "\n".join(lines)


def cost(space: SearchSpace, architecture: Architecture) -> str:
    """The line of what an architecture costs: its parameters outside the embeddings, which are counted in no time."""
    return f"million parameters: {space.parameter_counts(architecture)['nonembedding'] / 1e6:.4g}"


def _depth_name(space: SearchSpace) -> str:
    return BEHIND if space.choices.front else DEPTH


def _names(choices: tuple[Choice, ...]) -> list[str]:
    return [name for choice in choices for name in choice.names]


def _line(names: tuple[str, ...], values: Sequence[tuple[Value, ...]], where: str) -> str:
    named = " and ".join(clean_line(name) for name in names)
    meaning = "; ".join(MEANINGS[name] for name in names if name in MEANINGS)
    about = f"{meaning}{where}; " if meaning else f"{where.removeprefix(', ')}; " if where else ""
    return f"- {named}: {about}{_listed(values)}"


def _listed(values: Sequence[tuple[Value, ...]]) -> str:
    """The values of a choice, or their range."""
    words = ["/".join(_said(value) for value in combination) for combination in values]
    if len(words) <= MOST_LISTED:
        return ("one of " if len(words) > 1 else "always ") + ", ".join(words)
    numbers = [combination[0] for combination in values if len(combination) == 1]
    if len(numbers) == len(words) and all(isinstance(n, int) for n in numbers):
        steps = {int(b) - int(a) for a, b in pairwise(sorted(numbers, key=float))}
        apart = f" in steps of {min(steps)}" if len(steps) == 1 else ""
        return f"from {numbers[0]} to {numbers[-1]}{apart}"
    return f"one of {len(words)}, such as {', '.join(words[:MOST_LISTED])}"


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean_line(str(value))
