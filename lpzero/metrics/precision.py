"""The number format that a coded metric is computed in: double precision, or, where a model refuses that, single.

The numbers of a model's tensors are replaced and put back; its parameters stay the objects that they are, wherever the
model holds them, so that shared and tied ones stay shared and tied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from lpzero.engines.fault import MODEL_ERRORS, lacks_memory, line_of
from lpzero.errors import LpzeroError
from lpzero.metrics.metric import Computed
from lpzero.spaces.models.eager import attributes_set, written_out
from lpzero.spaces.models.unchanged import unchanged

PRECISION, SECOND_BEST = torch.float64, torch.float32


def precisely(model: nn.Module, compute: Callable[[], float]) -> Computed:
    """Compute something of a model with all its floating-point numbers in double precision.

    Experts of transformers work one after another and kernels are written out, since the fused ones take other formats.
    Where the model still refuses (its code names another format, say), or its masks overflow there, single precision is
    taken, and the note says so.

    Args:
        model: Left as it was.
        compute: Looks at the model; called again where it failed.

    Raises:
        LpzeroError: As :func:`lpzero.spaces.models.unchanged.unchanged` does.
        Exception: Whatever ``compute`` raises in single precision as well, or raises on purpose.
    """
    value = None
    try:
        with unchanged(model), in_format(model, PRECISION):
            value = compute()
        why = f"in {_name(PRECISION)} it is {value}"
    except MODEL_ERRORS as err:
        if _is_final(err):
            raise
        why = f"the model refuses {_name(PRECISION)} ({type(err).__name__}: {line_of(err)})"
    if value is not None and math.isfinite(value):
        return Computed(value)
    with unchanged(model), in_format(model, SECOND_BEST):
        in_single = compute()
    if value is not None and not math.isfinite(in_single):
        return Computed(value)
    return Computed(in_single, f"computed in {_name(SECOND_BEST)}: {why}")


def _is_final(err: BaseException) -> bool:
    """Whether another format would change nothing: what is said on purpose, unless it stands for an error of torch."""
    return lacks_memory(err) or (isinstance(err, LpzeroError) and err.__cause__ is None)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@contextmanager
def in_format(model: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Let a model have all its floating-point numbers in a format, those that it makes included."""
    numbers = {tensor: tensor.data.to(dtype) for tensor in _held(model) if tensor.dtype != dtype}
    default = torch.get_default_dtype()
    with ExitStack() as stack:
        stack.enter_context(written_out())
        stack.enter_context(_one_expert_after_another(model))
        stack.enter_context(replaced(numbers))
        stack.callback(torch.set_default_dtype, default)
        torch.set_default_dtype(dtype)
        del numbers
        yield


@contextmanager
def replaced(numbers: Mapping[Tensor, Tensor]) -> Iterator[None]:
    """Give tensors other numbers, of whatever format, and give them back their own afterwards."""
    with ExitStack() as stack:
        for tensor, other in numbers.items():
            stack.callback(setattr, tensor, "data", tensor.data)
            tensor.data = other
        yield


def _held(model: nn.Module) -> list[Tensor]:
    """Every floating-point tensor that a model holds: parameters, buffers, and what lies in its attributes, once."""
    found = [*model.parameters(), *model.buffers()]
    found += [leaf for module in model.modules() for leaf in tree_leaves(vars(module)) if isinstance(leaf, Tensor)]
    return list({id(t): t for t in found if t.is_floating_point() and t.grad_fn is None}.values())


def _one_expert_after_another(model: nn.Module) -> AbstractContextManager[None]:
    """Let mixtures of experts of transformers take their own code, which every number format goes through."""
    name = "_experts_implementation_internal"
    configurations = {id(c): c for m in model.modules() if hasattr(c := vars(m).get("config"), name)}
    return attributes_set(*((configuration, name, "eager") for configuration in configurations.values()))
