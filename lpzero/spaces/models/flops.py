"""Floating-point operations of a forward pass, counted by torch as the operations pass by."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from lpzero.spaces.models.eager import written_out
from lpzero.spaces.models.sites import LanguageModel
from lpzero.spaces.models.unchanged import unchanged


@dataclass(frozen=True)
class CountedFlops:
    """The operations of a forward pass.

    Attributes:
        total: Those that can be counted.
        uncounted: Names of operations that ran and whose number is not known, in order; where there are any, the total
            is a lower bound.
    """

    total: int
    uncounted: tuple[str, ...] = ()


def counted_flops(model: nn.Module, input_ids: Tensor) -> int:
    """Count the operations from the ids to the logits of every token.

    Args:
        model: A :class:`~lpzero.spaces.models.sites.LanguageModel`.
        input_ids: (1, tokens) on the model's device, which may be ``meta``.

    Returns:
        Twice the multiplications of matrix products and convolutions, as ``torch.utils.flop_counter`` counts them.
    """
    assert isinstance(model, LanguageModel)
    with written_out(), _counter() as counter, torch.no_grad():
        model.logits(input_ids)
    return int(counter.get_total_flops())


def passed_flops(model: nn.Module, arguments: Mapping[str, Any]) -> CountedFlops:
    """Count the operations of a forward pass with its loss: for a model that is not ours, which is left as it was.

    Attention, recurrent layers and grouped experts count as the matrix products that they are, whatever kernel the
    model would take. Sums of element-wise products, as in the scans of state-space models, are no matrix products.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says; in evaluation mode, not compiled.
        arguments: What it is called with, by name: ids and labels, (batch, tokens), and what else a batch has.
    """
    unknown = _Unknown()
    with unchanged(model):
        # torch's counter asks what each module is given for its gradient, which a parameter has none of here
        model.requires_grad_(False)
        with warnings.catch_warnings(), written_out(), unknown, _counter() as counter, torch.no_grad():
            # of the counter's own hooks; what the model warns of was heard when it was scored
            warnings.simplefilter("ignore")
            model(**arguments)
    return CountedFlops(int(counter.get_total_flops()), tuple(sorted(unknown.names)))


def _counter() -> FlopCounterMode:
    return FlopCounterMode(display=False, custom_mapping=_formulas())


def _formulas() -> dict[Any, Callable[..., int]]:
    """Operations that torch's counter passes over, each with what it takes."""
    aten = torch.ops.aten
    formulas: dict[Any, Callable[..., int]] = {
        aten.mv: _product,
        aten.addmv: _product_added,
        aten.dot: _inner,
        aten.vdot: _inner,
        aten.addbmm: _product_added,
        aten._trilinear: _bilinear,
        aten._addmm_activation: _product_added,
    }
    if hasattr(aten, "_grouped_mm"):
        formulas[aten._grouped_mm] = _grouped
    fallback = getattr(torch.ops.transformers, "grouped_mm_fallback", None)
    if fallback is not None:
        formulas[fallback] = _grouped
    return formulas


def _product(first: Sequence[int], second: Sequence[int], *_: Any, **__: Any) -> int:
    """Of (..., n, k) with (..., k, m), or with a vector (k)."""
    return 2 * prod(first) * (second[-1] if len(second) > 1 else 1)


def _product_added(_added: Sequence[int], first: Sequence[int], second: Sequence[int], *_: Any, **__: Any) -> int:
    return _product(first, second)


def _inner(first: Sequence[int], *_: Any, **__: Any) -> int:
    return 2 * prod(first)


def _bilinear(first: Sequence[int], weight: Sequence[int], second: Sequence[int], *_: Any, **__: Any) -> int:
    """Of (rows, n) and (rows, m) with a weight (outputs, n, m): a product with the weight, then one with the second."""
    rows, outputs = first[0], weight[0]
    return 2 * rows * outputs * prod(weight[1:]) + 2 * rows * outputs * second[-1]


def _grouped(first: Sequence[int], second: Sequence[int], *_: Any, **__: Any) -> int:
    """Of rows (n, k) with a matrix (groups, k, m) for each group of them, and the other ways to group.

    Each row meets one group's matrix, each column likewise; groups of inner places share the places among them. All
    rows count as grouped.
    """
    if len(first) == 3 and len(second) == 2:
        return 2 * first[1] * first[2] * second[1]
    return 2 * prod(first) * second[-1]


_HOMES = ("aten", "prim", "prims", "profiler", "transformers")
_OPAQUE = (
    "_cudnn_rnn",
    "_native_multi_head_attention",
    "_transformer_encoder_layer_fwd",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_fused_attention_overrideable",
    "_fft_c2c",
    "_fft_c2r",
    "_fft_r2c",
    "_cdist_forward",
    "_int_mm",
    "_lstm_mps",
    "_scaled_grouped_mm",
    "_weight_int4pack_mm",
    "_weight_int8pack_mm",
    "linalg_matrix_exp",
    "miopen_rnn",
    "mkldnn_linear",
    "mkldnn_rnn_layer",
)
"""Operations of torch that hold products of matrices, or are made of as many, without a formula."""


class _Unknown(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the operations of whose insides nothing is known: those of other packages, and some of torch."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        """Note an operation, and do it."""
        del types
        packet = getattr(function, "_overloadpacket", function)
        home, _, name = str(packet).partition(".")
        if home not in _HOMES or name in _OPAQUE:
            self.names.add(f"{home}.{name}" if name else home)
        return function(*arguments, **(named or {}))
