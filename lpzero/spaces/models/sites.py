"""Sites: the places in a model that operands are read from, each tied to a layer and a role.

Layer 0 is the embedding, layers 1 to ``depth`` are the blocks, layer ``depth + 1`` is whatever follows them
(an output projection, say).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor, nn

Group = Literal["embedding", "operation", "feed_forward", "output"]
Axes = Literal["batch first", "tokens first"] | None

RECURRENT = "its layers are recurrent and attend to nothing"
"""Why a recurrent model has no attention and no heads."""


@dataclass(frozen=True)
class ParameterSite:
    """A weight of two or more axes: a linear or convolution weight, an embedding or its projection.

    Attributes:
        layer: 0 for the embedding, 1 to depth for the blocks, depth + 1 behind them.
        role: What it is in its layer, unique there: ``"query"``, ``"key"``, ``"feed_forward_0"``, ...
        group: The part of the model that it belongs to; attention, convolutions and mixing are ``operation``.
        parameter: Its name in ``model.named_parameters()``.
    """

    layer: int
    role: str
    group: Group
    parameter: str


@dataclass(frozen=True)
class OutputSite:
    """A tensor that passes through a module in the forward pass.

    Attributes:
        family: ``"activation"`` (behind the non-linearity of the feed-forward) or ``"head"``.
        layer: 1 to depth.
        role: What it is in its layer, unique there within the family: ``"query"``, ``"key"``, ...
        module: The module's name in ``model.named_modules()``.
        take: Whether the module's output is read or its first positional input.
        part: (start, stop) along the last axis, for fused projections; None for all of it.
        block: The call of a block that the module must be called in; None where any call counts.
        picked: Whether its rows are picked out of the tokens, as those of experts are.
    """

    family: Literal["activation", "head"]
    layer: int
    role: str
    module: str
    take: Literal["output", "input"] = "output"
    part: tuple[int, int] | None = None
    block: BlockCall | None = None
    picked: bool = False


@dataclass(frozen=True)
class BlockCall:
    """One application of a block.

    Attributes:
        module: Its name in ``model.named_modules()``.
        turn: How many calls of it come before, in one forward pass.
    """

    module: str
    turn: int = 0


@dataclass(frozen=True)
class StreamSite:
    """A tensor of the residual stream, at the border of a block.

    Attributes:
        layer: 0 for what enters the first block, else the block that it comes out of.
        role: Unique in its layer.
        block: The block's call.
        take: Whether it is among the call's inputs or its outputs.
        index: Which of the tensors there, those of tuples and keywords counted in.
    """

    layer: int
    role: str
    block: BlockCall
    take: Literal["output", "input"]
    index: int


@dataclass(frozen=True)
class Reading:
    """What is known of a model that does not name its sites, beside the sites that were found.

    Attributes:
        width: That of the residual stream; 0 where there is none.
        axes: Which of its axes comes first; None where that cannot be told.
        convolved: Layers with convolutions, whose tensors may have their width before their tokens.
        stacks: Number of blocks of each stack, in the order of the pass.
        hidden: Layer and role of each of the hidden states that the model returns; None where they are not to be used.
        streams: Where the hidden states are read instead.
        attention: Layer and role of each of the attentions that the model returns, those that are None left out.
        unreached: Parameters of parts that the pass does not reach, such as a vision tower; they are no sites.
        notes: What a user should know.
        refused: What cannot be told, and why: the name of a family of sites, an operand or a count to one line.
    """

    width: int = 0
    axes: Axes = None
    convolved: frozenset[int] = frozenset()
    stacks: tuple[int, ...] = ()
    hidden: tuple[tuple[int, str], ...] | None = None
    streams: tuple[StreamSite, ...] = ()
    attention: tuple[tuple[int, str], ...] = ()
    unreached: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SiteMap:
    """Every site of one model.

    Attributes:
        depth: Number of blocks.
        parameters: The sites of the weights (and of their gradients).
        outputs: The sites that are read by hooks.
        embedding: Name of the module whose output, (batch, tokens, width), is the embedding that the
            Jacobian is taken at; empty where a reading found none.
        reading: Of a model that does not name its sites; None for one that does.
        lacks: Families of operands that no model of this kind has, such as ``"attention"``, each with why.

    Hidden states and attention probabilities need no entry: a model returns them (:class:`SitedModel`).
    """

    depth: int
    parameters: tuple[ParameterSite, ...]
    outputs: tuple[OutputSite, ...]
    embedding: str
    reading: Reading | None = None
    lacks: tuple[tuple[str, str], ...] = ()

    @property
    def recurrent(self) -> bool:
        """Whether its layers are recurrent."""
        return ("attention", RECURRENT) in self.lacks


@dataclass(frozen=True)
class ModuleTensor:
    """A tensor that passes through a module of a block.

    Attributes:
        module: The module's name in the block.
        take: As in :class:`OutputSite`.
        part: Likewise.
    """

    module: str
    take: Literal["output", "input"] = "output"
    part: tuple[int, int] | None = None


@dataclass(frozen=True)
class BlockSites:
    """The sites of one block, by role, under the names that its parts have in the block.

    Attributes:
        weights: Its parameters of two or more axes. A name begins with their group: ``operation.`` or
            ``feed_forward.``.
        heads: The tensors of the family ``"head"``.
        activations: The modules whose outputs are those of the family ``"activation"``.
    """

    weights: Mapping[str, str]
    heads: Mapping[str, ModuleTensor]
    activations: Mapping[str, str]


def named_weights(part: str, roles: Iterable[str]) -> dict[str, str]:
    """The weights of modules of a part of a block that have their roles as names.

    >>> named_weights("operation", ["query"])
    {'query': 'operation.query.weight'}
    """
    return {role: f"{part}.{role}.weight" for role in roles}


def separate_heads(roles: Iterable[str] = ("query", "key", "value")) -> dict[str, ModuleTensor]:
    """The outputs of modules of the operation that have their roles as names."""
    return {role: ModuleTensor(f"operation.{role}") for role in roles}


def fused_heads(module: str, width: int) -> dict[str, ModuleTensor]:
    """Query, key and value as the output of one module, each ``width`` wide, one behind the other."""
    roles = enumerate(("query", "key", "value"))
    return {role: ModuleTensor(module, part=(i * width, (i + 1) * width)) for i, role in roles}


def stack_sites(
    embedding_weights: Mapping[str, str],
    blocks: Sequence[BlockSites],
    output_weights: Mapping[str, str],
    *,
    embedding: str,
) -> SiteMap:
    """The sites of a model whose blocks are the elements of its ``blocks``.

    Args:
        embedding_weights: The parameters before the blocks: role to name.
        blocks: The sites of each block.
        output_weights: The parameters behind the blocks: role to name.
        embedding: As in :class:`SiteMap`.

    >>> block = BlockSites(named_weights("operation", ["query"]), separate_heads(["query"]), {})
    >>> sites = stack_sites({"word": "words.weight"}, [block], {}, embedding="words")
    >>> {site.parameter: (site.layer, site.role, site.group) for site in sites.parameters}
    {'words.weight': (0, 'word', 'embedding'), 'blocks.0.operation.query.weight': (1, 'query', 'operation')}
    >>> sites.outputs[0].module
    'blocks.0.operation.query'
    """
    parameters = [ParameterSite(0, role, "embedding", name) for role, name in embedding_weights.items()]
    outputs: list[OutputSite] = []
    for index, block in enumerate(blocks):
        layer, prefix = index + 1, f"blocks.{index}."
        for role, name in block.weights.items():
            group: Group = "feed_forward" if name.startswith("feed_forward.") else "operation"
            parameters.append(ParameterSite(layer, role, group, prefix + name))
        for role, tensor in block.heads.items():
            outputs.append(OutputSite("head", layer, role, prefix + tensor.module, tensor.take, tensor.part))
        for role, module in block.activations.items():
            outputs.append(OutputSite("activation", layer, role, prefix + module))
    behind = len(blocks) + 1
    parameters += [ParameterSite(behind, role, "output", name) for role, name in output_weights.items()]
    return SiteMap(len(blocks), tuple(parameters), tuple(outputs), embedding)


def name_of(model: nn.Module) -> str:
    """The class of a model, for messages: of the user's own, where another only makes it answer."""
    inner = model.model if getattr(model, "stands_for_another", False) else model
    return type(inner).__name__


@runtime_checkable
class SitedModel(Protocol):
    """A model that names its own sites, as every model of a built-in space does.

    Calling it as ``model(input_ids=ids, labels=labels, output_attentions=True, output_hidden_states=True)``
    returns a :class:`~lpzero.spaces.models.output.ModelOutput`: ``loss`` (scalar), ``hidden_states`` (a tuple of
    depth + 1 tensors (batch, tokens, width): the residual stream that enters the first block, then the one
    behind each block) and ``attentions`` (a tuple of depth entries, each (batch, heads, tokens, tokens) or
    None where a layer has no attention).
    """

    def site_map(self) -> SiteMap:
        """The sites of this model."""
        ...


@runtime_checkable
class LanguageModel(SitedModel, Protocol):
    """A sited model that also says what it predicts, as every model of a built-in space does."""

    def logits(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, vocabulary): scores whose softmax are the probabilities.

        For a causal model those of the next id, for a masked one those of the id at each place. A model from a source
        to a target takes the target as well, as ``labels``, and without it reads the source once more.
        """
        ...
