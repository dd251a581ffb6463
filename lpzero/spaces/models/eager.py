"""How a model runs so that all of a pass is seen: as it is written, operation by operation, once.

A compiled graph keeps no hooks, a recomputed block no graph, a fused kernel no operation that can be counted or
differentiated twice. What is set here is torch's own, for as long as a pass takes, and is put back even on an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

import torch
import torch.utils.checkpoint
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def attributes_set(*settings: tuple[Any, str, Any]) -> Iterator[None]:
    """Set attributes, each (owner, name, value), and put them back afterwards."""
    with ExitStack() as stack:
        for owner, name, value in settings:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


@contextmanager
def eager(model: nn.Module) -> Iterator[None]:
    """Let a model run as it is written: nothing compiled, nothing recomputed, gradients of embeddings dense.

    A block whose ``forward`` is called in its place is called as well, so that what is hooked to it sees it.
    """
    with ExitStack() as stack:
        stack.enter_context(_computed_once())
        # whoever compiles anything has imported it, and it takes seconds to import
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        tables = [m for m in model.modules() if isinstance(m, (nn.Embedding, nn.EmbeddingBag)) and m.sparse]
        stack.enter_context(attributes_set(*((table, "sparse", False) for table in tables)))
        for block in _blocks(model):
            stack.enter_context(_called_whole(block))
        yield


def _blocks(model: nn.Module) -> list[nn.Module]:
    """The elements of lists that somebody wrote, each once."""
    found = dict.fromkeys(e for m in model.modules() if isinstance(m, nn.ModuleList | nn.Sequential) for e in m)
    skipped = (nn.ModuleList, nn.ModuleDict, torch.jit.ScriptModule)
    return [
        block
        for block in found
        if not isinstance(block, skipped)
        and not type(block).__module__.startswith("torch.")
        and "forward" not in vars(block)
    ]


@contextmanager
def _called_whole(block: nn.Module) -> Iterator[None]:
    called = False
    inner = block.forward

    def enter(_block: nn.Module, _args: Any) -> None:
        nonlocal called
        called = True

    @wraps(inner)
    def forward(*args: Any, **named: Any) -> Any:
        nonlocal called
        if not called:
            return block(*args, **named)
        called = False
        return inner(*args, **named)

    handle = block.register_forward_pre_hook(enter)
    block.forward = forward
    try:
        yield
    finally:
        handle.remove()
        vars(block).pop("forward", None)


class _Called:
    """What stands for the reentrant checkpoint, whose graph ends at the block."""

    @staticmethod
    def apply(function: Any, _preserve: bool, *arguments: Any) -> Any:
        """Call the function."""
        return function(*arguments)


def _nothing_around(*_: Any, **__: Any) -> Iterator[None]:
    """What stands around a function whose checkpoint is not reentrant."""
    yield


@contextmanager
def _computed_once() -> Iterator[None]:
    """Let ``torch.utils.checkpoint.checkpoint``, however it was imported, call its function and keep what it computes.

    A model holds the function itself: what it looks up when it is called is replaced instead.
    """
    home = torch.utils.checkpoint
    with attributes_set(
        (home, "CheckpointFunction", _Called), (home, "_checkpoint_without_reentrant_generator", _nothing_around)
    ):
        yield


@contextmanager
def written_out() -> Iterator[None]:
    """Let torch take no fused kernels: attention and recurrent layers become products of matrices.

    Those can be counted, take double precision, and be differentiated twice.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    libraries = (torch.backends.mkldnn, "enabled", False), (torch.backends.cudnn, "enabled", False)
    with attributes_set(*libraries), sdpa_kernel(SDPBackend.MATH):
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
