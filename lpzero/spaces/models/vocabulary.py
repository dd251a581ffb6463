"""How many token ids a model takes: what it says of itself, else which table it looks ids up in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lpzero.errors import LpzeroError
from lpzero.spaces.models.answer import read_answer
from lpzero.spaces.models.calling import Calling, signed, uncompiled
from lpzero.spaces.models.untouched import untouched

_SAID = ("vocab_size", "n_vocab", "vocabulary_size", "n_words")


@dataclass(frozen=True)
class LookUp:
    """What a pass showed of a model's words.

    Attributes:
        words: Number of ids that it takes; None where nothing shows it.
        embedding: Name of the torch.nn.Embedding that it looks ids up in; None where it is another thing.
    """

    words: int | None
    embedding: str | None


def told_vocabulary(model: nn.Module) -> int | None:
    """Number of token ids that a model or its configuration says; None where neither says one."""
    model = uncompiled(model)
    config = getattr(model, "config", None)
    text = getattr(config, "get_text_config", None)
    for source in (config, text() if callable(text) else None, model):
        for name in _SAID:
            size = source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
            if isinstance(size, int) and not isinstance(size, bool) and size >= 2:
                return size
    return None


def guessed_vocabulary(model: nn.Module) -> int:
    """Number of token ids that a model takes, as it says, or as a pass of a few tokens shows.

    Raises:
        LpzeroError: It does not say, and the pass shows no table of words.
    """
    told = told_vocabulary(model)
    if told is not None:
        return told
    found = look_up(model, signed(model)).words or _only_table(model)
    if found is None:
        raise LpzeroError(
            "expected a model with config.vocab_size, or with a table that its ids are looked up in, found neither: "
            "give example_batch() beside build_model()"
        )
    return found


def look_up(model: nn.Module, calling: Calling, shape: tuple[int, int] = (2, 8), **more: Any) -> LookUp:
    """Show a model zeros and ones, and see which table they are looked up in, else how wide its logits are.

    Args:
        model: The model.
        calling: How it is called.
        shape: (batch, tokens).
        more: What else it is given.
    """
    model = uncompiled(model)
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    # no positions and no segments look like these
    bits = np.random.default_rng(0).integers(0, 2, size=shape)
    ids = torch.from_numpy(bits).to(device)
    given = {name: value for name, value in more.items() if calling.takes(name)}
    if calling.labels is not None:
        given.setdefault(calling.labels, ids)
    rows = _Rows(ids)
    logits = None
    # what it takes too little of here is said where it is scored
    with untouched(model), rows, suppress(Exception, SystemExit):
        logits = read_answer(calling.call(model, ids, given), shape).logits
    tables = {id(module.weight): name for name, module in model.named_modules() if isinstance(module, nn.Embedding)}
    for number, table in rows.found:
        return LookUp(number, tables.get(id(table)))
    return LookUp(None if logits is None else logits.shape[-1], None)


def _only_table(model: nn.Module) -> int | None:
    """The rows of the one table of a model; of several, those of the one that as many logits stand behind."""
    sizes = {module.num_embeddings for module in model.modules() if isinstance(module, nn.Embedding)}
    outputs = [module.out_features for module in model.modules() if isinstance(module, nn.Linear)]
    if len(sizes) > 1:
        sizes &= set(outputs[-1:])
    return sizes.pop() if len(sizes) == 1 else None


@dataclass
class _Rows(TorchFunctionMode):
    """Notes which tables ids are looked up in, by whatever operation.

    Attributes:
        ids: The ids, (batch, tokens).
        found: For each look-up the number of rows and the table.
    """

    ids: Tensor
    found: list[tuple[int, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._orders = [ids.reshape(-1).clone() for ids in (self.ids, self.ids.T)]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.found += _looked_up(func, args, kwargs or {}, self._orders)
        return func(*args, **(kwargs or {}))


def _looked_up(func: Any, args: Any, kwargs: Any, orders: list[Tensor]) -> Iterator[tuple[int, Any]]:
    if func is nn.functional.embedding:
        index, table = [*args, *(kwargs[name] for name in ("input", "weight")[len(args) :] if name in kwargs)][:2]
    elif func is torch.Tensor.__getitem__:
        table, index = args
    elif func is nn.functional.one_hot:
        index = kwargs.get("tensor", args[0] if args else None)
        number = kwargs.get("num_classes", args[1] if len(args) > 1 else -1)
        if number > 0 and _same(index, orders):
            yield number, None
        return
    else:
        return
    if isinstance(table, Tensor) and table.ndim == 2 and table.is_floating_point() and _same(index, orders):
        yield table.shape[0], table


def _same(index: Any, orders: list[Tensor]) -> bool:
    if not isinstance(index, Tensor) or index.numel() != orders[0].numel() or index.is_floating_point():
        return False
    return any(torch.equal(index.reshape(-1).long(), order) for order in orders)
