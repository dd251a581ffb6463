"""Find the sites of a model that does not name them itself, by the names and classes of its parts alone.

For a model that cannot be run; of one that can, :mod:`lpzero.spaces.reading.read` looks at a pass. Made for the
language models of transformers, which it never imports. A model of your own is found as well where its parts are named
as people name them. Extracting its operands also takes a loss, hidden states and attention probabilities that can be
asked for, as :class:`lpzero.spaces.models.sites.SitedModel` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from torch import nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap, name_of

_ATTENTION = re.compile(r"attn|attention|(^|\.)self\.|(^|\.)[qkvo]_?(proj|lin)?\.|qkv|query|key|value", re.I)
_FEED_FORWARD = re.compile(
    r"mlp|ffn|feed_?forward|intermediate|moe|expert|(^|\.)output\.dense|(^|\.)(fc|lin|c_fc|w)_?\d*\.|"
    r"gate_proj|up_proj|down_proj",
    re.I,
)
_SURE_ATTENTION = re.compile(r"attn|attention", re.I)
_SURE_FEED_FORWARD = re.compile(r"mlp|ffn|feed_?forward|moe|expert|intermediate|^output\.(dense|bottleneck)", re.I)
_HEAD = re.compile(r"(^|\.)(([qkv](_?proj|_lin)?)|w[qkv]|to_[qkv]|query|key|value)$", re.I)
_FUSED = re.compile(r"(^|\.)(c_attn|query_key_value|w?qkv(_?proj)?)$", re.I)
_NON_LINEARITY = re.compile(r"(gelu|relu|silu|swish|mish|elu|softplus|tanh|sigmoid|activation)$", re.I)
BEHIND = re.compile(r"(^|\.)(lm_head|head|cls|project_out|predictions|generator_\w+)(\.|$)")


def discover_sites(model: nn.Module) -> SiteMap:
    """Find the blocks of a model, and the sites in, before and behind them.

    The blocks are the elements of the longest ``torch.nn.ModuleList`` whose elements share one class and
    hold weights; a list within another counts only where the outer one has a single element. Every parameter
    of two or more axes is a site, tied ones once; its role is its path in the block. In a block,
    attention-like names are the ``operation`` and MLP-like names the ``feed_forward``, whichever the path
    says first; what is neither is ``operation`` too. Outside, tables of embeddings and what comes before the
    blocks are ``embedding``, the rest is ``output``.

    A fused projection three times as wide as its input is read as query, key and value, a third each (where a
    model interleaves its heads, each third holds some of all). One of another width, as in some grouped-query
    models, is one site; most grouped-query models have three projections.

    Args:
        model: Any model whose blocks share no parts with each other; one of transformers is best built with
            ``attn_implementation="eager"``, since others return no attention probabilities.

    Raises:
        LpzeroError: There are no blocks or no embedding to be found, or two blocks share a module.

    >>> block = lambda: nn.ModuleDict({"attention": nn.Linear(4, 4), "mlp": nn.Linear(4, 4)})
    >>> blocks = nn.ModuleList(block() for _ in range(3))
    >>> sites = discover_sites(nn.ModuleDict({"words": nn.Embedding(9, 4), "blocks": blocks}))
    >>> sites.depth, sites.embedding, [(s.layer, s.role, s.group) for s in sites.parameters[:2]]
    (3, 'words', [(0, 'words', 'embedding'), (1, 'attention', 'operation')])
    """
    prefix, blocks = _find_blocks(model)
    outputs = [site for i, block in enumerate(blocks) for site in _output_sites(block, f"{prefix}.{i}", i + 1)]
    named = {name for name, _ in model.named_modules()}
    shared = [site.module for site in outputs if site.module not in named]
    if shared:
        raise LpzeroError(f"expected a module of its own in every block, found {shared[0]} in an earlier one too")
    parameters = tuple(_parameter_sites(model, prefix, len(blocks)))
    return SiteMap(len(blocks), parameters, tuple(outputs), find_embedding(model))


def _find_blocks(model: nn.Module) -> tuple[str, nn.ModuleList]:
    outer: list[tuple[str, nn.ModuleList]] = []
    for name, module in model.named_modules():
        alike = isinstance(module, nn.ModuleList) and len({type(element) for element in module}) == 1
        weighted = any(parameter.ndim >= 2 for parameter in module.parameters())
        # A list of one may wrap the real blocks; lists within real blocks are their experts or heads.
        nested = any(name.startswith(f"{found}.") and len(blocks) > 1 for found, blocks in outer)
        if alike and weighted and not nested:
            assert isinstance(module, nn.ModuleList)
            outer.append((name, module))
    if not outer:
        raise LpzeroError(
            f"found no blocks in {name_of(model)}: looked for a torch.nn.ModuleList whose elements "
            "share one class and hold weights; give the model a site_map method"
        )
    return max(outer, key=lambda found: len(found[1]))


def find_embedding(model: nn.Module) -> str:
    """Name of the embedding: what the model says, else the first table; raises LpzeroError where there is none."""
    ask = getattr(model, "get_input_embeddings", None)
    try:
        wanted = ask() if callable(ask) else None
    except NotImplementedError:
        wanted = None
    for name, module in model.named_modules():
        if module is wanted or (wanted is None and isinstance(module, nn.Embedding)):
            return str(name)
    raise LpzeroError(
        f"found no embedding in {name_of(model)}: looked for get_input_embeddings() and "
        "torch.nn.Embedding; give the model a site_map method"
    )


def surely(path: str) -> Literal["operation", "feed_forward"] | None:
    """What a path in a block says in so many words, whichever it says first."""
    attention, feed_forward = _SURE_ATTENTION.search(path), _SURE_FEED_FORWARD.search(path)
    if feed_forward and (not attention or feed_forward.start() < attention.start()):
        return "feed_forward"
    return "operation" if attention else None


def kind(path: str) -> Literal["operation", "feed_forward"] | None:
    """What a path in a block tells first."""
    attention, feed_forward = _ATTENTION.search(f"{path}."), _FEED_FORWARD.search(f"{path}.")
    if feed_forward and (not attention or feed_forward.start() < attention.start()):
        return "feed_forward"
    return "operation" if attention else None


def _parameter_sites(model: nn.Module, prefix: str, depth: int) -> Iterator[ParameterSite]:
    tables = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.Embedding)}
    behind = False
    for name, parameter in model.named_parameters():
        inside = name.startswith(f"{prefix}.")
        behind = behind or inside
        if parameter.ndim < 2:
            continue
        role = name.removesuffix(".weight")
        if inside:
            index, _, role = role.removeprefix(f"{prefix}.").partition(".")
            yield ParameterSite(int(index) + 1, role, kind(role) or "operation", name)
        elif name not in tables and (behind or BEHIND.search(name)):
            yield ParameterSite(depth + 1, role, "output", name)
        else:
            yield ParameterSite(0, role, "embedding", name)


def _output_sites(block: nn.Module, prefix: str, layer: int) -> Iterator[OutputSite]:
    for path, module in block.named_modules():
        if kind(path) != "feed_forward" and any(p.ndim >= 2 for p in module.parameters(recurse=False)):
            yield from head_sites(path, module, f"{prefix}.{path}", layer)
    activations = [path for path, module in block.named_modules() if is_activation(path, module)]
    if not activations:
        # Where the non-linearity is a plain function, the module that it ends is read, as BERT names it.
        activations = [path for path, _ in block.named_modules() if path.endswith("intermediate")]
    for path in activations:
        yield OutputSite("activation", layer, path, f"{prefix}.{path}")


def head_sites(path: str, module: nn.Module, name: str, layer: int) -> Iterator[OutputSite]:
    """The sites of query, key and value in the output of a module: none, one, or a third each where they are fused."""
    if _HEAD.search(path):
        yield OutputSite("head", layer, path, name)
    elif _FUSED.search(path):
        yield from third_sites(path, module, name, layer)


def third_sites(path: str, module: nn.Module, name: str, layer: int) -> Iterator[OutputSite]:
    """The whole output of a module, or a third each where it is three times as wide as the input."""
    inner, outer = _widths(module)
    if outer != 3 * inner:
        yield OutputSite("head", layer, path, name)
        return
    for i, role in enumerate(("query", "key", "value")):
        yield OutputSite("head", layer, f"{path}.{role}", name, part=(i * inner, (i + 1) * inner))


def _widths(module: nn.Module) -> tuple[int, int]:
    """Width of the input and of the output; the weight of GPT-2's projections lies the other way round."""
    weight = next(p for p in module.parameters(recurse=False) if p.ndim >= 2)
    return min(weight.shape), max(weight.shape)


def is_activation(path: str, module: nn.Module) -> bool:
    """Whether a module is a non-linearity that its path does not count to the attention."""
    return kind(path) != "operation" and is_non_linearity(module)


def is_non_linearity(module: nn.Module) -> bool:
    """Whether a module is one of the non-linearities of torch or transformers, or one that is called so and no more."""
    if isinstance(module, (nn.MultiheadAttention, nn.Softmax)):
        return False
    home = type(module).__module__
    if home == "torch.nn.modules.activation" or home.endswith("transformers.activations"):
        return True
    bare = not any(module.children()) and all(p.ndim < 2 for p in module.parameters())
    return bare and _NON_LINEARITY.search(type(module).__name__) is not None
