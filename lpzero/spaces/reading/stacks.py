"""The blocks of a model: chains of module calls that each take the residual stream and give it on.

Counted are calls, so that a block that is applied six times is six layers. A list of modules that all look at the same
tensor, as experts and heads do, is no chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from lpzero.spaces.reading.passage import Call, Passage, Passed

_LISTS = (nn.ModuleList, nn.Sequential)


@dataclass(frozen=True)
class Stack:
    """Blocks that follow each other.

    Attributes:
        name: What its modules are called, numbers as ``#``.
        layers: For each layer the calls that it is made of, as indices: one call of a block, or one of each of several
            lists that take turns.
    """

    name: str
    layers: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Rows:
    """What a group of calls must be to be blocks.

    Attributes:
        leaves: Whether bare layers of torch will do.
        ones: Whether a module that is called once, and stands in no list, will do.
    """

    leaves: bool = False
    ones: bool = False


def stream_of(call: Call) -> tuple[Passed, Passed] | None:
    """The tensor that a call takes and the one of its kind that it gives; None where there is no such pair."""
    given = [p for p in call.inputs if p.real and len(p.shape) >= 2]
    made = [p for p in call.outputs if p.real and len(p.shape) >= 2]
    for one in given:
        for other in made:
            if one.shape == other.shape:
                return one, other
    # pooled: fewer tokens of the same width
    if given and made and len(given[0].shape) == len(made[0].shape) and given[0].shape[-1] == made[0].shape[-1]:
        return given[0], made[0]
    return None


def reached(passage: Passage, sources: Iterable[int], start: int, stop: int) -> set[int]:
    """The nodes that operations ``start`` to ``stop`` make of some nodes, with those themselves."""
    found = set(sources)
    for operation in passage.operations[start:stop]:
        if any(p.node in found for p in operation.inputs):
            found.update(p.node for p in operation.outputs)
    return found


def find_stacks(model: nn.Module, passage: Passage) -> tuple[Stack, ...]:
    """Every stack of blocks that is not within a block of another, in the order of the pass; empty where there is none.

    Looked for from the outside in. Bare layers of torch count as blocks where nothing else does, and so does a single
    module that takes and gives the stream.
    """
    for wanted in (_Rows(), _Rows(leaves=True), _Rows(ones=True)):
        stacks = _Search(model, passage, wanted).within(0)
        if stacks:
            return tuple(sorted(stacks, key=lambda stack: stack.layers[0][0]))
    return ()


class _Search:
    def __init__(self, model: nn.Module, passage: Passage, wanted: _Rows) -> None:
        self._passage, self._wanted = passage, wanted
        self._modules = dict(model.named_modules())
        self._weighted = {
            name for name, module in self._modules.items() if any(p.ndim >= 2 for p in module.parameters())
        }
        self._children: dict[int, list[int]] = {}
        for index, call in enumerate(passage.calls):
            if call.parent is not None:
                self._children.setdefault(call.parent, []).append(index)

    def within(self, parent: int) -> list[Stack]:
        """The stacks in a call."""
        children = [i for i in self._children.get(parent, ()) if self._call(i).module in self._weighted]
        groups: dict[str, list[int]] = {}
        for index in children:
            if self._is_block(index):
                groups.setdefault(self._key(index), []).append(index)
        found: list[Stack] = []
        taken: set[int] = set()
        for key, group in groups.items():
            if not self._is_chain(group):
                continue
            taken.update(group)
            wrapped = [self.within(index) for index in group] if self._may_wrap(group) else []
            if wrapped and all(any(len(one.layers) > 1 for one in inner) for inner in wrapped):
                found += [Stack(one.name, one.layers) for inner in wrapped for one in inner]
            else:
                found.append(Stack(key, self._layers(group)))
        rest = [stack for i in children if i not in taken for stack in self.within(i)]
        stacks = _joined(found) + rest
        return stacks or (self._single(children) if self._wanted.ones else [])

    def _may_wrap(self, group: Sequence[int]) -> bool:
        """Whether a group may hold the blocks instead of being them: one module, alone in its list or applied again."""
        names = {self._call(index).module for index in group}
        return len(names) == 1 and (len(group) == 1 or not self._listed(next(iter(names))))

    def _layers(self, group: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """One layer a call; one a list where the lists within a list hold parts that are made differently."""
        lists: dict[str, list[int]] = {}
        for index in group:
            lists.setdefault(self._call(index).module.rpartition(".")[0], []).append(index)
        parts = [[self._made_of(index) for index in inner] for inner in lists.values()]
        nested = len(lists) > 1 and all(isinstance(self._modules.get(name), nn.ModuleList) for name in lists)
        if nested and all(len(one) > 1 and len(set(one)) == len(one) for one in parts):
            return tuple(tuple(inner) for inner in lists.values())
        return tuple((index,) for index in group)

    def _made_of(self, index: int) -> tuple[tuple[str, str], ...]:
        module = self._modules[self._call(index).module]
        return tuple((name, type(part).__name__) for name, part in module.named_modules())

    def _single(self, children: Sequence[int]) -> list[Stack]:
        ones = [i for i in children if self._is_block(i)]
        return [Stack(self._call(ones[0]).module, ((ones[0],),))] if len(ones) == 1 else []

    def _call(self, index: int) -> Call:
        return self._passage.calls[index]

    def _is_leaf(self, index: int) -> bool:
        module = self._modules[self._call(index).module]
        return next(module.children(), None) is None and type(module).__module__.startswith("torch.nn")

    def _is_block(self, index: int) -> bool:
        pair = stream_of(self._call(index))
        return pair is not None and self._is_stream(pair[0].shape) and (self._wanted.leaves or not self._is_leaf(index))

    def _is_stream(self, shape: tuple[int, ...]) -> bool:
        """Whether a shape has room for every token: what a recurrent cell takes at one step has not."""
        batch, tokens = self._passage.shape
        return len(shape) >= 3 or shape[0] == batch * tokens

    def _listed(self, name: str) -> str:
        """The name of the outermost list that a module is directly in; empty where there is none."""
        found = ""
        while name and isinstance(self._modules.get(above := name.rpartition(".")[0]), _LISTS):
            found, name = f"{above}.#".removeprefix("."), above
        return found

    def _key(self, index: int) -> str:
        name = self._call(index).module
        path, _, last = name.rpartition(".")
        if listed := self._listed(name):
            return listed
        if re.search(r"\d", last):
            return f"{path}.{re.sub(r'[0-9]+', '#', last)}".removeprefix(".")
        return f"{path}.{type(self._modules[name]).__name__}".removeprefix(".")

    def _is_chain(self, group: Sequence[int]) -> bool:
        if len(group) == 1:
            above = self._modules.get(self._call(group[0]).module.rpartition(".")[0])
            return isinstance(above, nn.ModuleList)
        return all(self._feeds(*pair) for pair in pairwise(group))

    def _feeds(self, earlier: int, later: int) -> bool:
        """Whether what an earlier call gave reaches what a later one takes."""
        first, second = self._call(earlier), self._call(later)
        found = reached(self._passage, (p.node for p in first.outputs if p.real), first.stop, second.start)
        return any(p.node in found for p in second.inputs)


def _joined(stacks: Sequence[Stack]) -> list[Stack]:
    """Make one stack of those that take turns: a list of attentions and a list of feed-forwards."""
    left, made = list(stacks), []
    while left:
        stack = left.pop(0)
        for other in list(left):
            if _take_turns(stack, other):
                left.remove(other)
                layers = tuple(a + b for a, b in zip(stack.layers, other.layers, strict=True))
                stack = Stack(f"{stack.name}, {other.name}", layers)
        made.append(stack)
    return made


def _take_turns(one: Stack, other: Stack) -> bool:
    if len(one.layers) != len(other.layers) or len(one.layers) < 2:
        return False
    order = [max(a) < min(b) for a, b in zip(one.layers, other.layers, strict=True)]
    back = [max(b) < min(a) for b, (a, _) in zip(other.layers, pairwise((*one.layers[1:], (10**9,))), strict=False)]
    return all(order) and all(back)
