"""A checkpoint block by block: the states that enter its first block, one block at a time, and the head at the end."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from lpzero.compression.cutting.choice import LayerChoice
from lpzero.compression.cutting.cut import count_heads, replacements
from lpzero.compression.cutting.layout import Layout, blocks_of, part
from lpzero.compression.losses import logits_of, uncached


class _Stop(Exception):  # noqa: N818  (no error: what was asked for is known)
    """Whatever follows is not needed."""


@dataclass(frozen=True)
class Entry:
    """What the first block of a model is called with; all its blocks are called alike.

    Attributes:
        states: (windows, tokens, width) hidden states.
        rest: Further positional arguments.
        named: Arguments by name.
    """

    states: Tensor
    rest: tuple[Any, ...]
    named: Mapping[str, Any]


def entering(model: nn.Module, layout: Layout, inputs: Tensor) -> Entry:
    """What the first block is given for some ids, (windows, tokens)."""
    found: list[Entry] = []

    def note(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        named = dict(kwargs)
        states, *rest = args or (named.pop("hidden_states"),)
        found.append(Entry(states, tuple(rest), named))
        raise _Stop

    handle = blocks_of(model, layout)[0].register_forward_pre_hook(note, with_kwargs=True)
    try:
        model(input_ids=inputs, **uncached(model))
    except _Stop:
        pass
    finally:
        handle.remove()
    return found[0]


def through(block: nn.Module, states: Tensor, entry: Entry) -> Tensor:
    """The states after a block, (windows, tokens, width)."""
    output: Any = block(states, *entry.rest, **entry.named)
    after: Tensor = output[0] if isinstance(output, tuple) else output
    return after


@dataclass(frozen=True)
class Seen:
    """What modules within a block were given and put out, by path.

    Attributes:
        given: Their first arguments.
        made: Their outputs.
        after: The states after the block; None where it was not run to its end.
    """

    given: Mapping[str, Tensor]
    made: Mapping[str, Tensor]
    after: Tensor | None


def look_into(
    block: nn.Module,
    states: Tensor,
    entry: Entry,
    *,
    given: Sequence[str] = (),
    made: Sequence[str] = (),
    until: str | None = None,
) -> Seen:
    """Run a block and look into it.

    Args:
        block: The block.
        states: What enters it.
        entry: What it is called with beside them.
        given: Paths of the modules whose first argument is wanted.
        made: Paths of those whose output is wanted.
        until: Path of the module before which it ends; None for all of it.
    """
    inputs: dict[str, Tensor] = {}
    outputs: dict[str, Tensor] = {}

    def before(path: str) -> Any:
        def note(_: nn.Module, args: tuple[Tensor, ...]) -> None:
            inputs[path] = args[0]
            if path == until:
                raise _Stop

        return note

    def behind(path: str) -> Any:
        def note(_: nn.Module, __: Any, output: Tensor) -> None:
            outputs[path] = output

        return note

    wanted = (*given, until) if until is not None and until not in given else given
    handles = [part(block, path).register_forward_pre_hook(before(path)) for path in wanted]
    handles += [part(block, path).register_forward_hook(behind(path)) for path in made]
    after = None
    try:
        after = through(block, states, entry)
    except _Stop:
        pass
    finally:
        for handle in handles:
            handle.remove()
    return Seen(inputs, outputs, after)


class _Given(nn.Module):
    """Stands where the blocks stood, and answers what was put there."""

    def __init__(self) -> None:
        super().__init__()
        self.states: Tensor | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        return self.states


class Head:
    """What of a model follows its last block.

    It shares its tensors with the model, and is to be used while that stays as it is.
    """

    def __init__(self, model: nn.Module, layout: Layout) -> None:
        blocks = blocks_of(model, layout)
        given = _Given()
        shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
        shared |= {id(block): given for block in blocks}
        self._model = copy.deepcopy(model, shared)
        parent, _, name = layout.places.blocks.rpartition(".")
        setattr(part(self._model, parent), name, nn.ModuleList([given]))
        config: Any = self._model.config
        config.num_hidden_layers = 1
        if getattr(config, "layer_types", None) is not None:
            config.layer_types = config.layer_types[:1]
        self._given = given

    def logits(self, inputs: Tensor, states: Tensor) -> Tensor:
        """(windows, tokens, vocabulary) logits, given ids and the states after the last block."""
        self._given.states = states
        return logits_of(self._model, inputs)


def smaller_block(block: nn.Module, layout: Layout, one: LayerChoice) -> nn.Module:
    """A block as a choice leaves it; what is not narrowed is shared with the block, which is only read."""
    instead: dict[int, Any] = {id(tensor): tensor for tensor in (*block.parameters(), *block.buffers())}
    instead |= {id(part(block, path)): new for path, new in replacements(block, layout, one).items()}
    smaller = copy.deepcopy(block, instead)
    if one.groups:
        count_heads(smaller, layout, len(one.groups))
    return smaller
