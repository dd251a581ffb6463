"""Which number formats weights may have: those that a gradient, and a sum of absolute values, are defined for."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from lpzero.errors import LpzeroError


def check_numbers(model: nn.Module) -> None:
    """Raise LpzeroError, naming the first, where weights are no real floating-point numbers that can be differentiated.

    Quantised weights are integers, some of them packed where no parameter shows them: what is counted or summed without
    them is no score of the model.
    """
    for place, found, remedy in _unusable(model):
        raise LpzeroError(f"expected real floating-point weights, found {found} in {place}: {remedy}")


def _unusable(model: nn.Module) -> Iterator[tuple[str, str, str]]:
    """Where there are other numbers, which, and what to do."""
    earlier = "score the model before it is quantised"
    for name, module in model.named_modules():
        if _holds_packed(module):
            yield name or type(module).__name__, "quantised ones", earlier
    for name, buffer in model.named_buffers():
        if buffer.is_quantized:
            yield name, f"quantised ones ({_format(buffer)})", earlier
    for name, parameter in model.named_parameters():
        if parameter.is_complex():
            yield name, f"complex ones ({_format(parameter)})", "keep them as pairs of real ones, torch.view_as_real"
        elif not parameter.is_floating_point():
            yield name, f"integers ({_format(parameter)})", earlier
        elif parameter.is_inference():
            yield name, "ones that take no gradient", "build the model outside torch.inference_mode"


def _holds_packed(module: nn.Module) -> bool:
    """Whether a module is one of torch's quantised ones, whose weights are no parameters."""
    homes = (base.__module__ for base in type(module).__mro__)
    return any(home.startswith(("torch.ao.nn", "torch.nn")) and "quantized" in home for home in homes)


def _format(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
