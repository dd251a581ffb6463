"""One forward pass, written down: which modules were called, in what order, and which tensor came of which.

Tensors are known by their storage, so that a view, a transposition or a write in place is still the same *node*;
nothing that the model computes is kept alive. What a module is called is never looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from lpzero.errors import LpzeroError


@dataclass(frozen=True)
class Passed:
    """A tensor that passed by.

    Attributes:
        node: The number of its storage, in the order in which storages were first seen.
        shape: Its shape at that moment.
        real: Whether it holds floating-point numbers.
    """

    node: int
    shape: tuple[int, ...]
    real: bool


@dataclass
class Call:
    """One call of a module.

    Attributes:
        module: The module's first name in ``model.named_modules()``.
        turn: How many calls of the same module came before it.
        parent: The call that it was made in, as an index; None for the model's own.
        start: Number of operations before it.
        stop: Number of operations when it ended.
        inputs: Tensors that it was given, by place and then by keyword.
        outputs: Tensors that it returned, in order.
        begun: Number of calls that began before it.
    """

    module: str
    turn: int
    parent: int | None
    start: int
    inputs: tuple[Passed, ...]
    stop: int = -1
    outputs: tuple[Passed, ...] = ()
    begun: int = 0


@dataclass(frozen=True)
class Operation:
    """One operation of torch.

    Attributes:
        name: Its name, such as ``aten.addmm``.
        inputs: The tensors that it read.
        outputs: The tensors that it made or wrote to.
    """

    name: str
    inputs: tuple[Passed, ...]
    outputs: tuple[Passed, ...]


class _Nodes:
    """Numbers storages; one that is gone never shares its number with a later one at the same address."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[StorageWeakRef, int]] = {}

    def passed(self, tensor: Tensor) -> Passed | None:
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):
            # sparse and wrapped tensors have none
            return None
        if storage._cdata not in self._seen:
            # a weak reference keeps the address taken
            kept = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            self._seen[storage._cdata] = (kept, len(self._seen))
        number = self._seen[storage._cdata][1]
        return Passed(number, tuple(tensor.shape), tensor.is_floating_point() or tensor.is_complex())


@dataclass
class Passage:
    """What one forward pass did.

    Attributes:
        calls: In the order in which they began; the first is the model's own.
        operations: In the order in which they ran.
        parameters: Node to the names of the parameters that lie in it.
        ids: Node of the token ids.
        shape: (batch, tokens) of the ids.
        output: What the model returned.
    """

    ids: int
    shape: tuple[int, int]
    calls: list[Call] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    parameters: dict[int, list[str]] = field(default_factory=dict)
    output: Any = None
    nodes: _Nodes = field(default_factory=_Nodes)

    def node(self, tensor: Tensor) -> int | None:
        """The node of a tensor that is still there; None for one without a storage."""
        found = self.nodes.passed(tensor)
        return None if found is None else found.node


def tensors_of(value: Any, deep: int = 3) -> Iterator[Tensor]:
    """The tensors of an argument or of a result, in order, those of lists, mappings and outputs included."""
    if isinstance(value, Tensor):
        yield value
    elif deep and isinstance(value, Mapping):
        for one in value.values():
            yield from tensors_of(one, deep - 1)
    elif deep and isinstance(value, tuple | list):
        for one in value:
            yield from tensors_of(one, deep - 1)


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, passage: Passage) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._passage = passage

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        nodes = self._passage.nodes
        given = [p for t in tensors_of((args, kwargs or {}), 4) if (p := nodes.passed(t)) is not None]
        if func._schema.is_mutable:
            self._check_written(func, args)
        output = func(*args, **(kwargs or {}))
        made = [p for t in tensors_of(output) if (p := nodes.passed(t)) is not None]
        self._passage.operations.append(Operation(str(func.overloadpacket), tuple(given), tuple(made)))
        return output

    def _check_written(self, func: Any, args: Any) -> None:
        """Refuse, before it happens, what writes to a weight."""
        for argument, value in zip(func._schema.arguments, args, strict=False):
            if argument.alias_info is not None and argument.alias_info.is_write:
                for tensor in tensors_of(value):
                    names = self._passage.parameters.get(self._passage.node(tensor) or -1)
                    if names:
                        raise LpzeroError(
                            f"the forward pass writes to the weight {names[0]}: expected one that leaves weights alone"
                        )


def record(model: nn.Module, ids: Tensor, run: Callable[[], Any]) -> Passage:
    """Write down what one forward pass does.

    Args:
        model: The model, which is left as it is: hooks are taken away again.
        ids: (batch, tokens), what the pass looks at.
        run: Makes the pass and returns what the model returns.

    Raises:
        LpzeroError: The pass writes to a weight. Whatever the model itself raises is passed on.
    """
    batch, tokens = ids.shape
    nodes = _Nodes()
    first = nodes.passed(ids)
    passage = Passage(-1 if first is None else first.node, (batch, tokens), nodes=nodes)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        found = nodes.passed(parameter)
        if found is not None:
            passage.parameters.setdefault(found.node, []).append(name)
    open_calls: list[int] = []
    turns: dict[str, int] = {}

    def begin(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, args: Any, kwargs: Any) -> None:
            given = tuple(p for t in tensors_of((args, kwargs)) if (p := nodes.passed(t)) is not None)
            turn = turns[name] = turns.get(name, -1) + 1
            parent = open_calls[-1] if open_calls else None
            open_calls.append(len(passage.calls))
            begun = len(passage.calls)
            passage.calls.append(Call(name, turn, parent, len(passage.operations), given, begun=begun))

        return hook

    def end(_module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> None:
        call = passage.calls[open_calls.pop()]
        call.stop = len(passage.operations)
        call.outputs = tuple(p for t in tensors_of(output) if (p := nodes.passed(t)) is not None)

    with ExitStack() as stack:
        for name, module in model.named_modules():
            stack.callback(module.register_forward_pre_hook(begin(name), with_kwargs=True).remove)
            stack.callback(module.register_forward_hook(end, with_kwargs=True).remove)
        with _Recorder(passage):
            passage.output = run()
    return passage
