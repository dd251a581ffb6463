"""The proof of a choice: its loss beside that of its controls, on texts that nobody looked at, also after recovery.

Every contender is judged on the same windows, so that differences are paired: which one of two is better is said by the
differences in each window, and not by two means with their own spread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats
from torch import Tensor, nn

from lpzero.compression.losses import window_losses
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import Windows
from lpzero.errors import InputError
from lpzero.progress import Progress, Watch, unwatched

LEVEL = 0.95
ANSWERS = "answers"


@dataclass(frozen=True)
class Contender:
    """A smaller model that is judged.

    Attributes:
        name: What it is called.
        make: Makes it; called once, when its turn comes.
    """

    name: str
    make: Callable[[], nn.Module]


@dataclass(frozen=True)
class Against:
    """A difference over the same windows.

    Attributes:
        mean: Nats a token; below 0 where the first has the lower loss.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class TextLoss:
    """The loss of one model on one text.

    Attributes:
        text: Name of the text.
        tokens: Tokens that were predicted.
        context: Longest context, in tokens.
        loss: Nats a token.
        full: That of the full checkpoint.
        less_choice: The loss less that of the choice; None for the choice itself.
    """

    text: str
    tokens: int
    context: int
    loss: float
    full: float
    less_choice: Against | None


@dataclass(frozen=True)
class Standing:
    """Where a contender stands.

    Attributes:
        name: What it is called.
        parameters: What it has, tied ones once.
        before: Its loss on each text.
        after: The same after recovery; None where there was none.
    """

    name: str
    parameters: int
    before: tuple[TextLoss, ...]
    after: tuple[TextLoss, ...] | None


@dataclass(frozen=True)
class Learning:
    """The recovery that every contender has.

    Attributes:
        settings: How.
        text: What they learn from; none of the texts they are judged on.
        folder: Where the states are kept; a proof that was stopped goes on from there.
    """

    settings: RecoverySettings
    text: Windows
    folder: Path


def prove(
    contenders: Sequence[Contender],
    full: nn.Module,
    texts: Sequence[Windows],
    *,
    learning: Learning | None = None,
    watch: Watch = unwatched,
) -> tuple[Standing, ...]:
    """Judge a choice and its controls.

    Args:
        contenders: The choice first; their names differ.
        full: The full checkpoint, in evaluation mode.
        texts: What they are judged on, two windows each at least.
        learning: The recovery of every one; None for none.
        watch: Told of every contender, and of every step of a recovery.

    Raises:
        InputError: Two contenders have one name.
        LpzeroError: A recovery fails; see :func:`lpzero.compression.recovery.recover.recover`.
    """
    names = [one.name for one in contenders]
    if len(set(names)) < len(names):
        raise InputError(f"expected contenders with names of their own, found {', '.join(names)}")
    whole = _losses(full, texts)
    judged: list[_Judged] = []
    for index, one in enumerate(contenders):
        watch(Progress("proof", index / len(contenders), one.name))
        judged.append(_judge(one, full, texts, learning, watch))
    watch(Progress("proof", 1.0, f"{len(contenders)} models"))
    return tuple(_standing(one, judged[0], whole, texts) for one in judged)


@dataclass(frozen=True)
class _Judged:
    name: str
    parameters: int
    before: list[Tensor]
    after: list[Tensor] | None


def _judge(
    one: Contender, full: nn.Module, texts: Sequence[Windows], learning: Learning | None, watch: Watch
) -> _Judged:
    model = one.make()
    count = sum(parameter.numel() for parameter in model.parameters())
    before = _losses(model, texts)
    if learning is None:
        return _Judged(one.name, count, before, None)
    found = recover(
        model,
        full,
        learning.text,
        learning.settings,
        folder=learning.folder / one.name.replace(" ", "-"),
        answers=learning.folder / ANSWERS,
        watch=watch,
    )
    return _Judged(one.name, count, before, _losses(found.model, texts))


def _losses(model: nn.Module, texts: Sequence[Windows]) -> list[Tensor]:
    return [window_losses(model, text) for text in texts]


def _standing(one: _Judged, choice: _Judged, full: list[Tensor], texts: Sequence[Windows]) -> Standing:
    def told(losses: list[Tensor], others: list[Tensor]) -> tuple[TextLoss, ...]:
        return tuple(
            TextLoss(
                text.name,
                text.predicted,
                text.inputs.shape[1],
                float(mine.mean()),
                float(whole.mean()),
                None if one is choice else against(mine, other),
            )
            for text, mine, other, whole in zip(texts, losses, others, full, strict=True)
        )

    after = None
    if one.after is not None and choice.after is not None:
        after = told(one.after, choice.after)
    return Standing(one.name, one.parameters, told(one.before, choice.before), after)


def against(first: Tensor, second: Tensor) -> Against:
    """The difference of two losses over the same windows, with Student's interval of a mean.

    Args:
        first: (windows,) nats a token, two at least.
        second: (windows,) likewise.

    >>> import torch
    >>> found = against(torch.tensor([3.0, 4.0, 5.0]), torch.tensor([2.0, 3.5, 3.5]))
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (1.0, -0.242, 2.242)
    """
    differences = (first - second).double().numpy()
    mean = float(differences.mean())
    error = float(stats.sem(differences))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(differences) - 1)) * error if np.isfinite(error) else float("inf")
    return Against(mean, mean - reach, mean + reach)
