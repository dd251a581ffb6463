"""A model that is run and left as it was: the same parameters, buffers and attributes, bit for bit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.eager import eager
from lpzero.spaces.models.number_format import check_numbers


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode with gradients on, and restore it and the random state afterwards.

    Within, it runs as :func:`lpzero.spaces.models.eager.eager` says.

    Raises:
        LpzeroError: The weights are no real floating-point numbers, or the pass wrote to one, which stays written.
    """
    check_numbers(model)
    wanted = {parameter: parameter.requires_grad for parameter in model.parameters()}
    with restored(model), eager(model), ExitStack() as stack:
        for parameter, flag in wanted.items():
            stack.callback(parameter.requires_grad_, flag)
            parameter.requires_grad_(True)
        model.eval()
        versions = {name: parameter._version for name, parameter in model.named_parameters()}
        yield
        written = {name for name, parameter in model.named_parameters() if parameter._version != versions.get(name)}
    for name in sorted(written - _renormalised(model)):
        raise LpzeroError(f"expected a pass that leaves the weights as they are: the model writes to {name} in it")


@contextmanager
def restored(model: nn.Module) -> Iterator[None]:
    """Restore, after passes, the random state and what the model writes down in them.

    These are modes and other attributes, the entries of the lists and dictionaries among them, hooks included; the
    numbers of buffers and of other tensors; and what an embedding with a ``max_norm`` does to its table.
    """
    devices = {p.device.index for p in model.parameters() if p.device.type == "cuda" and p.device.index is not None}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=sorted(devices)))
        for module in model.modules():
            stack.callback(_Kept(module).restore)
        yield


def _renormalised(model: nn.Module) -> set[str]:
    """The names of tables that an embedding writes to whenever it is called."""
    tables = {id(table) for module in model.modules() if (table := _table(module)) is not None}
    return {name for name, parameter in model.named_parameters() if id(parameter) in tables}


def _table(module: nn.Module) -> Tensor | None:
    kinds = (nn.Embedding, nn.EmbeddingBag)
    return module.weight if isinstance(module, kinds) and module.max_norm is not None else None


class _Kept:
    """What a module held, of its own: references, the entries of its containers, the numbers of its tensors."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._attributes = dict(vars(module))
        self._entries = [(held, _copy(held)) for held in self._attributes.values() if type(held) in _COPIES]
        tensors = [*self._attributes.values(), *(entry for _, copy in self._entries for entry in _values(copy))]
        kept = [
            t for t in tensors if isinstance(t, Tensor) and not isinstance(t, nn.Parameter) and not t.is_inference()
        ]
        if (table := _table(module)) is not None:
            kept.append(table)
        self._numbers = [
            (tensor, tensor._version, tensor.detach().clone()) for tensor in kept if not tensor.is_inference()
        ]

    def restore(self) -> None:
        """Put back what is no longer there."""
        now = vars(self._module)
        for name in now.keys() - self._attributes.keys():
            del now[name]
        for name, value in self._attributes.items():
            if name not in now or now[name] is not value:
                now[name] = value
        for held, copy in self._entries:
            if not _same(held, copy):
                held.clear()
                (held.extend if isinstance(held, list) else held.update)(copy)
        for tensor, version, numbers in self._numbers:
            if tensor._version != version:
                with torch.no_grad():
                    tensor.detach().copy_(numbers)


_COPIES: tuple[type, ...] = (dict, OrderedDict, list, set)


def _copy(held: Any) -> Any:
    return held.copy()


def _values(held: Any) -> list[Any]:
    return list(held.values()) if isinstance(held, dict) else list(held)


def _same(held: Any, copy: Any) -> bool:
    """Whether a container has the entries that it had, themselves and not others that are equal."""
    if len(held) != len(copy) or (isinstance(held, dict) and list(held) != list(copy)):
        return False
    if isinstance(held, set):
        return bool(held == copy)
    return all(one is other for one, other in zip(_values(held), _values(copy), strict=True))
